package inventory

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// ChangeFilter narrows a history. Zero values do not narrow.
type ChangeFilter struct {
	Device  string
	Group   string // of devices
	Section Section
	Kind    Kind
	Name    string // of the item, such as a program's; each * stands for anything, within the last 31 days
	Since   time.Time
}

// patternReach bounds how many changes a name with * is compared with: no index finds it.
const patternReach = 31 * 24 * time.Hour

// conditions are the filter in SQL, but for the device.
func (f ChangeFilter) conditions(now time.Time, a *sqldb.Args) ([]string, error) {
	where := []string{"h.at >= " + a.Add(sqldb.Micros(f.Since))}
	if f.Section == "" {
		where = append(where, "h.section <> 'user'")
	} else {
		where = append(where, "h.section = "+a.Add(string(f.Section)))
	}
	switch f.Kind {
	case "":
	case Added, Gone, Changed:
		where = append(where, "h.kind = "+a.Add(string(f.Kind)))
	default:
		return nil, problem.New(problem.Invalid, "inventory.kind", "What became of something is added, gone or changed.").WithField("kind")
	}
	if f.Group != "" {
		where = append(where, scope.Members("h.device", f.Group, a))
	}
	name := sqldb.Fold(sqldb.Clean(f.Name, maxText))
	switch {
	case name == "":
	case strings.Contains(name, "*") && now.Sub(f.Since) > patternReach:
		return nil, problem.New(problem.Invalid, "inventory.wide",
			"A name with * is looked for in the last 31 days: ask since a later time, or write the name out.")
	case strings.Contains(name, "*"):
		where = append(where, "h.folded LIKE "+a.Add(pattern(name))+` ESCAPE '\'`)
	default:
		where = append(where, "h.folded = "+a.Add(name))
	}
	return where, nil
}

// History returns what has changed on a device, or on all that the caller may see, newest first. What tells of people is among
// it only where its section is asked for, and needs the right to look at that.
func (s *Store) History(ctx context.Context, c scope.Caller, f ChangeFilter, r page.Request) (page.Page[Change], error) {
	right, err := f.right()
	if err != nil {
		return page.Page[Change]{}, err
	}
	var a sqldb.Args
	within, err := s.within(ctx, c, right, f.Device, &a)
	if err != nil {
		return page.Page[Change]{}, err
	}
	text, size, err := f.statement(within, s.with.Clock.Now(), r, &a)
	if err != nil {
		return page.Page[Change]{}, err
	}
	rows, err := sqldb.All(ctx, s.db, scanChange, text, a.List()...)
	return page.Cut(rows, size, func(x Change) string { return page.Cursor(sqldb.Micros(x.At), x.ID) }), err
}

// right is the one that the history needs.
func (f ChangeFilter) right() (scope.Right, error) {
	if f.Section == "" {
		return scope.InventoryRead, nil
	}
	d, err := Describe(f.Section)
	if d.About {
		return scope.UserPersonalRead, err
	}
	return scope.InventoryRead, err
}

// statement reads one page of the changes within a condition, and one more.
func (f ChangeFilter) statement(within string, now time.Time, r page.Request, a *sqldb.Args) (text string, size int, err error) {
	if size, err = r.Size(); err != nil {
		return "", 0, err
	}
	where, err := f.conditions(now, a)
	if err != nil {
		return "", 0, err
	}
	where = append(where, within)
	if r.After != "" {
		at, id, err := page.Parse[int64](r.After)
		if err != nil {
			return "", 0, err
		}
		where = append(where, "(h.at, h.id) < ("+a.Add(at)+", "+a.Add(id)+")")
	}
	return "SELECT h.id, h.device, h.section, h.kind, h.at, h.before, h.after FROM inventory_change h WHERE " + strings.Join(where, " AND ") +
		" ORDER BY h.at DESC, h.id DESC LIMIT " + a.Add(size+1), size, nil
}

// within is the condition that a change is of the device, or of any that the right reaches.
func (s *Store) within(ctx context.Context, c scope.Caller, r scope.Right, deviceID string, a *sqldb.Args) (string, error) {
	if deviceID != "" {
		_, err := s.with.Devices.Find(ctx, s.db, c, r, deviceID)
		return "h.device = " + a.Add(deviceID), err
	}
	sc, err := c.Scope(r)
	if err != nil {
		return "", err
	}
	return sc.Devices("h.device", a), nil
}

// name is by what a change is found: that of its item, of a certificate whose it is, or the first field of its key.
func (x Change) name() string {
	it := x.After
	if it == nil {
		it = x.Before
	}
	first := ""
	if d, err := Describe(x.Section); err == nil && len(d.Key) > 0 {
		first = it[d.Key[0]]
	}
	return cmp.Or(it["name"], it["subject"], first)
}

func scanChange(r sqldb.Row) (x Change, err error) {
	var at int64
	var before, after string
	if err := r.Scan(&x.ID, &x.Device, &x.Section, &x.Kind, &at, &before, &after); err != nil {
		return x, err
	}
	x.At = sqldb.Time(at)
	if err := json.Unmarshal([]byte(before), &x.Before); err != nil {
		return x, err
	}
	return x, json.Unmarshal([]byte(after), &x.After)
}

// note writes changes.
func (s *Store) note(ctx context.Context, tx *sqldb.Tx, deviceID string, changes []Change) error {
	now := sqldb.Micros(s.with.Clock.Now())
	for len(changes) > 0 {
		n := min(len(changes), atOnce)
		var a sqldb.Args
		rows := make([]string, n)
		for i, x := range changes[:n] {
			before, err := json.Marshal(x.Before)
			if err != nil {
				return err
			}
			after, err := json.Marshal(x.After)
			if err != nil {
				return err
			}
			rows[i] = "(" + strings.Join([]string{
				a.Add(sqldb.NewID()), a.Add(deviceID), a.Add(string(x.Section)), a.Add(string(x.Kind)), a.Add(now), a.Add(sqldb.Fold(x.name())),
				a.Add(string(before)), a.Add(string(after)),
			}, ",") + ")"
		}
		_, err := tx.Exec(ctx, "INSERT INTO inventory_change (id, device, section, kind, at, folded, before, after) VALUES "+strings.Join(rows, ","), a.List()...)
		if err != nil {
			return err
		}
		changes = changes[n:]
	}
	return nil
}

const (
	// HistoryKept is how long changes are kept.
	HistoryKept = 365 * 24 * time.Hour

	purgeAtOnce = 1000
	purgeRounds = 100
)

// Purge deletes changes that are too old, and programs that nothing has any more. One server at a time calls it.
func (s *Store) Purge(ctx context.Context) error {
	before := sqldb.Micros(s.with.Clock.Now().Add(-HistoryKept))
	for range purgeRounds {
		var n int64
		err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
			n, err = tx.Exec(ctx, `DELETE FROM inventory_change WHERE id IN
				(SELECT h.id FROM inventory_change h WHERE h.at < $1 ORDER BY h.at, h.id LIMIT 1000)`, before)
			return err
		})
		if err != nil {
			return err
		}
		if n < purgeAtOnce {
			break
		}
	}
	return s.purgeSoftware(ctx)
}
