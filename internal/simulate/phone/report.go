package phone

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"
)

// Kind is something that happens to a phone.
type Kind string

// The kinds.
const (
	Connected    Kind = "connected"    // OPTIONS was answered
	Provisioned  Kind = "provisioned"  // a policy was taken and acknowledged
	Unmanaged    Kind = "unmanaged"    // the server has no policy for the phone
	PingSent     Kind = "ping-sent"    // a Ping goes out
	PingEnded    Kind = "ping-ended"   // and is answered, or breaks off
	WipeOrdered  Kind = "wipe-ordered" // the server ordered a wipe
	PutOff       Kind = "put-off"      // and the phone waits for its user first
	Wiped        Kind = "wiped"        // and the phone acknowledged it, or its application did
	Enrolled     Kind = "enrolled"     // the companion application is in
	Answered     Kind = "answered"     // it has answered an order
	Blocked      Kind = "blocked"      // 403, or status 126, 129, 130, 131, 177
	Declined     Kind = "declined"     // the server does not accept how the phone took the policy
	Unauthorized Kind = "unauthorized" // 401
	Unavailable  Kind = "unavailable"  // 503 or 429, or status 110, 111
	NoVersion    Kind = "no-version"   // the server offers no version that the phone speaks
	Looped       Kind = "looped"       // provisioned again and again without being served
	Failed       Kind = "failed"       // anything else: a broken connection, an answer that is no ActiveSync
)

// kinds in the order of a report.
var kinds = []Kind{
	Connected, Provisioned, Unmanaged, PingSent, PingEnded, Enrolled, Answered, WipeOrdered, PutOff, Wiped, Blocked, Declined, Unauthorized, Unavailable,
	NoVersion, Looped, Failed,
}

func (k Kind) refused() bool {
	switch k {
	case Blocked, Declined, Unauthorized, Unavailable, NoVersion, Looped, Failed:
		return true
	}
	return false
}

// Event is one thing that happened to one phone.
type Event struct {
	Kind     Kind
	Phone    int // its number, from 1 on
	DeviceID string
	At       time.Time
}

type counts struct {
	mu    sync.Mutex
	kinds map[string]map[Kind]int // by platform
	mails atomic.Int64
}

func (c *counts) add(platform string, k Kind) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kinds == nil {
		c.kinds = map[string]map[Kind]int{}
	}
	if c.kinds[platform] == nil {
		c.kinds[platform] = map[Kind]int{}
	}
	c.kinds[platform][k]++
}

// Report is what a fleet did.
type Report struct {
	Phones    int                     `json:"phones"`
	Seconds   float64                 `json:"seconds"`
	Mails     int64                   `json:"mails"`
	Events    map[Kind]int            `json:"events"`
	Platforms map[string]map[Kind]int `json:"platforms"`
	LastError string                  `json:"last_error,omitempty"`
}

// Report returns what happened so far.
func (f *Fleet) report(d time.Duration) Report {
	f.counts.mu.Lock()
	defer f.counts.mu.Unlock()
	r := Report{
		Phones: len(f.phones), Seconds: d.Round(time.Millisecond).Seconds(), Mails: f.counts.mails.Load(),
		Events: map[Kind]int{}, Platforms: map[string]map[Kind]int{},
	}
	for platform, events := range f.counts.kinds {
		r.Platforms[platform] = maps.Clone(events)
		for k, n := range events {
			r.Events[k] += n
		}
	}
	if text := f.last.Load(); text != nil {
		r.LastError = *text
	}
	return r
}

// OK tells whether every phone connected and nothing failed. A phone that was blocked, or that would not take the policy,
// is not a failure: it was told so in good order.
func (r Report) OK() bool {
	return r.Events[Connected] >= r.Phones && r.Events[Failed]+r.Events[Looped]+r.Events[NoVersion] == 0
}

// WriteTable writes the report for people: a column for each platform, a row for each kind that occurred.
func (r Report) WriteTable(out io.Writer) error {
	platforms := slices.Sorted(maps.Keys(r.Platforms))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "event\tall\t")
	for _, p := range platforms {
		fmt.Fprintf(w, "%s\t", p)
	}
	fmt.Fprintln(w)
	for _, k := range kinds {
		if r.Events[k] == 0 {
			continue
		}
		fmt.Fprintf(w, "%s\t%d\t", k, r.Events[k])
		for _, p := range platforms {
			fmt.Fprintf(w, "%d\t", r.Platforms[p][k])
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d phones, %.1f s, %d mails\n", r.Phones, r.Seconds, r.Mails)
	if r.LastError != "" {
		fmt.Fprintf(out, "last error: %s\n", r.LastError)
	}
	return nil
}
