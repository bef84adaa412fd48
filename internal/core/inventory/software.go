package inventory

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// atOnce is how many rows one statement names.
const atOnce = 200

// softwareID tells one version of one program from all others.
func softwareID(it Item) []byte {
	sum := sha256.Sum256([]byte(strings.Join([]string{it["name"], it["version"], it["arch"], it["source"], it["publisher"]}, "\x1f")))
	return sum[:]
}

const softwareColumns = "p.id, p.name, p.version, p.arch, p.source, p.publisher"

type program struct {
	id string
	Item
}

func scanProgram(r sqldb.Row) (program, error) {
	var id, name, version, arch, source, publisher string
	err := r.Scan(&id, &name, &version, &arch, &source, &publisher)
	it := Item{}
	for field, v := range map[string]string{"name": name, "version": version, "arch": arch, "source": source, "publisher": publisher} {
		if v != "" {
			it[field] = v
		}
	}
	return program{id, it}, err
}

func (s *Store) installed(ctx context.Context, q sqldb.Querier, deviceID string) ([]Item, error) {
	list, err := sqldb.All(ctx, q, scanProgram, "SELECT "+softwareColumns+` FROM inventory_installed i JOIN inventory_software p ON p.id = i.software
		WHERE i.device = $1`, deviceID)
	if err != nil {
		return nil, err
	}
	d, err := Describe(Software)
	items := make([]Item, len(list))
	for i, x := range list {
		items[i] = x.Item
	}
	return d.clean(items), err
}

// install writes the difference between what a device had and has.
func (s *Store) install(ctx context.Context, tx *sqldb.Tx, deviceID string, old, now []Item) error {
	had, has := map[string]Item{}, map[string]Item{}
	for _, it := range old {
		had[string(softwareID(it))] = it
	}
	for _, it := range now {
		has[string(softwareID(it))] = it
	}
	var gone, come []Item
	for k, it := range had {
		if _, still := has[k]; !still {
			gone = append(gone, it)
		}
	}
	for k, it := range has {
		if _, before := had[k]; !before {
			come = append(come, it)
		}
	}
	for len(gone) > 0 {
		n := min(len(gone), atOnce)
		if err := s.uninstall(ctx, tx, deviceID, gone[:n]); err != nil {
			return err
		}
		gone = gone[n:]
	}
	for len(come) > 0 {
		n := min(len(come), atOnce)
		if err := s.addInstalled(ctx, tx, deviceID, come[:n]); err != nil {
			return err
		}
		come = come[n:]
	}
	return nil
}

func (s *Store) uninstall(ctx context.Context, tx *sqldb.Tx, deviceID string, items []Item) error {
	var a sqldb.Args
	where := "device = " + a.Add(deviceID) + " AND software IN (SELECT p.id FROM inventory_software p WHERE p.hash IN " + hashes(&a, items) + ")"
	_, err := tx.Exec(ctx, "DELETE FROM inventory_installed WHERE "+where, a.List()...)
	return err
}

func (s *Store) addInstalled(ctx context.Context, tx *sqldb.Tx, deviceID string, items []Item) error {
	var a sqldb.Args
	rows := make([]string, len(items))
	for i, it := range items {
		name := it["name"]
		rows[i] = "(" + strings.Join([]string{
			a.Add(sqldb.NewID()), a.Add(name), a.Add(sqldb.Fold(name)), a.Add(it["version"]), a.Add(it["arch"]), a.Add(it["source"]),
			a.Add(it["publisher"]), a.Add(softwareID(it)),
		}, ",") + ")"
	}
	_, err := tx.Exec(ctx, "INSERT INTO inventory_software (id, name, folded, version, arch, source, publisher, hash) VALUES "+
		strings.Join(rows, ",")+" ON CONFLICT (hash) DO NOTHING", a.List()...)
	if err != nil {
		return err
	}
	var b sqldb.Args
	device := b.Add(deviceID)
	n, err := tx.Exec(ctx, "INSERT INTO inventory_installed (device, software) SELECT CAST("+device+" AS TEXT), p.id FROM inventory_software p WHERE p.hash IN "+
		hashes(&b, items)+" ON CONFLICT DO NOTHING", b.List()...)
	if err == nil && n != int64(len(items)) {
		// A purge has dropped a program that nothing had until now.
		err = problem.New(problem.Unavailable, "inventory.again", "The inventory was being tidied: send it again.")
	}
	return err
}

func hashes(a *sqldb.Args, items []Item) string {
	list := make([]string, len(items))
	for i, it := range items {
		list[i] = a.Add(softwareID(it))
	}
	return "(" + strings.Join(list, ",") + ")"
}

// Program is one program of the zone, over all its versions.
type Program struct {
	Name     string
	Source   string
	Versions int
	Devices  int
}

// Programs lists what is installed on the devices that the caller may see, by name; word is somewhere in the name, "" for
// all.
func (s *Store) Programs(ctx context.Context, c scope.Caller, word string, r page.Request) (page.Page[Program], error) {
	sc, err := c.Scope(scope.InventoryRead)
	if err != nil {
		return page.Page[Program]{}, err
	}
	size, err := r.Size()
	if err != nil {
		return page.Page[Program]{}, err
	}
	var a sqldb.Args
	where := sc.Devices("i.device", &a)
	if word = sqldb.Fold(sqldb.Clean(word, maxText)); word != "" {
		where += " AND p.folded LIKE " + a.Add(page.Like(word)) + ` ESCAPE '\'`
	}
	if r.After != "" {
		name, source, err := page.Parse[string](r.After)
		if err != nil {
			return page.Page[Program]{}, err
		}
		where += " AND (p.folded, p.source) > (" + a.Add(name) + ", " + a.Add(source) + ")"
	}
	rows, err := sqldb.All(ctx, s.db, func(row sqldb.Row) (x Program, err error) {
		return x, row.Scan(&x.Name, &x.Source, &x.Versions, &x.Devices)
	}, `SELECT min(p.name), p.source, count(DISTINCT p.version), count(DISTINCT i.device) FROM inventory_software p
		JOIN inventory_installed i ON i.software = p.id WHERE `+where+" GROUP BY p.folded, p.source ORDER BY p.folded, p.source LIMIT "+a.Add(size+1), a.List()...)
	return page.Cut(rows, size, func(x Program) string { return page.Cursor(sqldb.Fold(x.Name), x.Source) }), err
}

// Version is one version of a program, and on how many devices it is.
type Version struct {
	Version string
	Arch    string
	Devices int
}

// maxVersions bounds the versions of one program that are compared.
const maxVersions = 5000

// Versions returns the versions of a program on the devices that the caller may see, those that keep all the bounds, the newest
// first.
func (s *Store) Versions(ctx context.Context, c scope.Caller, name, source string, bounds ...Bound) ([]Version, error) {
	sc, err := c.Scope(scope.InventoryRead)
	if err != nil {
		return nil, err
	}
	var a sqldb.Args
	where := "p.folded = " + a.Add(sqldb.Fold(name)) + " AND p.source = " + a.Add(source) + " AND " + sc.Devices("i.device", &a)
	list, err := sqldb.All(ctx, s.db, func(row sqldb.Row) (x Version, err error) { return x, row.Scan(&x.Version, &x.Arch, &x.Devices) },
		`SELECT p.version, p.arch, count(DISTINCT i.device) FROM inventory_software p JOIN inventory_installed i ON i.software = p.id
		WHERE `+where+" GROUP BY p.version, p.arch LIMIT "+a.Add(maxVersions), a.List()...)
	for _, b := range bounds {
		if _, err := b.holds(Item{"source": source}); err != nil {
			return nil, err
		}
	}
	list = slices.DeleteFunc(list, func(v Version) bool {
		return slices.ContainsFunc(bounds, func(b Bound) bool {
			holds, _ := b.holds(Item{"source": source, "version": v.Version}) // its comparison is known
			return !holds
		})
	})
	sortVersions(list, source)
	return list, err
}

// purgeSoftware drops programs that nothing has any more.
func (s *Store) purgeSoftware(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM inventory_software WHERE NOT EXISTS (SELECT 1 FROM inventory_installed i WHERE i.software = inventory_software.id)")
		return err
	})
}
