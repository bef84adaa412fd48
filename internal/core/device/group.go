package device

import (
	"context"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

// GroupKind says how devices come into a group.
type GroupKind string

// The kinds.
const (
	Chosen GroupKind = "chosen" // an administrator, or what places a computer that comes in, puts them there one by one
	ByRule GroupKind = "rule"   // they meet the group's conditions
	Folder GroupKind = "folder" // they are in that folder or in one below it; each device is in one folder
)

// Group is a group of devices, to which roles, access rules and more can be limited.
type Group struct {
	ID          string
	Kind        GroupKind
	Name        string // 1 to 128 bytes, unique without regard to case; of a folder, its path
	Description string // at most 1,000 bytes
	Members     int
	Version     int64
}

const groupText = `SELECT g.id, g.kind, g.name, g.description, g.version, (SELECT count(*) FROM device_group_member m
	JOIN device d ON d.id = m.device WHERE m.device_group = g.id AND d.state <> 'removed') FROM device_group g`

func scanGroup(r sqldb.Row) (g Group, err error) {
	err = r.Scan(&g.ID, &g.Kind, &g.Name, &g.Description, &g.Version, &g.Members)
	return g, err
}

// Groups returns all groups of devices by name.
func (s *Store) Groups(ctx context.Context, c scope.Caller) ([]Group, error) {
	if err := c.Require(scope.GroupRead); err != nil {
		return nil, err
	}
	return sqldb.All(ctx, s.db, scanGroup, groupText+" ORDER BY g.folded")
}

// GroupsOf returns the groups a device is in, by name.
func (s *Store) GroupsOf(ctx context.Context, c scope.Caller, id string) ([]Group, error) {
	if _, err := s.Find(ctx, s.db, c, scope.DeviceRead, id); err != nil {
		return nil, err
	}
	return sqldb.All(ctx, s.db, scanGroup, groupText+
		" JOIN device_group_member x ON x.device_group = g.id WHERE x.device = $1 ORDER BY g.folded", id)
}

// GroupIDs returns the ids of the groups a device is in, from memory where it can: for decisions at each request. Drover
// itself may ask, and who may see the device.
func (s *Store) GroupIDs(ctx context.Context, c scope.Caller, id string) ([]string, error) {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil {
		return nil, err
	}
	revision, err := s.with.Revision.People()
	if err != nil {
		return nil, err
	}
	if ids, ok := s.groups.Get(revision, id); ok && sc.All() {
		return ids, nil
	}
	var a sqldb.Args
	where := "m.device = " + a.Add(id) + " AND " + sc.Devices("m.device", &a)
	ids, err := sqldb.All(ctx, s.db, sqldb.Scan1[string],
		"SELECT m.device_group FROM device_group_member m WHERE "+where+" ORDER BY m.device_group", a.List()...)
	if err == nil && sc.All() {
		s.groups.Put(revision, id, ids, revision)
	}
	return ids, err
}

func group(ctx context.Context, q sqldb.Querier, id string) (Group, error) {
	g, err := sqldb.One(ctx, q, scanGroup, groupText+" WHERE g.id = $1", id)
	return g, directory.NoGroup(err)
}

// notFolder finds a group that is no folder.
func notFolder(ctx context.Context, q sqldb.Querier, id string) (Group, error) {
	g, err := group(ctx, q, id)
	if err == nil && g.Kind == Folder {
		err = problem.New(problem.Conflict, "group.folder", "This is a folder: change it among the folders.")
	}
	return g, err
}

// chosen refuses what is no group into which devices are put one by one. It does not count who is in it, as computers that
// register ask for it.
func chosen(ctx context.Context, q sqldb.Querier, id string) error {
	kind, err := sqldb.One(ctx, q, sqldb.Scan1[GroupKind], "SELECT kind FROM device_group WHERE id = $1", id)
	if err != nil {
		return directory.NoGroup(err)
	}
	if kind != Chosen {
		return problem.New(problem.Conflict, "group.kind",
			"Devices come into this group by its conditions, or by being moved into its folder.").WithField("groups")
	}
	return nil
}

// AddGroup makes a group.
func (s *Store) AddGroup(ctx context.Context, c scope.Caller, name, description string) (Group, error) {
	if err := c.Require(scope.GroupEdit); err != nil {
		return Group{}, err
	}
	if err := checkGroup(&name, &description); err != nil {
		return Group{}, err
	}
	var g Group
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		g, err = s.addGroup(ctx, tx, c, Group{Kind: Chosen, Name: name, Description: description})
		return err
	})
	return g, err
}

// checkGroup is [directory.CheckGroup] of a group that is no folder.
func checkGroup(name, description *string) error {
	if err := directory.CheckGroup(name, description); err != nil {
		return err
	}
	if strings.HasPrefix(*name, "/") {
		return problem.New(problem.Invalid, "group.name", "A name that begins with a slash is a folder's.").WithField("name")
	}
	return nil
}

func (s *Store) addGroup(ctx context.Context, tx *sqldb.Tx, c scope.Caller, g Group) (Group, error) {
	n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM device_group")
	if err != nil {
		return g, err
	}
	if n >= directory.MaxGroups {
		return g, problem.Newf(problem.Conflict, "group.many", "A zone has at most %d groups and folders of devices.", directory.MaxGroups)
	}
	g.ID, g.Version = sqldb.NewID(), 1
	_, err = tx.Exec(ctx, "INSERT INTO device_group (id, kind, name, folded, description, conditions, version) VALUES ($1, $2, $3, $4, $5, '[]', 1)",
		g.ID, string(g.Kind), g.Name, sqldb.Fold(g.Name), g.Description)
	if err != nil {
		return g, directory.GroupTaken(err)
	}
	return g, s.groupChanged(ctx, tx, c, "device-group.added", g.ID, nil, map[string]any{"name": g.Name, "kind": g.Kind})
}

func (s *Store) groupChanged(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action, id string, before, after any) error {
	err := s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "device-group", ID: id}, Before: before, After: after,
	})
	if err != nil {
		return err
	}
	return s.with.Zone.BumpPeople(ctx, tx) // roles and access rules hang on groups
}

// EditGroup changes a group's name and description.
func (s *Store) EditGroup(ctx context.Context, c scope.Caller, id string, version int64, name, description string) (Group, error) {
	if err := c.Require(scope.GroupEdit); err != nil {
		return Group{}, err
	}
	if err := checkGroup(&name, &description); err != nil {
		return Group{}, err
	}
	var g Group
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := notFolder(ctx, tx, id)
		if err != nil {
			return err
		}
		if before.Version != version {
			return changedMeanwhile
		}
		g = before
		g.Name, g.Description, g.Version = name, description, version+1
		_, err = tx.Exec(ctx, "UPDATE device_group SET name = $1, folded = $2, description = $3, version = $4 WHERE id = $5",
			g.Name, sqldb.Fold(g.Name), g.Description, g.Version, id)
		if err != nil {
			return directory.GroupTaken(err)
		}
		return s.groupChanged(ctx, tx, c, "device-group.changed", id, map[string]any{"name": before.Name}, map[string]any{"name": g.Name})
	})
	return g, err
}

// RemoveGroup takes a group away; its devices stay. A problem of kind Conflict while something names it, see
// [directory.Ties].
func (s *Store) RemoveGroup(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.GroupEdit); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		g, err := notFolder(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.ties.Free(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM device_group WHERE id = $1", id); err != nil {
			return err
		}
		return s.groupChanged(ctx, tx, c, "device-group.removed", id, map[string]any{"name": g.Name, "members": g.Members}, nil)
	})
}

// Tie has x keep groups that it names. Call it before the first removal.
func (s *Store) Tie(x directory.Tied) { s.ties = append(s.ties, x) }

// AddMembers puts devices into a group; what is in it already stays. At most 1,000 at once.
func (s *Store) AddMembers(ctx context.Context, c scope.Caller, id string, devices ...string) error {
	return s.changeMembers(ctx, c, "device-group.members-added", id, devices, func(tx *sqldb.Tx, device string) error {
		if _, err := s.Find(ctx, tx, scope.System("device"), scope.DeviceRead, device); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "INSERT INTO device_group_member (device_group, device) VALUES ($1, $2) ON CONFLICT DO NOTHING", id, device)
		return err
	})
}

// RemoveMembers takes devices out of a group; what is not in it stays out. At most 1,000 at once.
func (s *Store) RemoveMembers(ctx context.Context, c scope.Caller, id string, devices ...string) error {
	return s.changeMembers(ctx, c, "device-group.members-removed", id, devices, func(tx *sqldb.Tx, device string) error {
		_, err := tx.Exec(ctx, "DELETE FROM device_group_member WHERE device_group = $1 AND device = $2", id, device)
		return err
	})
}

// changeMembers needs the right over the whole zone: who is limited to groups must not move devices between them.
func (s *Store) changeMembers(ctx context.Context, c scope.Caller, action, id string, devices []string,
	change func(*sqldb.Tx, string) error,
) error {
	if err := c.Require(scope.GroupEdit); err != nil {
		return err
	}
	if err := directory.CheckMembers(devices); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := chosen(ctx, tx, id); err != nil {
			return err
		}
		for _, d := range devices {
			if err := change(tx, d); err != nil {
				return err
			}
		}
		return s.groupChanged(ctx, tx, c, action, id, nil, map[string]any{"devices": devices})
	})
}
