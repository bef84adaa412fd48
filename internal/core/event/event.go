package event

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync/atomic"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// Kind says what an event is.
type Kind string

// The kinds.
const (
	Start   Kind = "start"
	Stop    Kind = "stop"
	Message Kind = "message"
)

// Known tells whether there is such a kind.
func (k Kind) Known() bool { return k == Start || k == Stop || k == Message }

// Level says how grave an event is.
type Level string

// The levels.
const (
	Info  Level = "info"
	Warn  Level = "warn"
	Error Level = "error"
)

// Known tells whether there is such a level.
func (l Level) Known() bool { return l == Info || l == Warn || l == Error }

// Event is one thing that an agent says of itself.
type Event struct {
	ID       string // the agent's own when it is told, the zone's when it is listed
	Device   string
	At       time.Time // by the agent's clock
	Received time.Time
	Kind     Kind
	Level    Level
	Words    string // for people, at most 1024 octets
}

const (
	// Kept is how long events are kept.
	Kept = 90 * 24 * time.Hour
	// MaxAtOnce bounds the events of one call of [Store.Keep].
	MaxAtOnce = 500

	maxWords = 1024
	ahead    = 24 * time.Hour
)

var earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Parts are what a [Store] stands on. All are needed.
type Parts struct {
	DB    *sqldb.DB
	Clock clock.Clock
	Bus   *bus.Bus
}

// Store keeps events.
type Store struct {
	with  Parts
	db    *sqldb.DB
	taken atomic.Int64 // since a device was last held to its bound
}

// New returns the events of the zone.
func New(p Parts) *Store { return &Store{with: p, db: p.DB} }

func (e *Event) check(now time.Time) error {
	if e.ID == "" || !e.Kind.Known() || !e.Level.Known() {
		return problem.New(problem.Invalid, "event.form", "An event has an id, is a start, a stop or a message, and has the level info, warn or error.").
			WithField("events")
	}
	if e.At.Before(earliest) || e.At.After(now.Add(ahead)) { // a device's clock may be wrong by years
		e.At = now
	}
	e.Words = sqldb.Line(e.Words, maxWords)
	return nil
}

// id is the same for the same event of the same device.
func id(deviceID, eventID string) string {
	sum := sha256.Sum256([]byte(deviceID + "\x00" + eventID))
	return hex.EncodeToString(sum[:16])
}

// Keep takes events of a device, all or none, and returns how many were new. c is the device itself.
func (s *Store) Keep(ctx context.Context, c scope.Caller, list []Event) (int, error) {
	if c.Kind != scope.Device {
		return 0, problem.New(problem.Forbidden, "event.device", "Only a device itself tells this.")
	}
	if len(list) == 0 {
		return 0, nil
	}
	if len(list) > MaxAtOnce {
		return 0, problem.Newf(problem.Invalid, "event.many", "Send at most %d events at once.", MaxAtOnce).WithField("events")
	}
	now, fresh := s.with.Clock.Now(), 0
	for i := range list {
		if err := list[i].check(now); err != nil {
			return 0, err
		}
	}
	err := s.db.WriteSoon(ctx, func(tx *sqldb.Tx) error {
		n, err := insert(ctx, tx, c.ID, list, now)
		if fresh = int(n); err != nil || fresh == 0 {
			return err
		}
		tx.AfterCommit(func() { s.with.Bus.Publish(bus.Message{Topic: "event", Body: "device " + c.ID}) })
		if s.taken.Add(n) < boundEvery {
			return nil
		}
		s.taken.Store(0)
		return s.bound(ctx, tx, c.ID)
	})
	return fresh, err
}

// insert adds the events that are new in one statement.
func insert(ctx context.Context, tx *sqldb.Tx, deviceID string, list []Event, now time.Time) (int64, error) {
	var a sqldb.Args
	device, received := a.Add(deviceID), a.Add(sqldb.Micros(now))
	rows := make([]string, len(list))
	for i, e := range list {
		rows[i] = "(" + strings.Join([]string{
			a.Add(id(deviceID, e.ID)), device, a.Add(sqldb.Micros(e.At)), received, a.Add(string(e.Kind)), a.Add(string(e.Level)), a.Add(e.Words),
		}, ",") + ")"
	}
	return tx.Exec(ctx, "INSERT INTO agent_event (id, device, at, received_at, kind, level, words) VALUES "+strings.Join(rows, ",")+
		" ON CONFLICT (id) DO NOTHING", a.List()...)
}

// boundEvery is after how many events the device that told the last of them is held to its bound: one that tells very much is
// the likelier to meet it.
const boundEvery = 64

// bound keeps to the newest events of a device.
func (s *Store) bound(ctx context.Context, tx *sqldb.Tx, deviceID string) error {
	_, err := tx.Exec(ctx, `DELETE FROM agent_event WHERE device = $1 AND id IN
		(SELECT e.id FROM agent_event e WHERE e.device = $2 ORDER BY e.at DESC, e.id DESC LIMIT 1000 OFFSET 5000)`, deviceID, deviceID)
	return err
}

// Query says which events are wanted.
type Query struct {
	Device string // "" for all
	Least  Level  // only these and what is graver; "" for all
	page.Request
}

// List returns the events of devices that the caller may see, the newest first.
func (s *Store) List(ctx context.Context, c scope.Caller, q Query) (page.Page[Event], error) {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil {
		return page.Page[Event]{}, err
	}
	size, err := q.Size()
	if err != nil {
		return page.Page[Event]{}, err
	}
	var a sqldb.Args
	where := sc.Devices("e.device", &a)
	if q.Device != "" {
		where += " AND e.device = " + a.Add(q.Device)
	}
	switch q.Least {
	case "", Info:
	case Warn:
		where += " AND e.level <> 'info'"
	case Error:
		where += " AND e.level = 'error'"
	default:
		return page.Page[Event]{}, problem.New(problem.Invalid, "event.level", "The level is info, warn or error.").WithField("level")
	}
	if q.After != "" {
		at, id, err := page.Parse[int64](q.After)
		if err != nil {
			return page.Page[Event]{}, err
		}
		where += " AND (e.at, e.id) < (" + a.Add(at) + ", " + a.Add(id) + ")"
	}
	rows, err := sqldb.All(ctx, s.db, scan, "SELECT e.id, e.device, e.at, e.received_at, e.kind, e.level, e.words FROM agent_event e WHERE "+where+
		" ORDER BY e.at DESC, e.id DESC LIMIT "+a.Add(size+1), a.List()...)
	return page.Cut(rows, size, func(e Event) string { return page.Cursor(sqldb.Micros(e.At), e.ID) }), err
}

func scan(r sqldb.Row) (e Event, err error) {
	var at, received int64
	err = r.Scan(&e.ID, &e.Device, &at, &received, &e.Kind, &e.Level, &e.Words)
	e.At, e.Received = sqldb.Time(at), sqldb.Time(received)
	return e, err
}

// Purge deletes what is too old. One server at a time calls it.
func (s *Store) Purge(ctx context.Context) error {
	before := sqldb.Micros(s.with.Clock.Now().Add(-Kept))
	for {
		var n int64
		err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
			n, err = tx.Exec(ctx, `DELETE FROM agent_event WHERE id IN
				(SELECT e.id FROM agent_event e WHERE e.received_at < $1 ORDER BY e.received_at, e.id LIMIT 1000)`, before)
			return err
		})
		if err != nil || n < 1000 {
			return err
		}
	}
}

// DeviceMoved forgets the events of a removed device, as [device.Follower].
func (s *Store) DeviceMoved(ctx context.Context, tx *sqldb.Tx, deviceID string, to device.State) error {
	if to != device.Removed {
		return nil
	}
	_, err := tx.Exec(ctx, "DELETE FROM agent_event WHERE device = $1", deviceID)
	return err
}
