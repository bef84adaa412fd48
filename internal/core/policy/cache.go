package policy

import (
	"context"
	"slices"
	"strconv"
	"sync"
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
	suites      map[string]inForce
	merged      *merged
	schedules   map[string]Schedule
	scheduled   map[Target]Assignment // to schedules instead of suites
}

// inForce is what a suite says now, and what it says to the first devices of a roll-out.
type inForce struct {
	name   string
	now    Version
	staged *staged // nil when no roll-out is under way
}

type staged struct {
	Rollout
	version Version
}

// merged keeps effective policies by what they are made of: many devices share each.
type merged struct {
	mu   sync.RWMutex
	list map[string]*Effective
}

// maxMerged bounds the policies kept, about 20 kB each. More are made anew at each question.
const maxMerged = 4000

func (m *merged) get(key string) *Effective {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.list[key]
}

func (m *merged) put(key string, e *Effective) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.list) < maxMerged {
		m.list[key] = e
	}
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
	layers, sets, key := l.layers(d)
	o := Origin{Liability: d.Liability}
	if len(layers) > 0 {
		first := layers[0]
		o.Target, o.Suite, o.SuiteName, o.Version = first.Target, first.Suite, first.SuiteName, first.Version
	}
	shared := l.merged.get(key)
	if shared == nil {
		shared = merge(o, layers, sets)
		l.merged.put(key, shared)
	}
	e := *shared
	e.Origin, e.layers = o, layers // whose assignments they are differs from device to device
	return &e
}

// layers returns the suites that reach the device, the most specific first, what they say to it, and what an effective
// policy of them is known by.
func (l *loaded) layers(d DeviceRef) (layers []Layer, sets []Values, key string) {
	b := make([]byte, 0, 128)
	b = append(b, d.Liability...)
	for _, a := range d.candidates(l.find) {
		s, ok := l.suites[a.Suite]
		if !ok || slices.ContainsFunc(layers, func(x Layer) bool { return x.Suite == a.Suite }) {
			continue
		}
		v, early := s.now, false
		if s.staged != nil && s.staged.reaches(d) {
			v, early = s.staged.version, true
		}
		layers = append(layers, Layer{Target: a.Target, Suite: a.Suite, SuiteName: s.name, Version: v.Number, Staged: early})
		sets = append(sets, v.Content.For(d.Liability))
		b = strconv.AppendInt(append(append(b, '/'), a.Suite...), int64(v.Number), 10)
	}
	return layers, sets, string(b)
}

func (l *loaded) find(t Target) (Assignment, bool) {
	a, ok := l.assignments[t]
	return a, ok
}

// Explained is one assignment that reaches a device.
type Explained struct {
	Assignment
	SuiteName string
	Sets      int // how many values of the device come from it
}

// Explain returns all assignments that reach a device, the most specific first. It needs the right policy.read over the
// whole zone.
func (s *Store) Explain(ctx context.Context, c scope.Caller, d DeviceRef) ([]Explained, error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return nil, err
	}
	l, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	e := l.effective(d)
	sets := make(map[Target]int, len(e.layers))
	for i, n := range e.Counts() {
		sets[e.layers[i].Target] = n
	}
	var out []Explained
	for _, a := range d.candidates(l.find) {
		out = append(out, Explained{a, l.suites[a.Suite].name, sets[a.Target]})
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
	l := &loaded{zone: zone}
	err := s.db.Read(ctx, func(q sqldb.Querier) error {
		var err error
		l.policy, err = sqldb.One(ctx, q, sqldb.Scan1[int64], "SELECT revision FROM policy_revision WHERE one = 1")
		if err != nil {
			return err
		}
		if old != nil && old.policy == l.policy {
			l.assignments, l.suites, l.merged = old.assignments, old.suites, old.merged
			l.schedules, l.scheduled = old.schedules, old.scheduled
			return nil
		}
		return l.read(ctx, q)
	})
	return l, err
}

func (l *loaded) read(ctx context.Context, q sqldb.Querier) error {
	l.merged = &merged{list: map[string]*Effective{}}
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
	suites, err := sqldb.All(ctx, q, func(r sqldb.Row) (n named, err error) {
		n.Version, err = scanVersion(nameFirst{r, &n.name})
		return n, err
	}, "SELECT s.name, "+versionColumns+` FROM policy_suite s JOIN policy_version v ON v.suite = s.id AND v.number = s.version
		WHERE NOT s.retired OR EXISTS (SELECT 1 FROM policy_assignment a WHERE a.suite = s.id)`)
	if err != nil {
		return err
	}
	l.suites = make(map[string]inForce, len(suites))
	for _, n := range suites {
		l.suites[n.Suite] = inForce{name: n.name, now: n.Version}
	}
	if err := l.readScheduled(ctx, q); err != nil {
		return err
	}
	return l.readRollouts(ctx, q)
}

func (l *loaded) readRollouts(ctx context.Context, q sqldb.Querier) error {
	type row struct {
		Rollout
		version Version
	}
	list, err := sqldb.All(ctx, q, func(r sqldb.Row) (x row, err error) {
		x.version, err = scanVersion(rolloutFirst{r, &x.Rollout})
		return x, err
	}, "SELECT "+rolloutColumns+", "+versionColumns+` FROM policy_rollout r
		JOIN policy_version v ON v.suite = r.suite AND v.number = r.version`)
	for _, x := range list {
		if s, ok := l.suites[x.Suite]; ok {
			s.staged = &staged{x.Rollout, x.version}
			l.suites[x.Suite] = s
		}
	}
	return err
}

// nameFirst scans a row that has one column before those of a version.
type nameFirst struct {
	sqldb.Row
	name *string
}

func (n nameFirst) Scan(dest ...any) error { return n.Row.Scan(append([]any{n.name}, dest...)...) }
