package inventory

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/page"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

const members = 10 // of 100 devices

// newest is when the last of the planted changes was.
var newest = time.UnixMicro(100_000 * 300_000_000)

// plant writes a year's changes of a hundred devices, ten of which are a group, into the tables directly.
func plant(t testing.TB, g *coretest.Ground) (group string) {
	t.Helper()
	users := directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
	devices := device.New(device.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: users, Safety: g.Safety,
	})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	some, err := devices.AddGroup(t.Context(), scope.System("x"), "some", "")
	must(err)
	must(g.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
		for i := range 100 {
			d, err := devices.ComeComputer(t.Context(), tx, scope.System("enrol"), "", device.Facts{FriendlyName: fmt.Sprint("ws", i), DeviceType: "linux-agent"})
			if err != nil {
				return err
			}
			if i < members {
				_, err = tx.Exec(t.Context(), "INSERT INTO device_group_member (device_group, device) VALUES ($1, $2)", some.ID, d.ID)
			}
			if err != nil {
				return err
			}
		}
		// One in a thousand is of openssl, one in fifty of a service; they lie 5 minutes apart.
		_, err := tx.Exec(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000),
			d(id, place) AS (SELECT id, row_number() OVER (ORDER BY id) - 1 FROM device)
			INSERT INTO inventory_change (id, device, section, kind, at, folded, before, after)
			SELECT CAST(10000000 + n.i AS TEXT), d.id, CASE WHEN n.i % 50 = 0 THEN 'service' ELSE 'software' END, 'changed',
			CAST(n.i AS BIGINT) * 300000000, CASE WHEN n.i % 1000 = 0 THEN 'openssl' ELSE 'lib' || CAST(n.i % 700 AS TEXT) END, '{}', '{}'
			FROM n JOIN d ON d.place = n.i % 100`)
		return err
	}))
	must(g.DB.Analyze(t.Context())) // as the server does every hour, and PostgreSQL by itself
	if g.DB.Engine() == sqldb.PostgreSQL {
		must(g.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), "ANALYZE inventory_change")
			return err
		}))
	}
	return some.ID
}

// questions are what people ask of the changes.
func questions(group string) map[string]ChangeFilter {
	return map[string]ChangeFilter{
		"all":       {},
		"since":     {Since: time.UnixMicro(99_000 * 300_000_000)},
		"name":      {Name: "openssl"},
		"pattern":   {Name: "lib*", Since: time.UnixMicro(92_000 * 300_000_000)},
		"section":   {Section: Service},
		"none":      {Name: "*no such program*", Since: time.UnixMicro(92_000 * 300_000_000)},
		"nothing":   {Section: Display},
		"group":     {Group: group},
		"groupName": {Group: group, Name: "openssl"},
	}
}

func TestChangesAreReadByAnIndex(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		group := plant(t, g)
		for name, f := range questions(group) {
			var a sqldb.Args
			text, _, err := f.statement("TRUE", newest, page.Request{}, &a)
			if err != nil {
				t.Fatal(err)
			}
			plan := explain(t, g.DB, text, a.List())
			if !strings.Contains(plan, "inventory_change_") || strings.Contains(plan, "Seq Scan on inventory_change") {
				t.Errorf("%s reads every change:\n%s", name, plan)
			}
		}
	})
}

func explain(t testing.TB, db *sqldb.DB, text string, args []any) string {
	t.Helper()
	if db.Engine() == sqldb.PostgreSQL {
		lines, err := sqldb.All(t.Context(), db, sqldb.Scan1[string], "EXPLAIN "+text, args...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(lines, "\n")
	}
	lines, err := sqldb.All(t.Context(), db, func(r sqldb.Row) (detail string, err error) {
		var id, parent, unused int64
		return detail, r.Scan(&id, &parent, &unused, &detail)
	}, "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// BenchmarkChanges reads the first page of 100,000 changes.
func BenchmarkChanges(b *testing.B) {
	for _, engine := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		g := coretest.New(b, engine)
		group := plant(b, g)
		s := New(Parts{DB: g.DB, Clock: clock.NewFake(newest)})
		for name, f := range questions(group) {
			b.Run(fmt.Sprint(engine, "/", name), func(b *testing.B) {
				for b.Loop() {
					if _, err := s.History(b.Context(), scope.System("x"), f, page.Request{Limit: 100}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
