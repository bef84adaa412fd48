package logbook

import (
	"context"
	"sync/atomic"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Channel is the way of a synchronisation.
type Channel string

// The channels.
const (
	ActiveSync Channel = "activesync"
	Companion  Channel = "companion"
)

// Outcome is how a synchronisation ended.
type Outcome string

// The outcomes.
const (
	OK      Outcome = "ok"
	Refused Outcome = "refused" // the device was told why it was not served
	Failed  Outcome = "failed"  // a server was at fault
)

// Sync is one exchange with a device.
type Sync struct {
	ID       string
	At       time.Time
	Device   string
	Owner    string
	Channel  Channel
	Command  string // of ActiveSync, or the route of the companion protocol
	Outcome  Outcome
	Reason   string // a constant: what a device was asked for or refused with; "" for nothing
	Status   int    // of HTTP
	Duration time.Duration
	Received int64 // octets of the request's body
	Sent     int64 // octets of the answer's body
}

// Owners tells who owns devices.
type Owners interface {
	Members(ctx context.Context, c scope.Caller, ids ...string) ([]device.Member, error)
}

// Parts are what a [Store] stands on. All are needed but Lines.
type Parts struct {
	DB     *sqldb.DB
	Clock  clock.Clock
	Zone   *zone.Zone
	Bus    *bus.Bus
	Owners Owners
	Lines  Lines // the server's own log; nil where it is kept elsewhere
}

// Store keeps the log of synchronisations, and reads the server's own log.
type Store struct {
	with    Parts
	db      *sqldb.DB
	days    atomic.Int64 // for which synchronisations are kept; 0 for not at all
	waiting *sqldb.Behind[string, Sync]
}

const (
	// maxWaiting bounds what waits to be written; what comes beyond it is lost.
	maxWaiting = 20_000
	flushEvery = 2 * time.Second
	// maxKept bounds the log, however many days it is kept.
	maxKept = 5_000_000
	maxDays = 90
)

// New returns the logbook of the zone.
func New(p Parts) *Store {
	s := &Store{with: p, db: p.DB}
	s.waiting = sqldb.NewBehind(maxWaiting, s.write)
	return s
}

// Keeping is for how many days synchronisations are kept, 0 to 90. 0, as at first, keeps none, and deletes those that
// there are and on which no legal hold stands.
var Keeping = zone.Setting[int]{
	Name: "log.sync.days", Right: scope.PrivacyEdit,
	Check: func(days int) error {
		if days < 0 || days > maxDays {
			return problem.Newf(problem.Invalid, "log.days", "Synchronisations are kept for 0 to %d days.", maxDays).WithField("days")
		}
		return nil
	},
}

// Days returns for how many days synchronisations are kept, and the version of that.
func (s *Store) Days(ctx context.Context, c scope.Caller) (days int, version int64, err error) {
	if !c.Has(scope.LogSyncRead) && !c.Has(scope.PrivacyEdit) {
		return 0, 0, c.Lacks(scope.LogSyncRead)
	}
	return zone.Get(ctx, s.db, Keeping)
}

// Keep has synchronisations kept for so many days from now on.
func (s *Store) Keep(ctx context.Context, c scope.Caller, days int, version int64) error {
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error { return zone.Set(ctx, s.with.Zone, tx, c, Keeping, days, version) })
	if err != nil {
		return err
	}
	s.days.Store(int64(days))
	if days == 0 {
		_, err = s.Purge(ctx)
	}
	return err
}

// On tells whether synchronisations are kept. It answers from memory.
func (s *Store) On() bool { return s.days.Load() > 0 }

// Note keeps one exchange, soon, where the zone keeps them. It does not wait.
func (s *Store) Note(x Sync) {
	if !s.On() || x.Device == "" {
		return
	}
	x.ID = sqldb.NewID()
	s.waiting.Put(x.ID, x)
}

// Run writes what was noted until ctx ends.
func (s *Store) Run(ctx context.Context, report func(error)) { s.waiting.Run(ctx, flushEvery, report) }

// Refresh reads the setting that another server may have changed.
func (s *Store) Refresh(ctx context.Context) error {
	days, _, err := zone.Get(ctx, s.db, Keeping)
	if err == nil {
		s.days.Store(int64(days))
	}
	return err
}

// Flush writes what was noted at once.
func (s *Store) Flush(ctx context.Context) error { return s.waiting.Flush(ctx) }
