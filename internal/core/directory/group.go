package directory

import (
	"context"
	"errors"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

// Group is a group of users.
type Group struct {
	ID          string
	Name        string // 1 to 128 bytes, unique without regard to case
	Description string // at most 1,000 bytes
	Members     int    // those within the caller's scope
	Directory   string // the directory whose group it is, and which alone says who is in it; "" for none
	Version     int64
}

const (
	maxGroupName   = 128
	maxDescription = 1000
	// MaxGroups bounds the groups of users, and those of devices, of a zone: they are shown in one list.
	MaxGroups = 1000
	// maxBatch bounds the members that one call adds or removes.
	maxBatch = 1000
)

// CheckGroup trims the name and the description of a group, of users or of devices, and judges them.
func CheckGroup(name, description *string) error {
	*name, *description = strings.TrimSpace(*name), strings.TrimSpace(*description)
	if *name == "" || !printable(*name, maxGroupName) {
		return problem.New(problem.Invalid, "group.name", "A group's name has 1 to 128 bytes and no control characters.").WithField("name")
	}
	if sqldb.Clean(*description, maxDescription) != *description {
		return problem.New(problem.Invalid, "group.description", "A description has at most 1,000 bytes.").WithField("description")
	}
	return nil
}

// Groups returns all groups of users by name. Their members are counted within the caller's scope.
func (s *Store) Groups(ctx context.Context, c scope.Caller) ([]Group, error) {
	sc, err := c.Scope(scope.UserRead)
	if err != nil {
		return nil, err
	}
	var a sqldb.Args
	members := "(SELECT count(*) FROM user_group_member m WHERE m.user_group = g.id AND " + sc.Users("m.end_user", &a) + ")"
	return sqldb.All(ctx, s.db, scanGroup, "SELECT "+groupColumns+", "+members+
		" FROM user_group g ORDER BY g.folded", a.List()...)
}

const groupColumns = `g.id, g.name, g.description, g.version,
	coalesce((SELECT l.source FROM directory_group l WHERE l.user_group = g.id), '')`

func scanGroup(r sqldb.Row) (g Group, err error) {
	err = r.Scan(&g.ID, &g.Name, &g.Description, &g.Version, &g.Directory, &g.Members)
	return g, err
}

func (s *Store) group(ctx context.Context, q sqldb.Querier, id string) (Group, error) {
	g, err := sqldb.One(ctx, q, scanGroup, "SELECT "+groupColumns+`,
		(SELECT count(*) FROM user_group_member m WHERE m.user_group = g.id) FROM user_group g WHERE g.id = $1`, id)
	return g, NoGroup(err)
}

// AddGroup makes a group.
func (s *Store) AddGroup(ctx context.Context, c scope.Caller, name, description string) (Group, error) {
	if err := c.Require(scope.UserEdit); err != nil {
		return Group{}, err
	}
	if err := CheckGroup(&name, &description); err != nil {
		return Group{}, err
	}
	var g Group
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		g, err = s.addGroup(ctx, tx, c, name, description)
		return err
	})
	return g, err
}

func (s *Store) addGroup(ctx context.Context, tx *sqldb.Tx, c scope.Caller, name, description string) (Group, error) {
	g := Group{ID: sqldb.NewID(), Name: name, Description: description, Version: 1}
	n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM user_group")
	if err != nil {
		return g, err
	}
	if n >= MaxGroups {
		return g, problem.Newf(problem.Conflict, "group.many", "A zone has at most %d groups of users.", MaxGroups)
	}
	_, err = tx.Exec(ctx, "INSERT INTO user_group (id, name, folded, description, version) VALUES ($1, $2, $3, $4, 1)",
		g.ID, g.Name, sqldb.Fold(g.Name), g.Description)
	if err != nil {
		return g, GroupTaken(err)
	}
	return g, s.groupChanged(ctx, tx, c, "user-group.added", g.ID, nil, map[string]any{"name": g.Name})
}

// GroupTaken says of a conflict that there is a group of that name.
func GroupTaken(err error) error {
	if errors.Is(err, sqldb.ErrConflict) {
		return problem.New(problem.Conflict, "group.exists", "There is already a group of this name.").WithField("name")
	}
	return err
}

// NoGroup says of a row that is not there that there is no such group.
func NoGroup(err error) error {
	if errors.Is(err, sqldb.ErrNotFound) {
		return problem.New(problem.NotFound, "group.unknown", "There is no such group.")
	}
	return err
}

// CheckMembers bounds what one call adds to a group or removes.
func CheckMembers(ids []string) error {
	if len(ids) == 0 || len(ids) > maxBatch {
		return problem.Newf(problem.Invalid, "group.members", "Name 1 to %d members.", maxBatch).WithField("ids")
	}
	return nil
}

func (s *Store) groupChanged(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action, id string, before, after any) error {
	err := s.log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "user-group", ID: id}, Before: before, After: after,
	})
	if err != nil {
		return err
	}
	return s.zone.BumpPeople(ctx, tx) // policies, mail servers and access rules hang on groups
}

// EditGroup changes a group's name and description.
func (s *Store) EditGroup(ctx context.Context, c scope.Caller, id string, version int64, name, description string) (Group, error) {
	if err := c.Require(scope.UserEdit); err != nil {
		return Group{}, err
	}
	if err := CheckGroup(&name, &description); err != nil {
		return Group{}, err
	}
	var g Group
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := s.group(ctx, tx, id)
		if err != nil {
			return err
		}
		if before.Version != version {
			return changedMeanwhile
		}
		if before.Directory != "" && name != before.Name {
			return groupElsewhere
		}
		g = before
		g.Name, g.Description, g.Version = name, description, version+1
		_, err = tx.Exec(ctx, "UPDATE user_group SET name = $1, folded = $2, description = $3, version = $4 WHERE id = $5",
			g.Name, sqldb.Fold(g.Name), g.Description, g.Version, id)
		if err != nil {
			return GroupTaken(err)
		}
		return s.groupChanged(ctx, tx, c, "user-group.changed", id, map[string]any{"name": before.Name}, map[string]any{"name": g.Name})
	})
	return g, err
}

var groupElsewhere = problem.New(problem.Conflict, "group.elsewhere",
	"This is a directory's group: its name and its members are changed there.")

// RemoveGroup takes a group away; its members stay. A problem of kind Conflict while something names it, see [Ties]. A
// directory's group comes back with the next import, unless it is gone there.
func (s *Store) RemoveGroup(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.UserEdit); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		g, err := s.group(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.ties.Free(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM user_group WHERE id = $1", id); err != nil {
			return err
		}
		return s.groupChanged(ctx, tx, c, "user-group.removed", id, map[string]any{"name": g.Name, "members": g.Members}, nil)
	})
}

// AddMembers puts users into a group; who is in it already stays. At most 1,000 at once.
func (s *Store) AddMembers(ctx context.Context, c scope.Caller, group string, users ...string) error {
	return s.changeMembers(ctx, c, "user-group.members-added", group, users, func(tx *sqldb.Tx, user string) error {
		if _, err := s.one(ctx, tx, c, scope.UserEdit, user); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "INSERT INTO user_group_member (user_group, end_user) VALUES ($1, $2) ON CONFLICT DO NOTHING", group, user)
		return err
	})
}

// RemoveMembers takes users out of a group; who is not in it stays out. At most 1,000 at once.
func (s *Store) RemoveMembers(ctx context.Context, c scope.Caller, group string, users ...string) error {
	return s.changeMembers(ctx, c, "user-group.members-removed", group, users, func(tx *sqldb.Tx, user string) error {
		_, err := tx.Exec(ctx, "DELETE FROM user_group_member WHERE user_group = $1 AND end_user = $2", group, user)
		return err
	})
}

func (s *Store) changeMembers(ctx context.Context, c scope.Caller, action, group string, users []string,
	change func(*sqldb.Tx, string) error,
) error {
	if err := c.Require(scope.UserEdit); err != nil {
		return err
	}
	if err := CheckMembers(users); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		g, err := s.group(ctx, tx, group)
		if err != nil {
			return err
		}
		if g.Directory != "" {
			return groupElsewhere
		}
		for _, u := range users {
			if err := change(tx, u); err != nil {
				return err
			}
		}
		return s.groupChanged(ctx, tx, c, action, group, nil, map[string]any{"users": users})
	})
}

// GroupsOf returns the groups a user is in, by name.
func (s *Store) GroupsOf(ctx context.Context, c scope.Caller, user string) ([]Group, error) {
	if _, err := s.one(ctx, s.db, c, scope.UserRead, user); err != nil {
		return nil, err
	}
	return sqldb.All(ctx, s.db, scanGroup, "SELECT "+groupColumns+`, 0 FROM user_group g
		JOIN user_group_member m ON m.user_group = g.id WHERE m.end_user = $1 ORDER BY g.folded`, user)
}

// GroupIDs returns the ids of the groups a user is in, from memory where it can: for decisions at each request. Drover
// itself may ask, and who may see all users.
func (s *Store) GroupIDs(ctx context.Context, c scope.Caller, user string) ([]string, error) {
	if err := c.Require(scope.UserRead); err != nil {
		return nil, err
	}
	revision, err := s.revision.People()
	if err != nil {
		return nil, err
	}
	if ids, ok := s.members.Get(revision, user); ok {
		return ids, nil
	}
	ids, err := sqldb.All(ctx, s.db, sqldb.Scan1[string],
		"SELECT user_group FROM user_group_member WHERE end_user = $1 ORDER BY user_group LIMIT 500", user)
	if err != nil {
		return nil, err
	}
	s.members.Put(revision, user, ids, revision)
	return ids, nil
}
