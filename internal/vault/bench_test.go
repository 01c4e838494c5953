package vault

import "testing"

func BenchmarkSeal(b *testing.B) {
	v := newVault(b)
	var sealed []byte
	b.ReportAllocs()
	for b.Loop() {
		sealed, _ = v.Seal(setupKey, here)
	}
	b.ReportMetric(float64(len(sealed)), "bytes/key")
}

func BenchmarkUnseal(b *testing.B) {
	v := newVault(b)
	sealed := seal(b, v, setupKey, here)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = v.Unseal(sealed, here)
	}
}

func BenchmarkAppendUnseal(b *testing.B) {
	v := newVault(b)
	sealed := seal(b, v, setupKey, here)
	line := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = v.AppendUnseal(line, sealed, here)
	}
}

func BenchmarkFingerprint(b *testing.B) {
	v := newVault(b)
	b.ReportAllocs()
	for b.Loop() {
		_ = v.Fingerprint(setupKey)
	}
}

// BenchmarkOpen shows why a vault is made once.
func BenchmarkOpen(b *testing.B) {
	text, kek := newKeyset(b)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = Open(text, kek)
	}
}
