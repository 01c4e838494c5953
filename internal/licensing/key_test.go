package licensing

import (
	"testing"
	"time"
)

func date(y int, m time.Month, d int) *time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return &t
}

func TestALevelIsLowFromAFifthAndOutFromATwentieth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		left, total int
		want        Level
	}{
		{100, 100, LevelFine},
		{21, 100, LevelFine},
		{20, 100, LevelLow},
		{6, 100, LevelLow},
		{5, 100, LevelOut},
		{2, 100, LevelOut},
		{0, 100, LevelOut},
		{2, 10, LevelLow}, // a fifth to the unit
		{1, 10, LevelLow},
		{0, 10, LevelOut},
		{1, 1, LevelFine},
		{0, 1, LevelOut},
	} {
		if got := LevelOf(c.left, c.total); got != c.want {
			t.Errorf("%d left of %d: got %d, want %d", c.left, c.total, got, c.want)
		}
	}
}

func TestCounters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		key     Key
		left    int
		counted bool
		level   Level
	}{
		{"a MAK with two activations left", Key{Type: MAK, Used: 98, Total: 100}, 2, true, LevelOut},
		{"a MAK that was overdrawn", Key{Type: MAK, Used: 110, Total: 100}, 0, true, LevelOut},
		{"a MAK nobody counted", Key{Type: MAK}, 0, false, LevelOut},
		{"a KMS key with all hosts left", Key{Type: KMS, Total: KMSHosts}, 6, true, LevelFine},
		{"a volume licence key", Key{Type: VLK}, 0, false, LevelOut},
		{"a single-use key with numbers by mistake", Key{Type: OSA, Total: 1}, 1, false, LevelFine},
	} {
		if c.key.Left() != c.left || c.key.Counted() != c.counted || c.key.Level() != c.level {
			t.Errorf("%s: got %d left, counted %v, level %d, want %d, %v, %d", c.name, c.key.Left(), c.key.Counted(), c.key.Level(), c.left, c.counted, c.level)
		}
	}
}

func TestAKeyIsUsableFromItsFirstDay(t *testing.T) {
	t.Parallel()
	from := date(2026, time.March, 10)
	for _, c := range []struct {
		name string
		now  time.Time
		from *time.Time
		want bool
	}{
		{"without a day", time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), nil, true},
		{"on the eve, one minute before midnight", time.Date(2026, 3, 9, 23, 59, 0, 0, time.UTC), from, false},
		{"from the first minute of the day", time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC), from, true},
		{"in the evening of it", time.Date(2026, 3, 10, 22, 0, 0, 0, time.UTC), from, true},
		{"where it is that day already", time.Date(2026, 3, 10, 0, 30, 0, 0, time.FixedZone("EET", 2*3600)), from, true},
		{"a year later", time.Date(2027, 3, 10, 0, 0, 0, 0, time.UTC), from, true},
	} {
		if got := (Key{UsableFrom: c.from}).Usable(c.now); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAKeyIsFiveGroupsOfFive(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"DEMO1-7QK2M-HV3CR-9PWXT-T6J2K":      true,
		"DEMO0-00000-00000-00000-00000":      true,
		"demo1-7qk2m-hv3cr-9pwxt-t6j2k":      false,
		"DEMO1-7QK2M-HV3CR-9PWXT":            false,
		"DEMO1-7QK2M-HV3CR-9PWXT-T6J2":       false,
		"DEMO1-7QK2M-HV3CR-9PWXT-T6J2K-":     false,
		"DEMO17QK2MHV3CR9PWXTT6J2K":          false,
		"DEMO1–7QK2M–HV3CR–9PWXT–T6J2K":      false, // dashes
		" DEMO1-7QK2M-HV3CR-9PWXT-T6J2K":     false,
		"DEMO1-7QK2M-HV3CR-9PWXT-T6J2K\n":    false,
		"DEMÖ1-7QK2M-HV3CR-9PWXT-T6J2K":      false,
		"DEMO\u0661-7QK2M-HV3CR-9PWXT-T6J2K": false, // a digit, but not ours
		"=EMO1-7QK2M-HV3CR-9PWXT-T6J2K":      false,
		"":                                   false,
	} {
		if got := ValidKey(s); got != want {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	}
}

func TestTypesInFiles(t *testing.T) {
	t.Parallel()
	want := map[KeyType]string{VLK: "VL Key", KMS: "KMS", MAK: "MAK", OSA: "OSA", SetupKey: "Setup Key"}
	for _, kind := range KeyTypes() {
		if got := kind.InFile(); got != want[kind] {
			t.Errorf("%s: got %q, want %q", kind, got, want[kind])
		}
	}
	if len(KeyTypes()) != len(want) {
		t.Errorf("types: got %v", KeyTypes())
	}
}
