package bench

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// Verdict is what a goal came to.
type Verdict string

// A goal was met, missed, or can't be judged as the limit itself was unsteady.
const (
	Pass  Verdict = "pass"
	Short Verdict = "short"
	Noisy Verdict = "noisy"
)

// tooWide is the spread of a limit, relative to its median, from which on nothing can
// be told.
const tooWide = 0.25

// Result is a line of the table. What does not apply is zero.
type Result struct {
	Work      string
	PerSecond float64 // requests or rows, median of the rounds
	P50, P99  time.Duration
	Memory    int64         // peak resident bytes of the server
	CPU       time.Duration // of the server for one request
	Ratio     Range         // to the limit
	Said      string        // in the place of the ratio
	Goal      string
	Verdict   Verdict
}

// Range is a median with the least and the greatest of the rounds.
type Range struct{ Least, Median, Most float64 }

func (r *Result) judge(met bool, spread float64) {
	switch {
	case spread > tooWide:
		r.Verdict = Noisy
	case met:
		r.Verdict = Pass
	default:
		r.Verdict = Short
	}
}

// summed makes a line of the rounds of one server.
func summed(work string, samples []sample) Result {
	r := Result{Work: work}
	var rates []float64
	var all []time.Duration
	var cpu time.Duration
	for _, s := range samples {
		rates = append(rates, s.perSecond())
		all = append(all, s.latencies...)
		cpu += s.cpu
		r.Memory = max(r.Memory, s.peak)
	}
	slices.Sort(all)
	r.PerSecond, r.P50, r.P99 = rangeOf(rates).Median, percentile(all, 50), percentile(all, 99)
	r.CPU = cpu / time.Duration(max(1, len(all)))
	return r
}

// ratios compares what two servers did in the same rounds.
func ratios(portal, limit []sample) Range {
	var list []float64
	for i := range portal {
		list = append(list, portal[i].perSecond()/limit[i].perSecond())
	}
	return rangeOf(list)
}

func spread(samples []sample) float64 {
	var rates []float64
	for _, s := range samples {
		rates = append(rates, s.perSecond())
	}
	r := rangeOf(rates)
	return (r.Most - r.Least) / r.Median
}

// rangeOf takes at least one number.
func rangeOf(list []float64) Range {
	list = slices.Sorted(slices.Values(list))
	return Range{list[0], (list[(len(list)-1)/2] + list[len(list)/2]) / 2, list[len(list)-1]}
}

func printTable(out io.Writer, all []Result) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "work\tper second\tp50\tp99\tpeak memory\tCPU each\tratio (range)\tgoal\t")
	for _, r := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Work, unless(r.PerSecond == 0, fmt.Sprintf("%.0f", r.PerSecond)),
			brief(r.P50), brief(r.P99), megabytes(r.Memory), brief(r.CPU), r.ratio(), r.Goal, r.Verdict)
	}
	_ = w.Flush()
}

func (r Result) ratio() string {
	if r.Ratio.Median == 0 {
		return r.Said
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", r.Ratio.Median, r.Ratio.Least, r.Ratio.Most)
}

func unless(empty bool, s string) string {
	if empty {
		return ""
	}
	return s
}

func brief(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

func megabytes(n int64) string { return unless(n == 0, fmt.Sprintf("%.0f MB", float64(n)/(1<<20))) }
