package device

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

// QuarantineFolder is the id of the folder for computers that nobody has placed. Nothing but the default policy reaches
// what is in it, and no content.
const QuarantineFolder = "quarantine"

const (
	maxPath  = 240
	maxDepth = 8
	maxPart  = 64
)

// Quarantined tells whether a device that is in these groups is in quarantine.
func Quarantined(groups []string) bool { return slices.Contains(groups, QuarantineFolder) }

// checkPath trims a folder's path, /Vienna/Servers, and judges it.
func checkPath(path *string) error {
	bad := problem.Newf(problem.Invalid, "folder.path",
		"A folder is named by its path, /Vienna/Servers: at most %d parts of 1 to %d bytes, and %d bytes as a whole.", maxDepth, maxPart, maxPath).WithField("path")
	rest, ok := strings.CutPrefix(strings.TrimSpace(*path), "/")
	parts := strings.Split(rest, "/")
	if !ok || len(parts) > maxDepth || len(*path) > maxPath {
		return bad
	}
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
		hidden := func(r rune) bool { return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) }
		if parts[i] == "" || sqldb.Clean(parts[i], maxPart) != parts[i] || strings.ContainsFunc(parts[i], hidden) {
			return bad
		}
	}
	*path = "/" + strings.Join(parts, "/")
	return nil
}

// checkFolder is checkPath, and [directory.CheckGroup] of the description.
func checkFolder(path, description *string) error {
	if err := checkPath(path); err != nil {
		return err
	}
	name := (*path)[strings.LastIndexByte(*path, '/')+1:]
	return directory.CheckGroup(&name, description)
}

// above returns the path of the folder above, "" for the topmost.
func above(path string) string { return path[:strings.LastIndexByte(path, '/')] }

// Folders returns all folders by path.
func (s *Store) Folders(ctx context.Context, c scope.Caller) ([]Group, error) {
	if err := c.Require(scope.GroupRead); err != nil {
		return nil, err
	}
	return folders(ctx, s.db)
}

func folders(ctx context.Context, q sqldb.Querier) ([]Group, error) {
	list, err := sqldb.All(ctx, q, scanGroup, groupText+" WHERE g.kind = 'folder'")
	// Those below a folder follow it at once, whatever characters sort before a slash.
	slices.SortFunc(list, func(a, b Group) int {
		return slices.Compare(strings.Split(sqldb.Fold(a.Name), "/"), strings.Split(sqldb.Fold(b.Name), "/"))
	})
	return list, err
}

// AddFolder makes a folder. The one above it must be there.
func (s *Store) AddFolder(ctx context.Context, c scope.Caller, path, description string) (Group, error) {
	if err := c.Require(scope.GroupEdit); err != nil {
		return Group{}, err
	}
	if err := checkFolder(&path, &description); err != nil {
		return Group{}, err
	}
	var g Group
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		if path, err = below(ctx, tx, path); err != nil {
			return err
		}
		g, err = s.addGroup(ctx, tx, c, Group{Kind: Folder, Name: path, Description: description})
		return err
	})
	return g, err
}

// below returns the path as the folder above writes its own part of it. It refuses a path whose folder above is not there,
// and one below the quarantine.
func below(ctx context.Context, q sqldb.Querier, path string) (string, error) {
	if above(path) == "" {
		return path, nil
	}
	g, err := sqldb.One(ctx, q, scanGroup, groupText+" WHERE g.kind = 'folder' AND g.folded = $1", sqldb.Fold(above(path)))
	if errors.Is(err, sqldb.ErrNotFound) {
		return "", problem.Newf(problem.Conflict, "folder.above", "There is no folder %s: make it first.", above(path)).WithField("path")
	}
	if err == nil && g.ID == QuarantineFolder {
		err = problem.New(problem.Conflict, "folder.quarantine", "The quarantine has no folders below it.").WithField("path")
	}
	return g.Name + path[len(above(path)):], err
}

// EditFolder renames a folder or moves it, with all that is in it and below it, and changes its description.
func (s *Store) EditFolder(ctx context.Context, c scope.Caller, id string, version int64, path, description string) (Group, error) {
	if err := c.Require(scope.GroupEdit); err != nil {
		return Group{}, err
	}
	if err := checkFolder(&path, &description); err != nil {
		return Group{}, err
	}
	var g Group
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := folder(ctx, tx, id)
		if err != nil {
			return err
		}
		if before.Version != version {
			return changedMeanwhile
		}
		if id == QuarantineFolder && path != before.Name {
			return errQuarantine
		}
		if path, err = below(ctx, tx, path); err != nil {
			return err
		}
		g = before
		g.Name, g.Description, g.Version = path, description, version+1
		if _, err := tx.Exec(ctx, "UPDATE device_group SET description = $1, version = $2 WHERE id = $3", g.Description, g.Version, id); err != nil {
			return err
		}
		if err := moveFolder(ctx, tx, before.Name, path); err != nil {
			return err
		}
		return s.groupChanged(ctx, tx, c, "device-folder.changed", id, map[string]any{"path": before.Name}, map[string]any{"path": g.Name})
	})
	return g, err
}

var errQuarantine = problem.New(problem.Conflict, "folder.quarantine", "The quarantine stays where it is.")

// moveFolder gives the folder and all below it new paths, and their devices the memberships that follow.
func moveFolder(ctx context.Context, tx *sqldb.Tx, from, to string) error {
	if from == to {
		return nil
	}
	if strings.HasPrefix(sqldb.Fold(to), sqldb.Fold(from)+"/") {
		return problem.New(problem.Conflict, "folder.below", "A folder cannot be moved below itself.").WithField("path")
	}
	list, err := folders(ctx, tx)
	if err != nil {
		return err
	}
	for _, f := range list {
		if f.Name != from && !strings.HasPrefix(f.Name, from+"/") {
			continue
		}
		path := to + f.Name[len(from):]
		if err := checkPath(&path); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE device_group SET name = $1, folded = $2 WHERE id = $3", path, sqldb.Fold(path), f.ID)
		if err != nil {
			return directory.GroupTaken(err)
		}
		if err := rejoin(ctx, tx, f.ID); err != nil {
			return err
		}
	}
	return nil
}

// rejoin makes the devices that are in a folder members of it and of all above it, and of no other folder.
func rejoin(ctx context.Context, tx *sqldb.Tx, id string) error {
	line, err := lineage(ctx, tx, id)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM device_group_member WHERE device IN (SELECT device FROM device_place WHERE folder = $1)
		AND device_group IN (SELECT id FROM device_group WHERE kind = 'folder')`, id)
	if err != nil {
		return err
	}
	for _, g := range line {
		_, err := tx.Exec(ctx, `INSERT INTO device_group_member (device, device_group) SELECT device, $1 FROM device_place WHERE folder = $2`, g, id)
		if err != nil {
			return err
		}
	}
	return nil
}

// lineage returns the ids of a folder and of all above it; none for "", the topmost.
func lineage(ctx context.Context, q sqldb.Querier, id string) ([]string, error) {
	if id == "" {
		return nil, nil
	}
	lowest, err := folderPath(ctx, q, id)
	if err != nil {
		return nil, err
	}
	var a sqldb.Args
	var paths []string
	for path := lowest; path != ""; path = above(path) {
		paths = append(paths, sqldb.Fold(path))
	}
	return sqldb.All(ctx, q, sqldb.Scan1[string], "SELECT id FROM device_group WHERE kind = 'folder' AND folded IN "+a.In(paths...), a.List()...)
}

var errNoFolder = problem.New(problem.NotFound, "folder.unknown", "There is no such folder.").WithField("folder")

func folder(ctx context.Context, q sqldb.Querier, id string) (Group, error) {
	g, err := sqldb.One(ctx, q, scanGroup, groupText+" WHERE g.id = $1 AND g.kind = 'folder'", id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return g, errNoFolder
	}
	return g, err
}

// folderPath returns the path of a folder. It does not count who is in it, as every computer that registers asks for it.
func folderPath(ctx context.Context, q sqldb.Querier, id string) (string, error) {
	path, err := sqldb.One(ctx, q, sqldb.Scan1[string], "SELECT name FROM device_group WHERE id = $1 AND kind = 'folder'", id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return "", errNoFolder
	}
	return path, err
}

// RemoveFolder takes a folder away that holds nothing: neither devices nor folders. A problem of kind Conflict while it
// does, or while something names it.
func (s *Store) RemoveFolder(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.GroupEdit); err != nil {
		return err
	}
	if id == QuarantineFolder {
		return errQuarantine
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		f, err := folder(ctx, tx, id)
		if err != nil {
			return err
		}
		list, err := folders(ctx, tx)
		if err != nil {
			return err
		}
		holds := func(x Group) bool { return strings.HasPrefix(sqldb.Fold(x.Name), sqldb.Fold(f.Name)+"/") }
		if f.Members > 0 || slices.ContainsFunc(list, holds) {
			return problem.New(problem.Conflict, "folder.full", "The folder holds devices or folders: move them elsewhere first.")
		}
		if err := s.ties.Free(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM device_group WHERE id = $1", id); err != nil {
			return err
		}
		return s.groupChanged(ctx, tx, c, "device-folder.removed", id, map[string]any{"path": f.Name}, nil)
	})
}

// FolderOf returns the folder in which a device is; the zero Group for the topmost.
func (s *Store) FolderOf(ctx context.Context, c scope.Caller, id string) (Group, error) {
	if _, err := s.Find(ctx, s.db, c, scope.DeviceRead, id); err != nil {
		return Group{}, err
	}
	g, err := sqldb.One(ctx, s.db, scanGroup, groupText+" JOIN device_place x ON x.folder = g.id WHERE x.device = $1", id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return Group{}, nil
	}
	return g, err
}

// MoveTo puts devices into a folder, "" for the topmost; each is taken out of the one in which it was. At most 1,000 at
// once. It needs the right over the whole zone, as changing groups does.
func (s *Store) MoveTo(ctx context.Context, c scope.Caller, id string, devices ...string) error {
	if err := c.Require(scope.GroupEdit); err != nil {
		return err
	}
	if err := directory.CheckMembers(devices); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, x := range devices {
			d, err := s.Find(ctx, tx, scope.System("device"), scope.DeviceRead, x)
			if err != nil {
				return err
			}
			if err := s.moveTo(ctx, tx, c, d, id); err != nil {
				return err
			}
		}
		return s.with.Zone.BumpPeople(ctx, tx)
	})
}

// moveTo puts a device into a folder, with the record of it.
func (s *Store) moveTo(ctx context.Context, tx *sqldb.Tx, c scope.Caller, d Device, id string) error {
	was, err := sqldb.One(ctx, tx, sqldb.Scan1[string], "SELECT folder FROM device_place WHERE device = $1", d.ID)
	if errors.Is(err, sqldb.ErrNotFound) {
		err = nil
	}
	if err != nil || was == id {
		return err
	}
	line, err := lineage(ctx, tx, id)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM device_group_member WHERE device = $1
		AND device_group IN (SELECT id FROM device_group WHERE kind = 'folder')`, d.ID)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM device_place WHERE device = $1", d.ID); err != nil {
		return err
	}
	if id != "" {
		_, err := tx.Exec(ctx, "INSERT INTO device_place (device, folder, at) VALUES ($1, $2, $3)", d.ID, id, sqldb.Micros(s.with.Clock.Now()))
		if err != nil {
			return err
		}
	}
	for _, g := range line {
		if _, err := tx.Exec(ctx, "INSERT INTO device_group_member (device, device_group) VALUES ($1, $2)", d.ID, g); err != nil {
			return err
		}
	}
	s.wake(tx, d.ID)
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: "device.moved-to-folder", Caller: c, Subject: audit.Subject{Kind: "device", ID: d.ID}, Device: d.ID, Owner: d.Owner,
		Before: map[string]any{"folder": was}, After: map[string]any{"folder": id},
	})
}
