package keyfile

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	demoKey  = "DEMO1-7QK2M-HV3CR-9PWXT-T6J2K"
	otherKey = "DEMO4-QJ8WR-2NHKP-6CVTM-X4T9B"
)

func ptr[T any](v T) *T { return &v }

// sampleRows has every type, and names that hurt.
func sampleRows() []licensing.KeyRow {
	return []licensing.KeyRow{
		{
			Licence: "74120935", Programme: "Enterprise Agreement", Organisation: "Nordvik Suomi Oy",
			Product: "Office LTSC 2024 Professional Plus", Key: licensing.NewSecret(otherKey),
			Type: licensing.MAK, Used: 98, Total: 100, Seats: 250,
		},
		{
			Licence: "V6380217", Programme: "Open Value", Organisation: "Nordvik Norge AS – Tromsø",
			Product: "Windows Server 2025", Key: licensing.NewSecret("DEMO2-HJ6KM-R9TQW-3XPVC-N8B4D"),
			Type: licensing.KMS, Seats: 12,
		},
		{
			Licence: "0012345", Programme: `=HYPERLINK("http://x";"y")`, Organisation: "Nordvik\tSverige\r\nAB",
			Product: `5" Disk "Pro"`, Key: licensing.NewSecret("DEMO3-K2MWT-7VQXR-PJ4HN-C9G6F"),
			Type: licensing.VLK,
		},
		{
			Licence: "7412093", Programme: "@MPSA", Organisation: "'s-Hertogenbosch", Product: "'=quoted",
			Key:  licensing.NewSecret("DEMO5-P8XTR-6WNQK-M3HJV-B7D2C"),
			Type: licensing.OSA, OSAStatus: ptr(licensing.OSARedeemed),
		},
		{
			Licence: "12345678", Programme: "Select Plus", Organisation: "Ägir, Öberg; Å & <Co>", Product: "12E5",
			Key:  licensing.NewSecret("DEMO6-V4JMK-T9RXW-Q2PHC-N6G8B"),
			Type: licensing.OSA, OSAStatus: ptr(licensing.OSAAvailable), Seats: 1,
		},
		{
			Licence: "87654321", Programme: "Select", Organisation: "Fjellheim Kommune", Product: "Visio_x0041_2024",
			Key: licensing.NewSecret("DEMO7-R3NXK-W8TQJ-H6MVP-C2D9G"), Type: licensing.SetupKey,
		},
	}
}

// sampleFile is the sample as nine columns, written by hand.
const sampleFile = "\uFEFF" +
	"License ID\tParent Program\tOrganization\tProduct\tProduct Key\tType\tMAK Activations-Used/Available\tSeats\tOSA Status\r\n" +
	"74120935\tEnterprise Agreement\tNordvik Suomi Oy\tOffice LTSC 2024 Professional Plus\tDEMO4-QJ8WR-2NHKP-6CVTM-X4T9B\tMAK\t 98/100\t250\t\r\n" +
	"V6380217\tOpen Value\tNordvik Norge AS – Tromsø\tWindows Server 2025\tDEMO2-HJ6KM-R9TQW-3XPVC-N8B4D\tKMS\t 0/0\t12\t\r\n" +
	"0012345\t\"'=HYPERLINK(\"\"http://x\"\";\"\"y\"\")\"\tNordvik Sverige  AB\t\"5\"\" Disk \"\"Pro\"\"\"\tDEMO3-K2MWT-7VQXR-PJ4HN-C9G6F\tVL Key\t 0/0\t0\t\r\n" +
	"7412093\t'@MPSA\t's-Hertogenbosch\t''=quoted\tDEMO5-P8XTR-6WNQK-M3HJV-B7D2C\tOSA\t 0/0\t0\tRedeemed\r\n" +
	"12345678\tSelect Plus\tÄgir, Öberg; Å & <Co>\t12E5\tDEMO6-V4JMK-T9RXW-Q2PHC-N6G8B\tOSA\t 0/0\t1\tAvailable\r\n" +
	"87654321\tSelect\tFjellheim Kommune\tVisio_x0041_2024\tDEMO7-R3NXK-W8TQJ-H6MVP-C2D9G\tSetup Key\t 0/0\t0\t\r\n"

// write makes a file of rows.
func write(t testing.TB, ext string, o Options, rows []licensing.KeyRow) []byte {
	t.Helper()
	var b bytes.Buffer
	w := newWriter(t, ext, &b, o)
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			t.Fatalf("write %s: %v", ext, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatalf("close %s: %v", ext, err)
	}
	return b.Bytes()
}

func newWriter(t testing.TB, ext string, to io.Writer, o Options) Writer {
	t.Helper()
	if ext == "tsv" {
		w, err := NewTSV(to, o)
		if err != nil {
			t.Fatalf("start tsv: %v", err)
		}
		return w
	}
	w, err := NewXLSX(to, o)
	if err != nil {
		t.Fatalf("start xlsx: %v", err)
	}
	return w
}

// read reads a whole file.
func read(t testing.TB, file []byte) ([]Row, []Problem, Format) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("open %.200q: %v", file, err)
	}
	var rows []Row
	var problems []Problem
	for {
		row, found, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, problems, r.Format()
		}
		if err != nil {
			t.Fatalf("row after line %d: %v", row.Line, err)
		}
		rows = append(rows, row)
		problems = append(problems, found...)
	}
}

// said is a row in a form that can be compared and printed.
type said struct {
	Licence, Programme, Organisation, Product, Key string
	Type                                           licensing.KeyType
	Used, Total, Seats                             int
	Status                                         licensing.OSAStatus
}

func say(r licensing.KeyRow) said {
	s := said{
		Licence: r.Licence, Programme: r.Programme, Organisation: r.Organisation, Product: r.Product,
		Key: r.Key.Reveal(), Type: r.Type, Used: r.Used, Total: r.Total, Seats: r.Seats,
	}
	if r.OSAStatus != nil {
		s.Status = *r.OSAStatus
	}
	return s
}

// fileCode is the code of a file error, "" for any other error.
func fileCode(err error) string {
	if e, ok := errors.AsType[*FileError](err); ok {
		return e.Code
	}
	return ""
}
