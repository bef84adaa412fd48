package device

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

const (
	// maxTouched bounds the devices whose contact waits to be written.
	maxTouched = 100_000
	// flushEvery is how long a last contact may be lost by a crash.
	flushEvery = 4 * time.Second
	// flushRows bounds one statement; PostgreSQL takes 65,535 arguments.
	flushRows = 200
	// silence is after how long without contact it is news that a device is back: no rule asks for a shorter one.
	silence = time.Hour
)

// touch is a device's contact since the last writing.
type touch struct {
	at       int64
	requests int64
}

// Touch notes that the device was in contact. It costs no writing now; it is written within five seconds, and lost when
// the server crashes before.
func (s *Store) Touch(c scope.Caller, id string) {
	if gateway(c, id) != nil {
		return
	}
	now := sqldb.Micros(s.with.Clock.Now())
	s.presence.Merge(id, func(t touch) touch { return touch{max(now, t.at), t.requests + 1} })
}

// Run writes contacts until ctx ends, and then what is left. Errors are handed to report.
func (s *Store) Run(ctx context.Context, report func(error)) { s.presence.Run(ctx, flushEvery, report) }

// Flush writes the contacts now.
func (s *Store) Flush(ctx context.Context) error { return s.presence.Flush(ctx) }

func (s *Store) flush(ctx context.Context, touched map[string]touch) error {
	// In a fixed order, so that two servers never wait for each other.
	ids := slices.Sorted(maps.Keys(touched))
	for batch := range slices.Chunk(ids, flushRows) {
		err := s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.flushBatch(ctx, tx, batch, touched) })
		if err != nil {
			return err
		}
		for _, id := range batch {
			delete(touched, id) // what is written does not wait again when a later batch fails
		}
	}
	return nil
}

// setContact sets the last contact at once: to now when a device comes in, and to 0 when it is removed, which stays so
// until it comes in again.
func setContact(ctx context.Context, tx *sqldb.Tx, id string, at time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE device_presence SET last_contact = $1 WHERE device = $2", sqldb.Micros(at), id)
	return err
}

func (s *Store) flushBatch(ctx context.Context, tx *sqldb.Tx, ids []string, touched map[string]touch) error {
	if err := s.tellBack(ctx, tx, ids, touched); err != nil {
		return err
	}
	var a sqldb.Args
	rows := make([]string, len(ids))
	for i, id := range ids {
		t := touched[id]
		rows[i] = "(" + a.Add(id) + ", " + a.Add(t.at) + ", " + a.Add(t.requests) + ")"
	}
	_, err := tx.Exec(ctx, `INSERT INTO device_presence (device, last_contact, requests) VALUES `+strings.Join(rows, ", ")+`
		ON CONFLICT (device) DO UPDATE SET requests = device_presence.requests + excluded.requests,
		last_contact = CASE WHEN device_presence.last_contact > 0 AND excluded.last_contact > device_presence.last_contact
			THEN excluded.last_contact ELSE device_presence.last_contact END`, a.List()...)
	return err
}

// tellBack tells of the devices that are in contact again after a silence.
func (s *Store) tellBack(ctx context.Context, tx *sqldb.Tx, ids []string, touched map[string]touch) error {
	last := int64(0)
	for _, id := range ids {
		last = max(last, touched[id].at)
	}
	var a sqldb.Args
	where := "last_contact > 0 AND last_contact <= " + a.Add(last-silence.Microseconds()) + " AND device IN " + a.In(ids...)
	back, err := sqldb.All(ctx, tx, sqldb.Scan1[string], "SELECT device FROM device_presence WHERE "+where, a.List()...)
	for _, id := range back {
		s.tell(tx, id)
	}
	return err
}
