package keyfile

import (
	"bytes"
	"io"
	"slices"
	"testing"
)

const million = 1_000_000

// BenchmarkWrite writes files of a million rows (performance goal P3).
func BenchmarkWrite(b *testing.B) {
	rows := sampleRows()[:2]
	for _, ext := range []string{"tsv", "xlsx"} {
		b.Run(ext, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := newWriter(b, ext, io.Discard, Options{Columns: 9})
				for i := range million {
					if err := w.Write(rows[i%2]); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRead reads files of a million rows (performance goal P4).
func BenchmarkRead(b *testing.B) {
	rows := slices.Repeat(sampleRows()[:2], million/2)
	for _, ext := range []string{"tsv", "xlsx"} {
		file := write(b, ext, Options{Columns: 9}, rows)
		b.Run(ext, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := NewReader(bytes.NewReader(file))
				for err == nil {
					_, _, err = r.Next()
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
		})
	}
}
