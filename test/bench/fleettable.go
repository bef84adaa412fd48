package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// The bounds that Drover keeps with agents, and those it aims at.
const (
	mostPerReport = 4.0 // times the plain handler's CPU
	aimPerReport  = 150 * time.Microsecond
	mostGate      = 10 * time.Microsecond // with 1,000 rules, without the proof
	mostCores     = 1.0
	mostRSS       = 600 << 20 // octets
	mostPerAgent  = 35 << 10  // octets for a held connection
	mostNudge     = time.Second
)

func (f *fleetFigures) ratio() float64 { return float64(f.report) / float64(max(f.plain, 1)) }

// print prints what agents cost.
func (f *fleetFigures) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	row("gate with 1,000 rules, without the proof", "%s", micros(f.gate.alone))
	row("gate with 1,000 rules and the signature", "%s", micros(f.gate.proven))
	row("CPU of a plain handler per status", "%s", micros(f.plain))
	row("CPU of a signed, durable status", "%s (aim %s), %.2f times the plain handler", micros(f.report), micros(aimPerReport), f.ratio())
	row("statuses a second without pause", "%.0f", f.rate)
	row("computers registered beforehand", "%d in %s", f.seeded, f.seeding.Round(time.Second))
	row("load: CPU", "%.2f cores", f.cores)
	row("load: resident", "%d MB at most", f.rss>>20)
	row("load: computers whose last status is missing", "%d", f.missing)
	row("held connection", "%.1f KB", float64(f.perHeld)/1024)
	row("told of a change of the zone", "%d: p99 %.2f s, last %.2f s", f.hinted, f.p99.Seconds(), f.max.Seconds())
	return errors.Join(w.Flush(), f.load.WriteTable(out))
}

// judge holds Drover against its bounds.
func (f *fleetFigures) judge() error {
	var breaches []error
	breach := func(broken bool, format string, args ...any) {
		if broken {
			breaches = append(breaches, fmt.Errorf(format, args...))
		}
	}
	breach(f.ratio() > mostPerReport, "a signed status costs more than %.1f times a plain handler", mostPerReport)
	breach(f.gate.alone > mostGate, "the gate takes more than %s", mostGate)
	breach(f.cores > mostCores, "a fleet that reports takes more than one core")
	breach(f.rss > mostRSS, "a fleet that reports takes more than %d MB", mostRSS>>20)
	breach(!f.load.OK(), "not everything that was told was taken")
	breach(f.missing > 0, "of %d computers the zone does not hold what it has answered", f.missing)
	breach(f.perHeld > mostPerAgent, "a held connection costs more than %d KB", mostPerAgent>>10)
	breach(f.hinted == 0 || f.p99 > mostNudge, "a change of the zone takes longer than %s to reach those that are held", mostNudge)
	return errors.Join(breaches...)
}
