package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Revision tells the zone's revision; see [zone.Revision.Current].
type Revision interface{ Current() (int64, error) }

// Parts are what a [Store] stands on. All are needed.
type Parts struct {
	DB       *sqldb.DB
	Clock    clock.Clock
	Log      *audit.Log
	Zone     *zone.Zone
	Revision Revision
	Users    Users
	Safety   *safety.Safety
}

// Store keeps mail servers.
type Store struct {
	with    Parts
	chooser chooser
}

// New returns the mail servers of the zone, and registers it with safety as the one that changes them.
func New(p Parts) *Store {
	s := &Store{with: p, chooser: chooser{reading: make(chan struct{}, 1)}}
	s.register()
	return s
}

// Upstream is a mail server as administrators see it.
type Upstream struct {
	Config
	ID       string
	Position int // from 1, in the order in which they are asked
	Created  time.Time
	Changed  time.Time
	Checked  time.Time // of the last test; zero when there was none
	CheckOK  bool
	Said     string // what the last test found, in a sentence
	Version  int64
}

const upstreamColumns = `u.id, u.name, u.position, u.config, u.created_at, u.changed_at, u.checked_at, u.check_ok, u.check_said,
	u.version`

func scanUpstream(r sqldb.Row) (u Upstream, err error) {
	var config string
	var created, changed, checked int64
	err = r.Scan(&u.ID, &u.Name, &u.Position, &config, &created, &changed, &checked, &u.CheckOK, &u.Said, &u.Version)
	if err != nil {
		return u, err
	}
	u.Created, u.Changed, u.Checked = sqldb.Time(created), sqldb.Time(changed), sqldb.Time(checked)
	if err := json.Unmarshal([]byte(config), &u.Config); err != nil {
		return u, fmt.Errorf("mail server %s: %w", u.ID, err)
	}
	return u, nil
}

// maxUpstreams bounds the servers of a zone: at each request they are asked in turn.
const maxUpstreams = 50

// List returns all servers in their order.
func (s *Store) List(ctx context.Context, c scope.Caller) ([]Upstream, error) {
	if err := c.Require(scope.UpstreamRead); err != nil {
		return nil, err
	}
	return sqldb.All(ctx, s.with.DB, scanUpstream, "SELECT "+upstreamColumns+" FROM upstream u ORDER BY u.position, u.id")
}

// Get returns one server.
func (s *Store) Get(ctx context.Context, c scope.Caller, id string) (Upstream, error) {
	if err := c.Require(scope.UpstreamRead); err != nil {
		return Upstream{}, err
	}
	return one(ctx, s.with.DB, id)
}

func one(ctx context.Context, q sqldb.Querier, id string) (Upstream, error) {
	u, err := sqldb.One(ctx, q, scanUpstream, "SELECT "+upstreamColumns+" FROM upstream u WHERE u.id = $1", id)
	return u, unknown(err)
}

// Add makes a server, the last in the order. The first of a zone becomes the default. While the quorum asks for others,
// the server is there and nobody is sent to it before they have approved.
func (s *Store) Add(ctx context.Context, c scope.Caller, conf Config) (u Upstream, a safety.Approval, err error) {
	if err := c.Require(scope.UpstreamEdit); err != nil {
		return u, a, err
	}
	if err := conf.check(); err != nil {
		return u, a, err
	}
	err = s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM upstream")
		if err != nil {
			return err
		}
		if n >= maxUpstreams {
			return problem.Newf(problem.Conflict, "upstream.many", "A zone has at most %d mail servers.", maxUpstreams)
		}
		last, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT coalesce(max(position), 0) FROM upstream")
		if err != nil {
			return err
		}
		conf.Default = conf.Default || n == 0
		now := s.with.Clock.Now()
		u = Upstream{Config: conf.inert(), ID: sqldb.NewID(), Position: last + 1, Created: now, Changed: now, Version: 1}
		if err := s.insert(ctx, tx, u); err != nil {
			return err
		}
		if err := s.changed(ctx, tx, c, "upstream.added", u.ID, nil, u.audited(), false); err != nil || !conf.takes() {
			return err
		}
		if a, err = s.askEdit(ctx, tx, c, u, conf, u.diverts(conf)); err != nil {
			return err
		}
		u, err = one(ctx, tx, u.ID)
		return err
	})
	return u, a, err
}

func (s *Store) insert(ctx context.Context, tx *sqldb.Tx, u Upstream) error {
	text, err := json.Marshal(u.Config)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO upstream (id, name, folded, position, config, created_at, changed_at, checked_at,
		check_ok, check_said, version) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, FALSE, '', 1)`,
		u.ID, u.Name, sqldb.Fold(u.Name), u.Position, string(text), sqldb.Micros(u.Created), sqldb.Micros(u.Changed))
	return taken(err)
}

func taken(err error) error {
	if errors.Is(err, sqldb.ErrConflict) {
		return problem.New(problem.Conflict, "upstream.exists", "There is already a mail server of this name.").WithField("name")
	}
	return err
}

// audited is what of a server the audit log keeps.
func (u Upstream) audited() map[string]any {
	return map[string]any{
		"name": u.Name, "url": u.URL, "tls": u.TLS, "domains": u.Domains, "default": u.Default, "handsOff": u.HandsOff,
		"deviceCap": u.DeviceCap, "plainReason": u.PlainReason, "names": u.Names, "bearer": u.Bearer != nil,
	}
}

// changed records a change. A new default takes the place of the old one.
func (s *Store) changed(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action, id string, before, after any, isDefault bool) error {
	if isDefault {
		if err := s.dethrone(ctx, tx, id); err != nil {
			return err
		}
	}
	err := s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "upstream", ID: id}, Before: before, After: after,
	})
	if err != nil {
		return err
	}
	return s.with.Zone.Bump(ctx, tx)
}

func (s *Store) dethrone(ctx context.Context, tx *sqldb.Tx, id string) error {
	others, err := sqldb.All(ctx, tx, scanUpstream, "SELECT "+upstreamColumns+" FROM upstream u WHERE u.id <> $1", id)
	if err != nil {
		return err
	}
	for _, o := range others {
		if !o.Default {
			continue
		}
		o.Default = false
		if err := s.update(ctx, tx, &o); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) update(ctx context.Context, tx *sqldb.Tx, u *Upstream) error {
	text, err := json.Marshal(u.Config)
	if err != nil {
		return err
	}
	u.Changed, u.Version = s.with.Clock.Now(), u.Version+1
	_, err = tx.Exec(ctx, "UPDATE upstream SET name = $1, folded = $2, position = $3, config = $4, changed_at = $5, version = $6 WHERE id = $7",
		u.Name, sqldb.Fold(u.Name), u.Position, string(text), sqldb.Micros(u.Changed), u.Version, u.ID)
	return taken(err)
}

var changedMeanwhile = problem.New(problem.Precondition, "changed",
	"This has been changed in the meantime: look at it again before you change it.")

// Edit puts another configuration in the place of a server's. version is the one that the caller has seen. What changes
// where passwords go takes the quorum: until it is given, the server that comes back is the old one.
func (s *Store) Edit(ctx context.Context, c scope.Caller, id string, version int64, conf Config) (u Upstream, a safety.Approval, err error) {
	if err := c.Require(scope.UpstreamEdit); err != nil {
		return u, a, err
	}
	if err := conf.check(); err != nil {
		return u, a, err
	}
	err = s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if u, err = one(ctx, tx, id); err != nil {
			return err
		}
		if u.Version != version {
			return changedMeanwhile
		}
		if words := u.diverts(conf); len(words) > 0 {
			a, err = s.askEdit(ctx, tx, c, u, conf, words)
		} else {
			err = s.replace(ctx, tx, c, u, conf)
		}
		if err != nil {
			return err
		}
		u, err = one(ctx, tx, id)
		return err
	})
	return u, a, err
}

func (s *Store) replace(ctx context.Context, tx *sqldb.Tx, c scope.Caller, u Upstream, conf Config) error {
	before := u.audited()
	u.Config = conf
	if err := s.update(ctx, tx, &u); err != nil {
		return err
	}
	return s.changed(ctx, tx, c, "upstream.changed", u.ID, before, u.audited(), u.Default)
}

// Remove takes a server away. Its users go where the others' rules lead them, or nowhere; where it has users, that takes
// the quorum.
func (s *Store) Remove(ctx context.Context, c scope.Caller, id string) (a safety.Approval, err error) {
	if err := c.Require(scope.UpstreamEdit); err != nil {
		return a, err
	}
	err = s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		u, err := one(ctx, tx, id)
		if err != nil {
			return err
		}
		n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM upstream_assignment WHERE upstream = $1", id)
		if err != nil {
			return err
		}
		if n == 0 && !u.takes() {
			return s.remove(ctx, tx, c, u)
		}
		a, err = s.order(ctx, tx, c, kindRemove, id, "", fmt.Sprintf(
			"Take the mail server %s at %s away: its users are sent where the other servers' rules lead them, or get no mail", u.Name, u.URL), nil)
		return err
	})
	return a, err
}

func (s *Store) remove(ctx context.Context, tx *sqldb.Tx, c scope.Caller, u Upstream) error {
	if _, err := tx.Exec(ctx, "DELETE FROM upstream WHERE id = $1", u.ID); err != nil {
		return err
	}
	return s.changed(ctx, tx, c, "upstream.removed", u.ID, u.audited(), nil, false)
}

// Reorder sets the order of all servers, in which they are asked whose a user is; it takes the quorum.
func (s *Store) Reorder(ctx context.Context, c scope.Caller, ids []string) (a safety.Approval, err error) {
	if err := c.Require(scope.UpstreamEdit); err != nil {
		return a, err
	}
	err = s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := s.inOrder(ctx, tx, ids); err != nil {
			return err
		}
		a, err = s.order(ctx, tx, c, kindReorder, "", "", "Set another order of the mail servers: the first whose rules fit a user gets the password", ids)
		return err
	})
	return a, err
}

// inOrder returns the present order, when ids are another one of the same servers.
func (s *Store) inOrder(ctx context.Context, tx *sqldb.Tx, ids []string) ([]string, error) {
	there, err := sqldb.All(ctx, tx, sqldb.Scan1[string], "SELECT id FROM upstream ORDER BY position, id")
	if err == nil && !slices.Equal(slices.Sorted(slices.Values(ids)), slices.Sorted(slices.Values(there))) {
		err = problem.New(problem.Conflict, "upstream.order", "Name every mail server once, in the new order.").WithField("ids")
	}
	return there, err
}

func (s *Store) reorder(ctx context.Context, tx *sqldb.Tx, c scope.Caller, ids []string) error {
	there, err := s.inOrder(ctx, tx, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if _, err := tx.Exec(ctx, "UPDATE upstream SET position = $1, version = version + 1 WHERE id = $2", i+1, id); err != nil {
			return err
		}
	}
	return s.changed(ctx, tx, c, "upstream.reordered", "", map[string]any{"ids": there}, map[string]any{"ids": ids}, false)
}

// AssignmentKind says whom an assignment is about.
type AssignmentKind string

// The kinds.
const (
	ToUser  AssignmentKind = "user"
	ToGroup AssignmentKind = "group"
)

// Assignment sends a user, or the users of a group, to a server.
type Assignment struct {
	Kind     AssignmentKind
	Target   string // the user's or group's id
	Upstream string
}

const assignmentText = "SELECT kind, target, upstream FROM upstream_assignment ORDER BY kind, target"

func scanAssignment(r sqldb.Row) (a Assignment, err error) {
	err = r.Scan(&a.Kind, &a.Target, &a.Upstream)
	return a, err
}

// maxAssignments bounds what each server keeps in memory; who has more users to assign makes groups.
const maxAssignments = 10_000

// Assignments returns all assignments.
func (s *Store) Assignments(ctx context.Context, c scope.Caller) ([]Assignment, error) {
	if err := c.Require(scope.UpstreamRead); err != nil {
		return nil, err
	}
	return sqldb.All(ctx, s.with.DB, scanAssignment, assignmentText)
}

// Assign sends a user or a group to a server, in the place of the one before; it takes the quorum.
func (s *Store) Assign(ctx context.Context, c scope.Caller, x Assignment) (a safety.Approval, err error) {
	if err := c.Require(scope.UpstreamEdit); err != nil {
		return a, err
	}
	if (x.Kind != ToUser && x.Kind != ToGroup) || x.Target == "" || len(x.Target) > maxName {
		return a, invalid("target", "Name a user or a group.")
	}
	err = s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		u, err := one(ctx, tx, x.Upstream)
		if err != nil {
			return err
		}
		a, err = s.order(ctx, tx, c, kindAssign, x.Target, x.user(), fmt.Sprintf("Send %s to the mail server %s at %s", x.words(), u.Name, u.URL), x)
		return err
	})
	return a, err
}

// user is the user whom the assignment is about alone, or "".
func (x Assignment) user() string {
	if x.Kind == ToUser {
		return x.Target
	}
	return ""
}

func (x Assignment) words() string {
	if x.Kind == ToUser {
		return "one user"
	}
	return "the users of a group"
}

func (s *Store) assign(ctx context.Context, tx *sqldb.Tx, c scope.Caller, x Assignment) error {
	if _, err := one(ctx, tx, x.Upstream); err != nil {
		return err
	}
	n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM upstream_assignment")
	if err != nil {
		return err
	}
	if n >= maxAssignments {
		return problem.Newf(problem.Conflict, "upstream.assignments", "There are %d assignments, which is the most: use groups.", n)
	}
	_, err = tx.Exec(ctx, `INSERT INTO upstream_assignment (kind, target, upstream) VALUES ($1, $2, $3)
		ON CONFLICT (kind, target) DO UPDATE SET upstream = excluded.upstream`, string(x.Kind), x.Target, x.Upstream)
	if err != nil {
		return err
	}
	return s.changed(ctx, tx, c, "upstream.assigned", x.Upstream, nil, map[string]any{"kind": x.Kind, "target": x.Target}, false)
}

// Unassign takes an assignment away, which takes the quorum; none is fine.
func (s *Store) Unassign(ctx context.Context, c scope.Caller, kind AssignmentKind, target string) (a safety.Approval, err error) {
	if err := c.Require(scope.UpstreamEdit); err != nil {
		return a, err
	}
	err = s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		x, err := sqldb.One(ctx, tx, scanAssignment, "SELECT kind, target, upstream FROM upstream_assignment WHERE kind = $1 AND target = $2", string(kind), target)
		if errors.Is(err, sqldb.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		a, err = s.order(ctx, tx, c, kindUnassign, target, x.user(), "Leave "+x.words()+" to the mail server that the other rules lead to", x)
		return err
	})
	return a, err
}

func (s *Store) unassign(ctx context.Context, tx *sqldb.Tx, c scope.Caller, x Assignment) error {
	n, err := tx.Exec(ctx, "DELETE FROM upstream_assignment WHERE kind = $1 AND target = $2", string(x.Kind), x.Target)
	if err != nil || n == 0 {
		return err
	}
	return s.changed(ctx, tx, c, "upstream.unassigned", "", map[string]any{"kind": x.Kind, "target": x.Target}, nil, false)
}
