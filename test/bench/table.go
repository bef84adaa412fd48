package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// The bounds that Drover keeps, and those it aims at.
const (
	mostPerPost = 2.5      // times nginx's CPU
	mostPerHeld = 80 << 10 // bytes
	mostIdle    = 0.02     // of one core, which is what a clock tick of noise amounts to
	mostWake    = 2 * time.Second
	mostWipe    = time.Second
	mostStartup = 2 * time.Second
)

// printTable prints a row for each figure and a column for each subject.
func printTable(out io.Writer, results []result) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, cell func(result) string) {
		fmt.Fprintf(w, "%s\t", name)
		for _, r := range results {
			fmt.Fprintf(w, "%s\t", cell(r))
		}
		fmt.Fprintln(w)
	}
	row("", func(r result) string { return r.name })
	row("start-up", func(r result) string { return r.startup.Round(time.Millisecond).String() })
	row("CPU per command", func(r result) string { return micros(r.perPost) })
	if base := find(results, "nginx"); base != nil {
		row("times nginx", func(r result) string { return fmt.Sprintf("%.2f", float64(r.perPost)/float64(base.perPost)) })
	}
	if base := find(results, "reverseproxy"); base != nil {
		row("times ReverseProxy", func(r result) string { return fmt.Sprintf("%.2f", float64(r.perPost)/float64(base.perPost)) })
	}
	row("commands a second", func(r result) string { return fmt.Sprintf("%.0f", r.rate) })
	row("memory per held Ping", func(r result) string { return fmt.Sprintf("%.1f KB", float64(r.perHeld)/1024) })
	row("CPU to set one up", func(r result) string { return micros(r.setup) })
	row("CPU while all are held", func(r result) string { return fmt.Sprintf("%.1f %%", 100*r.idle) })
	for _, name := range wakeNames(results) {
		row(name+": p99, last", func(r result) string { return r.wakeCell(name) })
	}
	row("orders to wipe everything, phones wiped", func(r result) string {
		if r.flooded == 0 {
			return "-"
		}
		return fmt.Sprintf("%d, %d", r.flooded, r.wiped)
	})
	return w.Flush()
}

func (r result) wakeCell(name string) string {
	for _, w := range r.wakes {
		if w.name == name {
			return fmt.Sprintf("%.2f s, %.2f s", w.p99.Seconds(), w.max.Seconds())
		}
	}
	return "-"
}

func micros(d time.Duration) string {
	return fmt.Sprintf("%.1f us", float64(d)/float64(time.Microsecond))
}

func wakeNames(results []result) []string {
	var names []string
	for _, r := range results {
		for _, w := range r.wakes {
			if !strings.Contains("\n"+strings.Join(names, "\n")+"\n", "\n"+w.name+"\n") {
				names = append(names, w.name)
			}
		}
	}
	return names
}

func find(results []result, name string) *result {
	for i := range results {
		if results[i].name == name {
			return &results[i]
		}
	}
	return nil
}

// judge holds Drover against its bounds; other subjects are there to compare with.
func judge(results []result) error {
	d, n := find(results, "drover"), find(results, "nginx")
	if d == nil {
		return nil
	}
	var breaches []error
	breach := func(broken bool, format string, args ...any) {
		if broken {
			breaches = append(breaches, fmt.Errorf(format, args...))
		}
	}
	if n != nil {
		breach(float64(d.perPost) > mostPerPost*float64(n.perPost), "a command costs more than %.1f times nginx's CPU", mostPerPost)
	}
	breach(d.perHeld > mostPerHeld, "a held Ping costs more than %d KB", mostPerHeld>>10)
	breach(d.idle > mostIdle, "it uses CPU while nothing happens")
	breach(d.startup > mostStartup, "it takes more than %s to start", mostStartup)
	breach(d.wiped > budget, "%d devices were wiped where %d are allowed", d.wiped, budget)
	for _, w := range d.wakes {
		breach(w.p99 > mostWipe && strings.Contains(w.name, "wipes"), "a wipe takes longer than %s to reach its device", mostWipe)
		breach(w.max > mostWake && w.name != "mail for all", "%s takes longer than %s", w.name, mostWake)
	}
	return errors.Join(breaches...)
}
