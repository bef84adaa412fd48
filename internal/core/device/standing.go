package device

import (
	"context"
	"errors"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/platform"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// Mark is what the rules of compliance call a device that nobody has heard of for long, or that breaks another rule.
type Mark string

// The marks, the lighter one first.
const (
	Stale Mark = "stale"
	Lost  Mark = "lost"
)

// Known tells whether m is one of them.
func (m Mark) Known() bool { return m == Stale || m == Lost }

// NoteMark notes, in the transaction of package compliance, what the rules call a device; "" for nothing.
func (s *Store) NoteMark(ctx context.Context, tx *sqldb.Tx, id string, m Mark) error {
	var n int64
	var err error
	if m == "" {
		n, err = tx.Exec(ctx, "DELETE FROM device_mark WHERE device = $1", id)
	} else {
		n, err = tx.Exec(ctx, `INSERT INTO device_mark (device, mark) VALUES ($1, $2) ON CONFLICT (device) DO UPDATE SET mark = excluded.mark
			WHERE device_mark.mark <> excluded.mark`, id, string(m))
	}
	if err == nil && n > 0 {
		s.tell(tx, id)
	}
	return err
}

// Marks returns what the rules call devices within the caller's scope; those that have no mark are missing. At most 500.
func (s *Store) Marks(ctx context.Context, c scope.Caller, ids ...string) (map[string]Mark, error) {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var a sqldb.Args
	where := "k.device IN " + a.In(ids[:min(len(ids), page.MaxLimit)]...) + " AND " + sc.Devices("k.device", &a)
	marks := map[string]Mark{}
	_, err = sqldb.All(ctx, s.db, func(r sqldb.Row) (struct{}, error) {
		var id string
		var m Mark
		err := r.Scan(&id, &m)
		marks[id] = m
		return struct{}{}, err
	}, "SELECT k.device, k.mark FROM device_mark k WHERE "+where, a.List()...)
	return marks, err
}

// HasAgent tells whether a platform is that of computers with our own agent.
func HasAgent(id platform.ID) bool {
	return id == platform.LinuxAgent || id == platform.WindowsAgent || id == platform.MacOSAgent
}

// RetireByRule takes a device out of service, as [Store.Retire] does, for a rule of compliance. It counts as what destroys: a
// problem of kind Throttled when a budget is spent, Conflict ("safety.breaker") when the breaker is open, and ("device.state")
// when it is out already.
func (s *Store) RetireByRule(ctx context.Context, c scope.Caller, id, reason string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err := s.movable(ctx, tx, c, scope.DeviceRemove, id, sqldb.Clean(reason, maxReason), []State{Active, Pending})
		if err != nil {
			return err
		}
		if err := s.with.Safety.Charge(ctx, tx, safety.ActorOf(c), safety.RemoveDevice, sqldb.NewID()); err != nil {
			return err
		}
		return s.setState(ctx, tx, c, d, Retired, "device.retired", sqldb.Clean(reason, maxReason))
	})
}

// Isolate puts a device into [QuarantineFolder], in the transaction of package compliance, and returns where it was; false when
// it is there already.
func (s *Store) Isolate(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string) (from string, moved bool, err error) {
	if from, err = placeOf(ctx, tx, id); err != nil || from == QuarantineFolder {
		return from, false, err
	}
	return from, true, s.replace(ctx, tx, c, id, QuarantineFolder)
}

// Release puts a device back that was isolated, unless somebody has moved it meanwhile; into the topmost folder when the one
// where it was has gone.
func (s *Store) Release(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id, to string) error {
	now, err := placeOf(ctx, tx, id)
	if err != nil || now != QuarantineFolder {
		return err
	}
	if s.CheckPlace(ctx, tx, to, nil) != nil {
		to = ""
	}
	return s.replace(ctx, tx, c, id, to)
}

// Lineage returns the ids of a folder and of all above it; none when it has gone. For package compliance.
func (s *Store) Lineage(ctx context.Context, folder string) ([]string, error) {
	list, err := lineage(ctx, s.db, folder)
	if problem.Is(err, problem.NotFound) {
		return nil, nil
	}
	return list, err
}

func (s *Store) replace(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id, folder string) error {
	d, err := s.Find(ctx, tx, scope.System("device"), scope.DeviceRead, id)
	if err != nil {
		return err
	}
	if err := s.moveTo(ctx, tx, c, d, folder); err != nil {
		return err
	}
	return s.with.Zone.BumpPeople(ctx, tx)
}

// placeOf returns the folder in which a device is, "" for the topmost.
func placeOf(ctx context.Context, q sqldb.Querier, id string) (string, error) {
	folder, err := sqldb.One(ctx, q, sqldb.Scan1[string], "SELECT folder FROM device_place WHERE device = $1", id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return "", nil
	}
	return folder, err
}
