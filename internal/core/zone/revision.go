package zone

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// Topic is the bus topic on which a server tells itself of a new revision, once [Revision.Current] returns it.
const Topic = "zone"

// raised is the bus topic on which servers tell each other of new numbers.
const raised = "revision"

// numbers are the two parts of the revision. Both only ever rise, people never past all.
type numbers struct {
	all    int64 // rises with every change
	people int64 // what all was at the last change of a single user or device
}

func scanNumbers(r sqldb.Row) (n numbers, err error) {
	err = r.Scan(&n.all, &n.people)
	return n, err
}

// String returns the form in which the bus carries them.
func (n numbers) String() string { return fmt.Sprintf("%d %d", n.all, n.people) }

func parseNumbers(s string) (n numbers, err error) {
	_, err = fmt.Sscanf(s, "%d %d", &n.all, &n.people)
	return n, err
}

const (
	readEvery  = time.Second
	staleAfter = 5 * time.Second
)

// Revision is this server's view of the zone's revision: a number that rises whenever a decision that servers keep in
// memory may have changed. A server that cannot read it for five seconds decides nothing any more.
type Revision struct {
	db  *sqldb.DB
	bus *bus.Bus
	log *slog.Logger

	current atomic.Pointer[numbers]
	read    atomic.Pointer[time.Time] // the last reading, on the monotonic clock: jumps of the wall clock do not count
}

// NewRevision returns a view that is stale until [Revision.Run] has read for the first time. What the bus tells of it
// knows at once.
func NewRevision(db *sqldb.DB, b *bus.Bus, log *slog.Logger) *Revision {
	r := &Revision{db: db, bus: b, log: log}
	r.current.Store(&numbers{})
	b.Subscribe(raised, func(m bus.Message) {
		if n, err := parseNumbers(m.Body); err == nil {
			r.raise(n)
		}
	})
	return r
}

// Current returns the revision; a problem of kind Unavailable when it could not be read for five seconds.
func (r *Revision) Current() (int64, error) {
	n, err := r.numbers()
	return n.all, err
}

// People returns the revision at which something was last said of a single user or device; what was read of them at that
// revision or later still holds. The problem is that of [Revision.Current].
func (r *Revision) People() (int64, error) {
	n, err := r.numbers()
	return n.people, err
}

func (r *Revision) numbers() (numbers, error) {
	read := r.read.Load()
	if read == nil || time.Since(*read) > staleAfter {
		return numbers{}, problem.New(problem.Unavailable, "zone.stale",
			"The server has lost sight of the zone's database and decides nothing until it is back.").WithRetry(staleAfter)
	}
	return *r.current.Load(), nil
}

// Read reads the revision now.
func (r *Revision) Read(ctx context.Context) error {
	n, err := sqldb.One(ctx, r.db.Pulse(), scanNumbers, "SELECT revision, people FROM zone_revision WHERE one = 1")
	if err != nil {
		return err
	}
	now := time.Now()
	r.read.Store(&now)
	r.raise(n)
	return nil
}

// raise takes over higher numbers and then tells this server of them: whoever holds something open hears of a change
// also where the message of another server was lost.
func (r *Revision) raise(n numbers) {
	for {
		old := r.current.Load()
		if n.all <= old.all {
			return
		}
		if r.current.CompareAndSwap(old, &n) {
			r.bus.Local(bus.Message{Topic: Topic})
			return
		}
	}
}

// Run keeps the view fresh until ctx ends: once a second from the database.
func (r *Revision) Run(ctx context.Context) {
	tick := time.NewTicker(readEvery)
	defer tick.Stop()
	for {
		if err := r.Read(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("the zone's revision cannot be read", slog.Any(logfield.Error, err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
