package zone

import (
	"context"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// Topic is the bus topic on which a new revision is told; the body is its number.
const Topic = "zone"

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

	current atomic.Int64
	read    atomic.Pointer[time.Time] // the last reading, on the monotonic clock: jumps of the wall clock do not count
}

// NewRevision returns a view that is stale until [Revision.Run] has read for the first time.
func NewRevision(db *sqldb.DB, b *bus.Bus, log *slog.Logger) *Revision {
	return &Revision{db: db, bus: b, log: log}
}

// Current returns the revision; a problem of kind Unavailable when it could not be read for five seconds.
func (r *Revision) Current() (int64, error) {
	read := r.read.Load()
	if read == nil || time.Since(*read) > staleAfter {
		return 0, problem.New(problem.Unavailable, "zone.stale",
			"The server has lost sight of the zone's database and decides nothing until it is back.").WithRetry(staleAfter)
	}
	return r.current.Load(), nil
}

// Read reads the revision now.
func (r *Revision) Read(ctx context.Context) error {
	n, err := sqldb.One(ctx, r.db.Pulse(), sqldb.Scan1[int64], "SELECT revision FROM zone_revision WHERE one = 1")
	if err != nil {
		return err
	}
	now := time.Now()
	r.read.Store(&now)
	if r.raise(n) {
		// The message of another server may have been lost: those who hold something open on this one hear of it now.
		r.bus.Local(bus.Message{Topic: Topic, Body: strconv.FormatInt(n, 10)})
	}
	return nil
}

// raise takes over a higher revision and tells whether it was higher.
func (r *Revision) raise(n int64) bool {
	for {
		old := r.current.Load()
		if n <= old {
			return false
		}
		if r.current.CompareAndSwap(old, n) {
			return true
		}
	}
}

// Run keeps the view fresh until ctx ends: once a second from the database, and at once by the bus.
func (r *Revision) Run(ctx context.Context) {
	cancel := r.bus.Subscribe(Topic, func(m bus.Message) {
		if n, err := strconv.ParseInt(m.Body, 10, 64); err == nil {
			r.raise(n)
		}
	})
	defer cancel()
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
