package keyfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
)

const head = "License ID\tProduct\tProduct Key\tType\tMAK Activations-Used/Available\tSeats\tOSA Status\n"

func TestTypesAreReadHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]licensing.KeyType{
		"VL Key": licensing.VLK, "vl key": licensing.VLK, "VLK": licensing.VLK, "kms": licensing.KMS, "Mak": licensing.MAK,
		"OSA": licensing.OSA, "SETUP KEY": licensing.SetupKey, " MAK ": licensing.MAK,
	} {
		rows, problems, _ := read(t, []byte(head+"1234567\tOffice\t"+demoKey+"\t"+written+"\t 0/0\t\t\n"))
		if len(rows) != 1 || rows[0].Type != want || len(problems) > 0 {
			t.Errorf("type %q: got %+v with %+v, want %s", written, rows, problems, want)
		}
	}
}

func TestCountersAreReadHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for written, want := range map[string][2]int{
		"12/100": {12, 100}, " 12/100": {12, 100}, "12 / 100": {12, 100}, "0/0": {0, 0}, "101/100": {101, 100},
		"0/2147483647": {0, 2147483647}, "\u00A03/12\u00A0": {3, 12},
	} {
		rows, problems, _ := read(t, []byte(head+"1234567\tOffice\t"+demoKey+"\tMAK\t"+written+"\t\t\n"))
		if len(rows) != 1 || [2]int{rows[0].Used, rows[0].Total} != want || !rows[0].HasCounts || len(problems) > 0 {
			t.Errorf("counter %q: got %+v with %+v, want %v", written, rows, problems, want)
		}
	}
}

// S-07, S-14: what a row can have wrong. The good row after it is read all the same.
func TestABadRowSaysWhatIsWrongAndReadingGoesOn(t *testing.T) {
	t.Parallel()
	good := "1234567\tOffice\t" + demoKey + "\tMAK\t1/2\t5\t\n"
	row := func(cells ...string) string { return strings.Join(cells, "\t") + "\n" }
	for name, c := range map[string]struct {
		row     string
		code    string
		column  int
		heading string
		value   string
	}{
		"the licence ID is missing":    {row(" ", "Office", demoKey, "KMS", "", "", ""), RowLicenceMissing, 1, "License ID", ""},
		"the product is missing":       {row("1234567", "", demoKey, "KMS", "", "", ""), RowProductMissing, 2, "Product", ""},
		"the key is missing":           {row("1234567", "Office", "", "KMS", "", "", ""), RowKeyMissing, 3, "Product Key", ""},
		"the key is too short":         {row("1234567", "Office", "DEMO1-7QK2M", "KMS", "", "", ""), RowKeyShape, 3, "Product Key", "•••••"},
		"the key has no hyphens":       {row("1234567", "Office", strings.ReplaceAll(demoKey, "-", ""), "KMS", "", "", ""), RowKeyShape, 3, "Product Key", "•••••T6J2K"},
		"the type is missing":          {row("1234567", "Office", demoKey, "", "", "", ""), RowTypeMissing, 4, "Type", ""},
		"the type is unknown":          {row("1234567", "Office", demoKey, "Retail", "", "", ""), RowTypeUnknown, 4, "Type", "Retail"},
		"a key stands where the type":  {row("1234567", "Office", demoKey, "x "+demoKey, "", "", ""), RowTypeUnknown, 4, "Type", "x •••••"},
		"the counter is no fraction":   {row("1234567", "Office", demoKey, "MAK", "12", "", ""), RowCountShape, 5, "MAK Activations-Used/Available", "12"},
		"the counter is a day":         {row("1234567", "Office", demoKey, "MAK", "3-Dec", "", ""), RowCountShape, 5, "MAK Activations-Used/Available", "3-Dec"},
		"the counter is scientific":    {row("1234567", "Office", demoKey, "MAK", "1/1e3", "", ""), RowCountShape, 5, "MAK Activations-Used/Available", "1/1e3"},
		"the counter is negative":      {row("1234567", "Office", demoKey, "MAK", "-1/5", "", ""), RowCountShape, 5, "MAK Activations-Used/Available", "-1/5"},
		"the counter overflows":        {row("1234567", "Office", demoKey, "MAK", "1/2147483648", "", ""), RowCountShape, 5, "MAK Activations-Used/Available", "1/2147483648"},
		"the counter has three parts":  {row("1234567", "Office", demoKey, "MAK", "1/2/3", "", ""), RowCountShape, 5, "MAK Activations-Used/Available", "1/2/3"},
		"the seats are no number":      {row("1234567", "Office", demoKey, "KMS", "", "2.5", ""), RowSeatsShape, 6, "Seats", "2.5"},
		"the OSA status is unknown":    {row("1234567", "Office", demoKey, "OSA", "", "", "Gone"), RowStatusUnknown, 7, "OSA Status", "Gone"},
		"a cell has a NUL":             {row("1234567", "Off\x00ice", demoKey, "KMS", "", "", ""), RowControl, 2, "Product", "Off ice"},
		"a cell is quoted with a tab":  {row("1234567", "\"Off\tice\"", demoKey, "KMS", "", "", ""), RowControl, 2, "Product", "Off ice"},
		"a cell turns the direction":   {row("1234567", "Off\u202Eice", demoKey, "KMS", "", "", ""), RowBidi, 2, "Product", "Off ice"},
		"a cell has broken characters": {row("1234567", "Ä\xffice", demoKey, "KMS", "", "", ""), RowEncoding, 2, "Product", "Ä\uFFFDice"},
		"a cell is too long":           {row("1234567", strings.Repeat("ö.", 500), demoKey, "KMS", "", "", ""), RowTooLong, 2, "Product", strings.Repeat("ö.", 30) + "…"},
		"a cell is missing":            {row("1234567", "Office", demoKey, "KMS", "", ""), RowColumns, 0, "", ""},
		"a cell is too many":           {row("1234567", "Office", demoKey, "KMS", "", "", "", "x"), RowColumns, 0, "", ""},
		"the line is too long":         {strings.Repeat("x\t", 100_000) + "\n", RowLineTooLong, 0, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, problems, _ := read(t, []byte("\uFEFF"+head+c.row+good))
			want := Problem{Line: 2, Column: c.column, Heading: c.heading, Value: c.value, Code: c.code}
			if len(problems) != 1 || problems[0] != want {
				t.Errorf("problems: got %+v, want %+v", problems, want)
			}
			if len(rows) != 2 || rows[0].Line != 2 || rows[1].Line != 3 || rows[1].Key.Reveal() != demoKey {
				t.Errorf("rows: got %+v, want the bad one and the good one", rows)
			}
			if strings.Contains(fmt.Sprint(problems), demoKey) {
				t.Errorf("problems show a key: %+v", problems)
			}
		})
	}
}

func TestSeveralProblemsOfARowComeTogether(t *testing.T) {
	t.Parallel()
	_, problems, _ := read(t, []byte(head+"\t\tx\ty\t\tz\t\n"))
	var codes []string
	for _, p := range problems {
		codes = append(codes, p.Code)
	}
	want := []string{RowLicenceMissing, RowProductMissing, RowKeyShape, RowTypeUnknown, RowSeatsShape}
	if !slices.Equal(codes, want) {
		t.Errorf("problems: got %v, want %v", codes, want)
	}
}

// S-59: a slipped column shows no key, however it is written.
func TestAReportHidesWhateverLooksLikeAKey(t *testing.T) {
	t.Parallel()
	for _, written := range []string{
		demoKey, strings.ToLower(demoKey), strings.ReplaceAll(demoKey, "-", ""), strings.ReplaceAll(demoKey, "-", " – "),
		"key " + demoKey + "!", "DEMO1-7QK2-HV3CR-9PWXT-T6J2K", strings.Repeat("x ", 20) + demoKey,
	} {
		got := show([]byte(written), maxShown)
		for _, group := range []string{"7QK2", "HV3CR", "9PWXT"} {
			if strings.Contains(strings.ToUpper(got), group) {
				t.Errorf("%q is shown as %q", written, got)
			}
		}
	}
	for _, name := range []string{"Office LTSC 2024 Professional Plus", "Windows Server 2025 Datacenter", "12/100"} {
		if got := show([]byte(name), maxValue); got != name {
			t.Errorf("%q is shown as %q", name, got)
		}
	}
}

func TestACounterCountsForAMAKOnly(t *testing.T) {
	t.Parallel()
	rows, problems, _ := read(t, []byte(head+"1234567\tOffice\t"+demoKey+"\tKMS\tN/A\t\t\n"+"1234567\tOffice\t"+demoKey+"\tMAK\t\t\t\n"))
	if len(problems) > 0 || len(rows) != 2 || rows[0].HasCounts || rows[1].HasCounts {
		t.Errorf("rows: got %+v with %+v, want two without counts", rows, problems)
	}
}
