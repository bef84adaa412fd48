package agents

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"drover/api/agentv1"
	"drover/internal/simulate/places"
)

// The bounds of a fleet.
const (
	MaxCount       = 60_000
	MaxConnections = 1_000
	MaxHold        = 15_000 // each needs a file descriptor
)

// registrations is how many computers register at the same time.
const registrations = 16

// Options say what a fleet is. URL, Tag, Count and For are needed; and Key or Identities.
type Options struct {
	URL         string                           // of the zone's devices' listener: https://zone.example.org; no other is ever asked
	Tag         string                           // the zone's part of the tag, as discovery tells it
	Authority   *x509.Certificate                // whom to trust; nil is the system's list
	Key         string                           // an authorization key for all of them
	Seed        string                           // a part of what tells machines apart; one of its own for each fleet when empty
	Identities  []Identity                       // that are registered already, in place of registering
	Count       int                              // computers, at most MaxCount
	Interval    time.Duration                    // between two reports of a computer; a minute when zero
	For         time.Duration                    // how long they report
	Connections int                              // in the pool; 64 when zero
	Hold        int                              // of the computers, that hold a connection for hints
	Ask         time.Duration                    // between two askings for the documents; 0 for never
	Inventory   bool                             // one computer in a hundred has another inventory at each turn
	Busy        bool                             // report without pause instead of at an interval: load for measuring
	From        []netip.Addr                     // local addresses to connect from, in turn; the system chooses when empty
	Hinted      func(number int, h agentv1.Hint) // called for every hint, by many goroutines; must not block
}

// Fleet is a number of computers.
type Fleet struct {
	options   Options
	http      *http.Client // the pool
	holding   *http.Client // of held connections
	computers []*computer

	statuses, inventories, documents, registered tally

	broken  atomic.Int64
	hints   atomic.Int64
	behind  atomic.Int64 // nanoseconds, the most that a turn began late
	last    atomic.Pointer[string]
	joined  time.Duration
	working time.Duration
}

// New prepares a fleet; nothing is sent before [Fleet.Join].
func New(o Options) (*Fleet, error) {
	if o.Connections == 0 {
		o.Connections = 64
	}
	if o.Interval == 0 {
		o.Interval = time.Minute
	}
	if o.Seed == "" {
		o.Seed = rand.Text()[:8]
	}
	switch {
	case o.Count < 1 || o.Count > MaxCount:
		return nil, fmt.Errorf("the count of computers must be from 1 to %d", MaxCount)
	case o.Connections < 1 || o.Connections > MaxConnections:
		return nil, fmt.Errorf("the count of connections must be from 1 to %d", MaxConnections)
	case o.Hold < 0 || o.Hold > min(o.Count, MaxHold):
		return nil, fmt.Errorf("as many as there are may hold a connection, %d at most", MaxHold)
	case o.Interval <= 0 || o.For < 0 || o.Ask < 0:
		return nil, errors.New("times must not be negative")
	case o.Identities != nil && len(o.Identities) < o.Count:
		return nil, errors.New("there must be an identity for each computer")
	}
	return &Fleet{options: o, http: pool(o, o.Connections), holding: pool(o, 0)}, nil
}

// pool is a client with at most so many connections, 0 for any number; of small buffers, as there are many.
func pool(o Options, most int) *http.Client {
	trust := &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(64)}
	if o.Authority != nil {
		trust.RootCAs = x509.NewCertPool()
		trust.RootCAs.AddCert(o.Authority)
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: places.Dialer(o.From), TLSClientConfig: trust, TLSHandshakeTimeout: time.Minute,
			MaxConnsPerHost: most, MaxIdleConnsPerHost: max(most, 1), IdleConnTimeout: 2 * time.Minute,
			ReadBufferSize: 2048, WriteBufferSize: 4096, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close ends the connections that are idle.
func (f *Fleet) Close() {
	f.http.CloseIdleConnections()
	f.holding.CloseIdleConnections()
}

// Join registers the computers, unless they are. It is an error when any of them is not let in.
func (f *Fleet) Join(ctx context.Context) error {
	began := time.Now()
	defer func() { f.joined = time.Since(began) }()
	f.computers = make([]*computer, f.options.Count)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var all sync.WaitGroup
	for range registrations {
		all.Go(func() {
			for n := int(next.Add(1)) - 1; n < f.options.Count && ctx.Err() == nil; n = int(next.Add(1)) - 1 {
				if err := f.enter(ctx, n); err != nil {
					cancel(fmt.Errorf("computer %d is not let in: %w", n+1, err))
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

func (f *Fleet) enter(ctx context.Context, n int) (err error) {
	var id Identity
	if f.options.Identities != nil {
		id = f.options.Identities[n]
	} else {
		began := time.Now()
		id, err = f.register(ctx, n+1)
		f.registered.add(time.Since(began), err)
		f.note(err)
	}
	if err != nil {
		return err
	}
	client, err := f.client(id.Key, f.http)
	f.computers[n] = &computer{Identity: id, number: n, client: client}
	return err
}

// due is a turn of a computer whose time has come.
type due struct {
	computer *computer
	at       time.Time
}

// Run has the computers report until For is over or ctx ends, and returns what became of it. What has been sent by then is
// still waited for. [Fleet.Join] comes first.
func (f *Fleet) Run(ctx context.Context) Report {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, f.options.For)
	defer cancel()
	var all sync.WaitGroup
	for _, c := range f.computers[:f.options.Hold] {
		all.Go(func() { f.hold(ctx, c) })
	}
	turns := make(chan due, f.options.Count)
	for range f.options.Connections {
		all.Go(func() { f.work(ctx, turns) })
	}
	f.schedule(ctx, turns, began)
	close(turns)
	all.Wait()
	f.working = time.Since(began)
	f.Close()
	return f.report()
}

// schedule hands out the turns: the computers one after the other, evenly over the interval.
func (f *Fleet) schedule(ctx context.Context, turns chan<- due, began time.Time) {
	pace := f.options.Interval / time.Duration(f.options.Count)
	if f.options.Busy {
		pace = 0
	}
	wait := time.NewTimer(0)
	defer wait.Stop()
	for n := 0; ; n++ {
		c := f.computers[n%len(f.computers)]
		at := began.Add(time.Duration(n) * pace)
		if f.options.Busy {
			at = time.Now()
		}
		if n < len(f.computers) && f.options.Ask > 0 { // the first asking has a moment of its own too
			c.asked = began.Add(f.options.Ask / time.Duration(f.options.Count) * time.Duration(n))
		}
		if early := time.Until(at); early > time.Millisecond {
			wait.Reset(early)
			select {
			case <-ctx.Done():
				return
			case <-wait.C:
			}
		}
		select {
		case <-ctx.Done():
			return
		case turns <- due{c, at}:
		}
	}
}

// work takes turns until there are no more. What was not begun when the time is over is not begun any more.
func (f *Fleet) work(ctx context.Context, turns <-chan due) {
	for d := range turns {
		if ctx.Err() != nil {
			return
		}
		late := int64(time.Since(d.at))
		for most := f.behind.Load(); late > most && !f.behind.CompareAndSwap(most, late); most = f.behind.Load() {
		}
		f.turn(context.WithoutCancel(ctx), d.computer, d.at)
	}
}

const (
	// again is how long a computer waits before it holds a connection again.
	again = 2 * time.Second
	// holdRate is how many computers a second begin to hold one: what is looked at is what holding costs, not the rush.
	holdRate = 200
)

// hold keeps a connection for hints until ctx ends.
func (f *Fleet) hold(ctx context.Context, c *computer) {
	client, err := f.client(c.Key, f.holding)
	if err != nil {
		f.note(err)
		return
	}
	pause := time.NewTimer(time.Duration(c.number) * time.Second / holdRate)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		err := client.Wait(ctx, func(h agentv1.Hint) { f.hear(c, h) })
		if ctx.Err() != nil {
			return
		}
		f.note(err)
		f.broken.Add(1)
		pause.Reset(again)
	}
}

func (f *Fleet) hear(c *computer, h agentv1.Hint) {
	f.hints.Add(1)
	if f.options.Hinted != nil {
		f.options.Hinted(c.number, h)
	}
}

// Kept returns for each device the number of the last status that was answered, and of the last that was sent: what a server
// holds of it must be one of the two or between them.
func (f *Fleet) Kept() map[string][2]int {
	all := make(map[string][2]int, len(f.computers))
	for _, c := range f.computers {
		c.mu.Lock()
		all[c.Device] = [2]int{c.kept, c.told}
		c.mu.Unlock()
	}
	return all
}

// Answered returns how many statuses were answered with success so far.
func (f *Fleet) Answered() int { return int(f.statuses.answered.Load()) }

func (f *Fleet) note(err error) {
	if err != nil {
		text := err.Error()
		f.last.Store(&text)
	}
}
