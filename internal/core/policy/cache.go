package policy

import (
	"context"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// loaded is every assignment and every suite in force, as of one revision. It is never changed.
type loaded struct {
	zone        int64 // the zone's revision at which it was found current
	policy      int64 // the revision of the tables it was read from
	assignments map[Target]Assignment
	suites      map[string]perLiability
	none        perLiability
}

// perLiability holds one suite's effective policies, without the target.
type perLiability struct{ corporate, personal *Effective }

func (p perLiability) of(l Liability) *Effective {
	if l == Personal {
		return p.personal
	}
	return p.corporate
}

func compile(name string, v Version) perLiability {
	return perLiability{corporate: v.Effective(name, Corporate), personal: v.Effective(name, Personal)}
}

// loadTimeout bounds a load; it does not end with the request that caused it, since others wait for it too.
const loadTimeout = 5 * time.Second

// EffectiveFor returns what a device must obey, from memory unless a policy has changed since. It takes no caller: the
// device was found under the caller's scope, and a policy is no secret from the device that must obey it. When the
// server has lost sight of the zone's revision, the problem is of kind Unavailable: nothing is decided on old policies.
func (s *Store) EffectiveFor(ctx context.Context, d DeviceRef) (*Effective, error) {
	l, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return l.effective(d), nil
}

func (l *loaded) effective(d DeviceRef) *Effective {
	found := d.candidates(l.find)
	if len(found) == 0 {
		return l.none.of(d.Liability)
	}
	e := *l.suites[found[0].Suite].of(d.Liability)
	e.Origin.Target = found[0].Target
	return &e
}

func (l *loaded) find(t Target) (Assignment, bool) {
	a, ok := l.assignments[t]
	return a, ok
}

// Explained is one assignment that reaches a device.
type Explained struct {
	Assignment
	SuiteName string
	InForce   bool // the others are overridden by it
}

// Explain returns all assignments that reach a device, the one in force first. It needs the right policy.read over the
// whole zone.
func (s *Store) Explain(ctx context.Context, c scope.Caller, d DeviceRef) ([]Explained, error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return nil, err
	}
	l, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	var out []Explained
	for i, a := range d.candidates(l.find) {
		out = append(out, Explained{a, l.suites[a.Suite].corporate.Origin.SuiteName, i == 0})
	}
	return out, nil
}

// current returns what is in force, loading it when the zone's revision has moved on.
func (s *Store) current(ctx context.Context) (*loaded, error) {
	zone, err := s.revision.Current()
	if err != nil {
		return nil, err
	}
	if l := s.loaded.Load(); l != nil && l.zone >= zone {
		return l, nil
	}
	s.loading.Lock()
	defer s.loading.Unlock()
	old := s.loaded.Load()
	if old != nil && old.zone >= zone {
		return old, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	l, err := s.load(ctx, old, zone)
	if err != nil {
		return nil, problem.New(problem.Unavailable, "policy.load",
			"The policies cannot be read at the moment.").WithRetry(loadTimeout).WithDetail(err)
	}
	s.loaded.Store(l)
	return l, nil
}

// load reads the tables, or keeps the old reading when only other things of the zone have changed.
func (s *Store) load(ctx context.Context, old *loaded, zone int64) (*loaded, error) {
	l := &loaded{zone: zone, none: compile("", Version{})}
	err := s.db.Read(ctx, func(q sqldb.Querier) error {
		var err error
		l.policy, err = sqldb.One(ctx, q, sqldb.Scan1[int64], "SELECT revision FROM policy_revision WHERE one = 1")
		if err != nil {
			return err
		}
		if old != nil && old.policy == l.policy {
			l.assignments, l.suites = old.assignments, old.suites
			return nil
		}
		return l.read(ctx, q)
	})
	return l, err
}

func (l *loaded) read(ctx context.Context, q sqldb.Querier) error {
	rows, err := sqldb.All(ctx, q, scanAssignment, "SELECT "+assignmentColumns+" FROM policy_assignment a")
	if err != nil {
		return err
	}
	l.assignments = make(map[Target]Assignment, len(rows))
	for _, a := range rows {
		l.assignments[a.Target] = a
	}
	type named struct {
		Version
		name string
	}
	inForce, err := sqldb.All(ctx, q, func(r sqldb.Row) (n named, err error) {
		n.Version, err = scanVersion(nameFirst{r, &n.name})
		return n, err
	}, "SELECT s.name, "+versionColumns+` FROM policy_suite s JOIN policy_version v ON v.suite = s.id AND v.number = s.version
		WHERE NOT s.retired OR EXISTS (SELECT 1 FROM policy_assignment a WHERE a.suite = s.id)`)
	if err != nil {
		return err
	}
	l.suites = make(map[string]perLiability, len(inForce))
	for _, n := range inForce {
		l.suites[n.Suite] = compile(n.name, n.Version)
	}
	return nil
}

// nameFirst scans a row that has one column before those of a version.
type nameFirst struct {
	sqldb.Row
	name *string
}

func (n nameFirst) Scan(dest ...any) error { return n.Row.Scan(append([]any{n.name}, dest...)...) }
