package selfservice

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

// Stance is what is said of a group of users, local or of a directory, other than of everybody. What it does not name is
// decided without it.
type Stance struct {
	Group    string
	Offered  []Ability
	Withheld []Ability
	Version  int64 // 0 while nothing was ever said of the group
}

func (x Stance) check() error {
	named := slices.Concat(x.Offered, x.Withheld)
	for i, a := range named {
		if _, known := Describe(a); !known || slices.Contains(named[:i], a) {
			return problem.New(problem.Invalid, "portal.ability",
				"Offer or withhold each thing that users may do once, as the list of them names it.").WithField("offered")
		}
	}
	return nil
}

const stanceColumns = "s.user_group, s.offered, s.withheld, s.version"

func scanStance(r sqldb.Row) (x Stance, err error) {
	var offered, withheld string
	if err := r.Scan(&x.Group, &offered, &withheld, &x.Version); err != nil {
		return x, err
	}
	return x, errors.Join(json.Unmarshal([]byte(offered), &x.Offered), json.Unmarshal([]byte(withheld), &x.Withheld))
}

// Stances returns what is said of groups, of those of which anything is. There are as few as groups.
func (s *Store) Stances(ctx context.Context, c scope.Caller) ([]Stance, error) {
	if err := c.Require(scope.SettingRead); err != nil {
		return nil, err
	}
	list, err := sqldb.All(ctx, s.db, scanStance, "SELECT "+stanceColumns+" FROM portal_group s ORDER BY s.user_group")
	return slices.DeleteFunc(list, func(x Stance) bool { return len(x.Offered)+len(x.Withheld) == 0 }), err
}

// Stance returns what is said of one group; a problem of kind NotFound when there is no such group.
func (s *Store) Stance(ctx context.Context, c scope.Caller, group string) (Stance, error) {
	if err := c.Require(scope.SettingRead); err != nil {
		return Stance{}, err
	}
	return s.stance(ctx, s.db, group)
}

func (s *Store) stance(ctx context.Context, q sqldb.Querier, group string) (Stance, error) {
	there, err := s.with.Users.GroupExists(ctx, q, group)
	if err == nil && !there {
		err = problem.New(problem.NotFound, "group.unknown", "There is no such group.")
	}
	if err != nil {
		return Stance{}, err
	}
	x, err := sqldb.One(ctx, q, scanStance, "SELECT "+stanceColumns+" FROM portal_group s WHERE s.user_group = $1", group)
	if errors.Is(err, sqldb.ErrNotFound) {
		return Stance{Group: group}, nil
	}
	return x, err
}

// SetStance says of a group what x does, from the members' next request on, in place of what was said before. x.Version is
// the one that the caller has seen.
func (s *Store) SetStance(ctx context.Context, c scope.Caller, x Stance) error {
	if err := c.Require(scope.SettingEdit); err != nil {
		return err
	}
	if err := x.check(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := s.stance(ctx, tx, x.Group)
		if err != nil {
			return err
		}
		if before.Version != x.Version {
			return stanceChanged
		}
		n, err := tx.Exec(ctx, `INSERT INTO portal_group (user_group, offered, withheld, version) VALUES ($1, $2, $3, $4)
			ON CONFLICT (user_group) DO UPDATE SET offered = excluded.offered, withheld = excluded.withheld, version = excluded.version
			WHERE portal_group.version = $5`, x.Group, listed(x.Offered), listed(x.Withheld), x.Version+1, x.Version)
		if err != nil {
			return err
		}
		if n != 1 { // another server's change came between the reading and the writing
			return stanceChanged
		}
		return s.with.Log.Append(ctx, tx, audit.Record{
			Action: "portal.group-changed", Caller: c, Subject: audit.Subject{Kind: "user-group", ID: x.Group},
			Before: before.audited(), After: x.audited(),
		})
	})
}

var stanceChanged = problem.New(problem.Precondition, "portal.changed",
	"What this group may do has been changed in the meantime: look at it again before you change it.")

func listed(list []Ability) string {
	text, _ := json.Marshal(append([]Ability{}, list...)) // a list of strings
	return string(text)
}

func (x Stance) audited() map[string]any {
	return map[string]any{"offered": append([]Ability{}, x.Offered...), "withheld": append([]Ability{}, x.Withheld...)}
}

// Verdict says whether a user may do something, and by whose word.
type Verdict struct {
	Description
	Offered bool
	// Groups are those of the user's groups that decide it; none where it is decided for everybody.
	Groups []string
}

// judge decides each ability: withheld from one of the groups, it is withheld; else offered to one of them, it is offered;
// else everybody's rights decide.
func judge(everybody Rights, groups []Stance) []Verdict {
	list := make([]Verdict, len(catalogue))
	for i, d := range catalogue {
		v := Verdict{Description: d}
		for _, x := range groups {
			if slices.Contains(x.Withheld, d.Ability) {
				v.Groups = append(v.Groups, x.Group)
			}
		}
		if len(v.Groups) == 0 {
			for _, x := range groups {
				if slices.Contains(x.Offered, d.Ability) {
					v.Groups = append(v.Groups, x.Group)
				}
			}
			v.Offered = len(v.Groups) > 0 || everybody.Offers(d.Ability)
		}
		list[i] = v
	}
	return list
}

// verdicts judges for one user, by what the database says now.
func (s *Store) verdicts(ctx context.Context, user string) ([]Verdict, error) {
	everybody, _, err := s.Rights(ctx)
	if err != nil {
		return nil, err
	}
	groups, err := s.with.Users.Memberships(ctx, system, user)
	if err != nil {
		return nil, err
	}
	var said []Stance
	if len(groups[user]) > 0 {
		var a sqldb.Args
		said, err = sqldb.All(ctx, s.db, scanStance,
			"SELECT "+stanceColumns+" FROM portal_group s WHERE s.user_group IN "+a.In(groups[user]...)+" ORDER BY s.user_group", a.List()...)
	}
	return judge(everybody, said), err
}

// Explain tells of each ability whether a user has it, and by which of the user's groups, whose names come along. It needs
// the right user.read over the user.
func (s *Store) Explain(ctx context.Context, c scope.Caller, user string) ([]Verdict, []directory.Group, error) {
	groups, err := s.with.Users.GroupsOf(ctx, c, user)
	if err != nil {
		return nil, nil, err
	}
	list, err := s.verdicts(ctx, user)
	return list, groups, err
}

// rightsOf returns what a user may do, of all that is said.
func (s *Store) rightsOf(ctx context.Context, user string) (Rights, error) {
	list, err := s.verdicts(ctx, user)
	r := Rights{Offered: []Ability{}}
	for _, v := range list {
		if v.Offered {
			r.Offered = append(r.Offered, v.Ability)
		}
	}
	return r, err
}

// Mine returns what the caller, a user, may do.
func (s *Store) Mine(ctx context.Context, c scope.Caller) (Rights, error) {
	if c.Kind != scope.User {
		return Rights{}, errSession
	}
	return s.rightsOf(ctx, c.ID)
}

// Require asks for an ability of the caller, a user. Rights do not tell one ability from another that needs the same: taking a
// device out of service erases the organization's data, but lets nobody do that alone. Problems: Invalid for what is no
// ability, Forbidden for what is not offered.
func (s *Store) Require(ctx context.Context, c scope.Caller, a Ability) error {
	if _, known := Describe(a); !known {
		return problem.New(problem.Invalid, "portal.ability", "There is no such thing that users may do.")
	}
	r, err := s.Mine(ctx, c)
	if err == nil && !r.Offers(a) {
		err = problem.New(problem.Forbidden, "portal.withheld", "Your organization does not let you do this by yourself: ask your help desk.")
	}
	return err
}
