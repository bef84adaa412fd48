package door

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Visit is one request as it is counted: who came from where to which service, and whether the gate let it through.
type Visit struct {
	At      time.Time
	Service zone.Service
	Address netip.Addr
	Kind    scope.Kind // of the caller; "" for a stranger
	Caller  string
	// Unproven tells that the service asks for a device's proof, and that this one was let through without.
	Unproven bool
	Refused  string        // why the gate refused it, "service" for the service itself, or ""
	Body     int64         // octets that were sent
	Took     time.Duration // 0 where it was held
}

// visit is what is counted together.
type visit struct {
	day      int64
	service  zone.Service
	address  netip.Addr
	kind     scope.Kind
	caller   string
	unproven bool
	refused  string
}

// count is what is kept of visits: for what a bound would have done to them, the busiest minute, the largest body and the
// longest exchange.
type count struct {
	requests int64
	last     int64
	minute   int64 // the last one, since 1970
	inMinute int64 // requests in it
	peak     int64 // the most requests of one minute
	largest  int64 // octets
	longest  int64 // milliseconds
}

// with counts one more visit.
func (c count) with(v Visit) count {
	minute := v.At.Unix() / 60
	if c.minute != minute {
		c.minute, c.inMinute = minute, 0
	}
	c.requests++
	c.inMinute++
	c.last, c.peak = max(c.last, sqldb.Micros(v.At)), max(c.peak, c.inMinute)
	c.largest, c.longest = max(c.largest, v.Body), max(c.longest, v.Took.Milliseconds())
	return c
}

const (
	// maxVisits bounds what waits to be written; what comes beyond it is not counted one by one.
	maxVisits  = 20_000
	flushEvery = 2 * time.Second
	// maxRows bounds the rows of one day and server. Who comes beyond it is counted without address and caller.
	maxRows = 50_000
	maxDays = 90
	day     = 24 * time.Hour
)

// Keeping is for how many days the visits are kept, 0 to 90. 0 keeps none.
var Keeping = zone.Setting[int]{
	Name: "doors.traffic.days", Default: 30, Right: scope.PrivacyEdit,
	Check: func(days int) error {
		if days < 0 || days > maxDays {
			return problem.Newf(problem.Invalid, "doors.days", "Visits are kept for 0 to %d days.", maxDays).WithField("days")
		}
		return nil
	},
}

// kept is for how many days visits are kept, and how many rows this day has already.
type kept struct {
	days    atomic.Int64
	writing sync.Mutex // held while a batch is written; guards day and rows
	day     int64
	rows    int64
	most    int64 // rows of a day
}

func (s *Store) openTraffic() {
	s.days.days.Store(int64(Keeping.Default))
	s.days.most = maxRows
	s.waiting = sqldb.NewBehind(maxVisits, s.flush)
}

// Record counts a visit, soon. It does not wait.
func (s *Store) Record(v Visit) {
	if v.Service == "" || s.days.days.Load() == 0 {
		return
	}
	k := visit{sqldb.Micros(v.At.UTC().Truncate(day)), v.Service, v.Address.Unmap().WithZone(""), v.Kind, v.Caller, v.Unproven, v.Refused}
	s.waiting.Merge(k, func(c count) count { return c.with(v) })
}

// Run writes what was counted until ctx ends.
func (s *Store) Run(ctx context.Context, report func(error)) { s.waiting.Run(ctx, flushEvery, report) }

// Flush writes what was counted at once.
func (s *Store) Flush(ctx context.Context) error { return s.waiting.Flush(ctx) }

// flush writes a batch.
func (s *Store) flush(ctx context.Context, batch map[visit]count) error {
	s.days.writing.Lock()
	defer s.days.writing.Unlock()
	if s.days.days.Load() == 0 { // switched off since it was counted
		return nil
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for k, c := range batch {
			if err := s.add(ctx, tx, k, c); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) add(ctx context.Context, tx *sqldb.Tx, k visit, c count) error {
	if n, err := s.raise(ctx, tx, k, c); n > 0 || err != nil {
		return err
	}
	if err := s.countRows(ctx, tx, k.day); err != nil {
		return err
	}
	if s.days.rows >= s.days.most {
		k.address, k.kind, k.caller = netip.Addr{}, "", ""
		if n, err := s.raise(ctx, tx, k, c); n > 0 || err != nil {
			return err
		}
	}
	s.days.rows++
	_, err := tx.Exec(ctx, `INSERT INTO door_traffic (day, server, service, address, caller_kind, caller, unproven, refused, requests, last,
			minute, in_minute, peak, largest, longest)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (day, server, service, address, caller_kind, caller, unproven, refused)
		DO UPDATE SET requests = door_traffic.requests + excluded.requests, last = excluded.last`,
		k.day, s.Self(), string(k.service), text(k.address), string(k.kind), k.caller, bit(k.unproven), k.refused, c.requests, c.last,
		c.minute, c.inMinute, c.peak, c.largest, c.longest)
	return err
}

// raise adds to a row that is there already.
func (s *Store) raise(ctx context.Context, tx *sqldb.Tx, k visit, c count) (int64, error) {
	return tx.Exec(ctx, `UPDATE door_traffic SET requests = requests + $1, last = CASE WHEN last > $2 THEN last ELSE $2 END,
			minute = $11, in_minute = CASE WHEN minute = $11 THEN in_minute + $12 ELSE $12 END,
			peak = CASE WHEN minute = $11 AND in_minute + $12 > peak THEN in_minute + $12 WHEN $13 > peak THEN $13 ELSE peak END,
			largest = CASE WHEN $14 > largest THEN $14 ELSE largest END, longest = CASE WHEN $15 > longest THEN $15 ELSE longest END
		WHERE day = $3 AND server = $4 AND service = $5 AND address = $6 AND caller_kind = $7 AND caller = $8 AND unproven = $9 AND refused = $10`,
		c.requests, c.last, k.day, s.Self(), string(k.service), text(k.address), string(k.kind), k.caller, bit(k.unproven), k.refused,
		c.minute, c.inMinute, c.peak, c.largest, c.longest)
}

// countRows reads once a day how many rows there are; later it is counted here.
func (s *Store) countRows(ctx context.Context, q sqldb.Querier, today int64) (err error) {
	if s.days.day == today {
		return nil
	}
	s.days.day = today
	s.days.rows, err = sqldb.One(ctx, q, sqldb.Scan1[int64], "SELECT count(*) FROM door_traffic WHERE day = $1 AND server = $2", today, s.Self())
	return err
}

func text(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Days returns for how many days visits are kept, and the version of that.
func (s *Store) Days(ctx context.Context, c scope.Caller) (days int, version int64, err error) {
	if err := c.Require(scope.ServiceRead); err != nil {
		return 0, 0, err
	}
	return zone.Get(ctx, s.db, Keeping)
}

// Keep has visits kept for so many days from now on.
func (s *Store) Keep(ctx context.Context, c scope.Caller, days int, version int64) error {
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error { return zone.Set(ctx, s.with.Zone, tx, c, Keeping, days, version) })
	if err != nil {
		return err
	}
	s.days.days.Store(int64(days))
	if days == 0 {
		_, err = s.Purge(ctx)
	}
	return err
}

// Refresh reads the setting that another server may have changed.
func (s *Store) Refresh(ctx context.Context) error {
	days, _, err := zone.Get(ctx, s.db, Keeping)
	if err == nil {
		s.days.days.Store(int64(days))
	}
	return err
}

// purgeAtOnce and purgeRounds bound one transaction and one call.
const purgeAtOnce, purgeRounds = 5000, 400

// Purge deletes the visits that are older than the days that are kept, and returns how many rows that were.
func (s *Store) Purge(ctx context.Context) (deleted int64, err error) {
	if err := s.Refresh(ctx); err != nil {
		return 0, err
	}
	days := int(s.days.days.Load())
	bound := sqldb.Micros(s.with.Clock.Now().UTC().Truncate(day).AddDate(0, 0, 1-days))
	if days == 0 {
		bound = sqldb.Micros(s.with.Clock.Now().AddDate(1, 0, 0))
	}
	for range purgeRounds {
		var n int64
		err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
			n, err = tx.Exec(ctx, `DELETE FROM door_traffic WHERE (day, server, service, address, caller_kind, caller, unproven, refused) IN
				(SELECT day, server, service, address, caller_kind, caller, unproven, refused FROM door_traffic WHERE day < $1 LIMIT $2)`, bound, purgeAtOnce)
			return err
		})
		deleted += n
		if err != nil || n < purgeAtOnce {
			return deleted, err
		}
	}
	return deleted, nil
}

// DeviceMoved forgets where a device that has been removed, or has got another owner, has come from.
func (s *Store) DeviceMoved(ctx context.Context, tx *sqldb.Tx, id string, to device.State) error {
	if to == device.Wiped || to == device.Retired {
		return nil
	}
	return forget(ctx, tx, id)
}

// UserChanged does nothing: no name is kept here.
func (s *Store) UserChanged(context.Context, *sqldb.Tx, directory.User) error { return nil }

// UserErased forgets where a user has come from. The user's devices are forgotten one by one.
func (s *Store) UserErased(ctx context.Context, tx *sqldb.Tx, id string) error {
	return forget(ctx, tx, id)
}

func forget(ctx context.Context, tx *sqldb.Tx, caller string) error {
	if caller == "" {
		return errors.New("nobody is to be forgotten")
	}
	_, err := tx.Exec(ctx, "DELETE FROM door_traffic WHERE caller = $1", caller)
	return err
}
