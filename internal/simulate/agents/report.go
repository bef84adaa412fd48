package agents

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"drover/agent/talk"
)

// samples is how many times are kept of each kind: beyond them every second one is forgotten, so that the rest still stands
// for all.
const samples = 1 << 18

// tally counts requests of one kind.
type tally struct {
	sent, answered, refused atomic.Int64

	mu    sync.Mutex
	times []time.Duration
	every int64 // one in so many is kept
	seen  int64
}

func (t *tally) add(took time.Duration, err error) {
	t.sent.Add(1)
	if err == nil {
		t.answered.Add(1)
	} else if _, refused := errors.AsType[*talk.Refused](err); refused {
		t.refused.Add(1)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.every = max(t.every, 1)
	if t.seen++; t.seen%t.every != 0 {
		return
	}
	if t.times = append(t.times, took); len(t.times) < samples {
		return
	}
	for i := range samples / 2 {
		t.times[i] = t.times[2*i]
	}
	t.times, t.every = t.times[:samples/2], 2*t.every
}

// Count is what became of requests of one kind.
type Count struct {
	Sent     int64         `json:"sent"`
	Answered int64         `json:"answered"` // with success
	Refused  int64         `json:"refused"`  // with a problem
	Lost     int64         `json:"lost"`     // sent, and not answered with success
	P50      time.Duration `json:"p50_ns"`
	P99      time.Duration `json:"p99_ns"`
	Most     time.Duration `json:"max_ns"`
}

func (t *tally) count() Count {
	c := Count{Sent: t.sent.Load(), Answered: t.answered.Load(), Refused: t.refused.Load()}
	c.Lost = c.Sent - c.Answered
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.times); n > 0 {
		slices.Sort(t.times)
		c.P50, c.P99, c.Most = t.times[n/2], t.times[n*99/100], t.times[n-1]
	}
	return c
}

// Report is what a fleet did.
type Report struct {
	Computers     int           `json:"computers"`
	Joined        time.Duration `json:"joined_ns"` // how long the registration took
	Took          time.Duration `json:"took_ns"`   // how long they reported
	Registrations Count         `json:"registrations"`
	Statuses      Count         `json:"statuses"`
	Inventories   Count         `json:"inventories"`
	Documents     Count         `json:"documents"`
	Behind        time.Duration `json:"behind_ns"` // the most that a turn began late
	Hints         int64         `json:"hints"`
	Broken        int64         `json:"broken"` // held connections that ended before the time
	LastError     string        `json:"last_error,omitempty"`
}

func (f *Fleet) report() Report {
	r := Report{
		Computers: len(f.computers), Joined: f.joined, Took: f.working, Registrations: f.registered.count(), Statuses: f.statuses.count(),
		Inventories: f.inventories.count(), Documents: f.documents.count(), Behind: time.Duration(f.behind.Load()),
		Hints: f.hints.Load(), Broken: f.broken.Load(),
	}
	if text := f.last.Load(); text != nil {
		r.LastError = *text
	}
	return r
}

// OK tells whether everything that was sent was answered with success, and no held connection broke off.
func (r Report) OK() bool {
	return r.Statuses.Lost+r.Inventories.Lost+r.Documents.Lost+r.Registrations.Lost+r.Broken == 0 && r.Statuses.Sent > 0
}

// WriteTable writes the report for people.
func (r Report) WriteTable(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tsent\tanswered\trefused\tlost\tp50\tp99\tmost\t")
	for _, row := range []struct {
		name string
		Count
	}{
		{"registrations", r.Registrations}, {"statuses", r.Statuses}, {"inventories", r.Inventories}, {"documents", r.Documents},
	} {
		if row.Sent > 0 {
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t\n", row.name, row.Sent, row.Answered, row.Refused, row.Lost,
				short(row.P50), short(row.P99), short(row.Most))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d computers, registered in %s, reported for %s: %.0f statuses a second, a turn began %s late at most\n",
		r.Computers, short(r.Joined), short(r.Took), float64(r.Statuses.Answered)/max(r.Took.Seconds(), 1e-3), short(r.Behind))
	if r.Hints+r.Broken > 0 {
		fmt.Fprintf(out, "%d hints, %d held connections broke off\n", r.Hints, r.Broken)
	}
	if r.LastError != "" {
		fmt.Fprintf(out, "last error: %s\n", r.LastError)
	}
	return nil
}

func short(d time.Duration) string { return d.Round(10 * time.Microsecond).String() }
