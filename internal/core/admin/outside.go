package admin

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// Outsider is somebody whom a directory has proven, and whom its groups make an administrator.
type Outsider struct {
	Source string // the directory
	Entry  string // the unique id there
	Name   string
	Mail   string
	Grants []Grant // what the groups give; at least one
}

// Directories prove administrators who have no password here.
type Directories interface {
	// ProveAdmin returns who in a directory has this name and password; a problem of kind Unauthenticated for nobody, and for
	// somebody whom no group makes an administrator, and one of kind Forbidden for somebody whose password is right and has
	// expired. source is the directory that must vouch, "" for any.
	ProveAdmin(ctx context.Context, source, name, password string) (Outsider, error)
}

// SetDirectories says whom to ask about administrators of directories: their package stands above this one.
func (s *Store) SetDirectories(d Directories) { s.directories = d }

// confirmTime is how long an API token works without a word of the directory that its administrator comes from.
const confirmTime = 7 * 24 * time.Hour

// KnowsRole returns a problem when there is no such role.
func (s *Store) KnowsRole(ctx context.Context, q sqldb.Querier, id string) error {
	_, err := role(ctx, q, id)
	return err
}

// CountFrom counts the administrators from a directory who are not disabled.
func (s *Store) CountFrom(ctx context.Context, q sqldb.Querier, source string) (int, error) {
	return sqldb.One(ctx, q, sqldb.Scan1[int], "SELECT count(*) FROM admin WHERE source = $1 AND state <> 'disabled'", source)
}

// loginOutside is the part of a login that asks the directories: for a name that nobody has here, or whose owner comes from
// one of them.
func (s *Store) loginOutside(ctx context.Context, addr netip.Addr, agent, source, name, password string) (secret string, x Session, err error) {
	if s.directories == nil {
		return "", x, errLogin
	}
	o, err := s.directories.ProveAdmin(ctx, source, name, password)
	if problem.Is(err, problem.Unauthenticated) {
		return "", x, errors.Join(errLogin, err) // which holds the directory's reason
	}
	if err != nil {
		return "", x, err
	}
	return s.Welcome(ctx, addr, agent, o)
}

var (
	errAwaiting = problem.New(problem.Forbidden, "login.awaiting",
		"The directory knows you, but your account here still awaits the approval of another administrator.")
	errKeptOut = problem.New(problem.Forbidden, "login.disabled", "This account is disabled; another administrator can enable it.")
)

// Welcome begins the session of an administrator whom a directory has just proven; the second factor follows as for
// everybody. Whoever comes for the first time is made an administrator, which takes the quorum like any other; so does a role
// that is new to somebody. Roles that the directory gives no more end at once.
func (s *Store) Welcome(ctx context.Context, addr netip.Addr, agent string, o Outsider) (secret string, x Session, err error) {
	var who Admin
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := alone(ctx, tx); err != nil {
			return err
		}
		who, err = s.outsider(ctx, tx, o.Source, o.Entry)
		if errors.Is(err, sqldb.ErrNotFound) {
			who, err = s.addOutsider(ctx, tx, addr, o)
		}
		if err != nil {
			return err
		}
		if err := s.confirm(ctx, tx, &who, o.Grants); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return "", x, err
	}
	switch who.State {
	case Active:
		return s.begin(ctx, addr, agent, who.ID, nil)
	case Awaiting:
		return "", x, errAwaiting
	case Invited, Disabled:
	}
	return "", x, errKeptOut
}

func (s *Store) outsider(ctx context.Context, q sqldb.Querier, source, entry string) (Admin, error) {
	x, err := sqldb.One(ctx, q, scanAdmin, selectAdmin+" WHERE a.source = $1 AND a.entry = $2", source, entry)
	if err == nil {
		x.Grants, err = grants(ctx, q, x.ID)
	}
	return x, err
}

// addOutsider makes an administrator of somebody whom a directory has proven. It is asked for in the newcomer's own name, so
// that the newcomer can never be the one who approves.
func (s *Store) addOutsider(ctx context.Context, tx *sqldb.Tx, addr netip.Addr, o Outsider) (Admin, error) {
	if checkName(o.Name, o.Mail) != nil {
		o.Mail = ""
	}
	if err := checkName(o.Name, o.Mail); err != nil {
		return Admin{}, err
	}
	c := scope.System("directory")
	c.Addr = addr
	x, err := s.insert(ctx, tx, c, o.Name, o.Mail, Awaiting, nil)
	if err != nil {
		return x, err
	}
	if _, err := tx.Exec(ctx, "UPDATE admin SET source = $1, entry = $2 WHERE id = $3", o.Source, o.Entry, x.ID); err != nil {
		return x, err
	}
	if err := s.setGrants(ctx, tx, x.ID, o.Grants); err != nil {
		return x, err
	}
	can, err := describe(ctx, tx, o.Grants)
	if err != nil {
		return x, err
	}
	_, err = s.safety.Order(ctx, tx, newcomer(x.ID, addr), safety.Ask{
		Class: safety.AdminChange, Kind: kindEnable, Subject: x.ID, Payload: map[string]any{"grants": o.Grants},
		Words: "Make " + o.Name + ", who has signed in by a directory, an administrator: " + can,
	})
	if err != nil {
		return x, err
	}
	tx.AfterCommit(func() {
		s.Tell("Somebody asks to be an administrator",
			o.Name+" has signed in by a directory whose groups give the role: "+can+". If that is not right, reject the request and correct the groups.")
	})
	return s.outsider(ctx, tx, o.Source, o.Entry)
}

// newcomer is somebody who asks to become an administrator, and has no rights.
func newcomer(id string, addr netip.Addr) scope.Caller {
	return scope.Caller{Kind: scope.User, ID: id, Addr: addr}
}

// confirm notes that the directory knows an administrator, and brings the roles in step with it.
func (s *Store) confirm(ctx context.Context, tx *sqldb.Tx, x *Admin, given []Grant) error {
	if x.State == Active {
		if err := s.follow(ctx, tx, x, given); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "UPDATE admin SET confirmed = $1 WHERE id = $2", sqldb.Micros(s.clock.Now()), x.ID)
	return err
}

// follow takes the roles away that a directory gives no more, and asks for those that it has begun to give.
func (s *Store) follow(ctx context.Context, tx *sqldb.Tx, x *Admin, given []Grant) error {
	kept := slices.DeleteFunc(slices.Clone(x.Grants), func(g Grant) bool { return !slices.ContainsFunc(given, g.same) })
	more := slices.ContainsFunc(given, func(g Grant) bool { return !slices.ContainsFunc(x.Grants, g.same) })
	if len(kept) < len(x.Grants) && len(kept) > 0 {
		if err := s.narrow(ctx, tx, x, kept); err != nil {
			return err
		}
	}
	if !more {
		return nil
	}
	open, err := s.safety.Open(ctx, tx, kindGrants, x.ID)
	if err != nil || open {
		return err
	}
	before, err := describe(ctx, tx, x.Grants)
	if err != nil {
		return err
	}
	after, err := describe(ctx, tx, given)
	if err != nil {
		return err
	}
	_, err = s.safety.Order(ctx, tx, newcomer(x.ID, netip.Addr{}), safety.Ask{
		Class: safety.RoleChange, Kind: kindGrants, Subject: x.ID, Payload: grantsPayload{given},
		Words: "Change what " + x.Name + " may do, as a directory's groups now say, from " + before + " to " + after,
	})
	return err
}

func (g Grant) same(o Grant) bool {
	return g.Role == o.Role && (g.Groups == nil) == (o.Groups == nil) &&
		slices.Equal(slices.Sorted(slices.Values(g.Groups)), slices.Sorted(slices.Values(o.Groups)))
}

// owns tells whether somebody is an owner of the whole zone.
func (x Admin) owns() bool { return slices.ContainsFunc(x.Grants, Grant{Role: Owner}.same) }

// narrow leaves an administrator fewer roles, unless the zone would lose its last owner.
func (s *Store) narrow(ctx context.Context, tx *sqldb.Tx, x *Admin, kept []Grant) error {
	if x.owns() && !slices.ContainsFunc(kept, Grant{Role: Owner}.same) {
		if err := s.keepOneOwner(ctx, tx, x.ID); err != nil {
			return s.lastOwner(tx, x, err)
		}
	}
	before := x.Grants
	if err := s.setGrants(ctx, tx, x.ID, kept); err != nil {
		return err
	}
	x.Grants = kept
	err := s.record(ctx, tx, scope.System("directory"), "admin.roles-changed", x.ID, map[string]any{"before": before, "after": kept})
	if err != nil {
		return err
	}
	return s.zone.Bump(ctx, tx)
}

// lastOwner lets somebody be whom a directory does not make an owner any more, because nobody else is one.
func (s *Store) lastOwner(tx *sqldb.Tx, x *Admin, err error) error {
	if !problem.Is(err, problem.Conflict) {
		return err
	}
	tx.AfterCommit(func() {
		s.Tell("The last owner is an owner no more by the directory",
			"A directory gives "+x.Name+" fewer roles, or none, but nobody else is an owner of the zone: nothing was changed. Make another owner.")
	})
	return nil
}

// Reconcile brings the administrators of a directory in step with what an import has found: the grants by entry. Whoever is not
// among them is disabled at once, with sessions and tokens; to come back takes approval.
func (s *Store) Reconcile(ctx context.Context, source string, found map[string][]Grant) error {
	list, err := sqldb.All(ctx, s.db, func(r sqldb.Row) (x [2]string, err error) {
		err = r.Scan(&x[0], &x[1])
		return x, err
	}, "SELECT id, entry FROM admin WHERE source = $1 AND state = 'active' ORDER BY id", source)
	if err != nil {
		return err
	}
	for _, known := range list {
		err := s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.reconcile(ctx, tx, source, known[1], found[known[1]]) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) reconcile(ctx context.Context, tx *sqldb.Tx, source, entry string, given []Grant) error {
	if err := alone(ctx, tx); err != nil {
		return err
	}
	x, err := s.outsider(ctx, tx, source, entry)
	if err != nil || x.State != Active {
		return err
	}
	if len(given) > 0 {
		return s.confirm(ctx, tx, &x, given)
	}
	if x.owns() {
		if err := s.keepOneOwner(ctx, tx, x.ID); err != nil {
			return s.lastOwner(tx, &x, err)
		}
	}
	if err := s.setState(ctx, tx, x.ID, Disabled); err != nil {
		return err
	}
	if err := s.endAll(ctx, tx, x.ID); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		s.Tell("An administrator is none any more by the directory",
			x.Name+" is gone from the directory, disabled there, or in none of its groups that give a role. The account here is disabled, and its sessions have ended.")
	})
	return s.record(ctx, tx, scope.System("directory"), "admin.disabled", x.ID, nil)
}
