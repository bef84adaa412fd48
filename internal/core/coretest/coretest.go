// Package coretest gives the tests of core what every subject stands on: a migrated database on each engine, a clock
// that stands still, real keys, the audit log and the zone with its revision.
package coretest

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/audit"
	"drover/internal/core/safety"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Start is the time at which the clock stands at first.
var Start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Ground is what a subject of core stands on.
type Ground struct {
	DB       *sqldb.DB
	Clock    *clock.Fake
	Bus      *bus.Bus
	Keys     *seal.Keyring
	KeyDir   string // the key store
	Log      *audit.Log
	Zone     *zone.Zone
	Revision *zone.Revision
	Safety   *safety.Safety
}

// Code is the proof that everybody in [Staff] gives.
var Code = safety.Proof{Method: "totp", Code: "1"}

// Staff stands in for the administrators: everybody is established, and every proof is right.
type Staff struct{}

// Try runs fn.
func (Staff) Try(_ context.Context, _ scope.Caller, fn func() error) error { return fn() }

// Prove takes every proof.
func (Staff) Prove(context.Context, *sqldb.Tx, string, safety.Proof, []byte) error { return nil }

// Established is long ago.
func (Staff) Established(context.Context, sqldb.Querier, string) (time.Time, error) {
	return time.Time{}, nil
}

// Approvers are many.
func (Staff) Approvers(context.Context, sqldb.Querier) (int, error) { return 10, nil }

// Quorum has n others approve from now on.
func (g *Ground) Quorum(t testing.TB, n int) {
	t.Helper()
	err := g.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return g.Safety.RaiseQuorum(t.Context(), tx, n) })
	if err != nil {
		t.Fatal(err)
	}
}

// Approve approves as somebody other than [Admin].
func (g *Ground) Approve(t testing.TB, id string) error {
	t.Helper()
	c := scope.System("x")
	c.Kind, c.ID = scope.Admin, "admin-2"
	_, err := g.Safety.Decide(t.Context(), c, id, true, Code)
	return err
}

// Each runs fn once per engine, each time on new ground.
func Each(t *testing.T, fn func(t *testing.T, g *Ground)) {
	t.Helper()
	for _, e := range sqldbtest.Engines {
		t.Run(string(e), func(t *testing.T) { fn(t, New(t, e)) })
	}
}

// New gives new ground on the engine. The revision is followed until the test ends.
func New(t testing.TB, e sqldb.Engine) *Ground {
	t.Helper()
	g := &Ground{DB: schematest.New(t, e), Clock: clock.NewFake(Start), Bus: bus.New()}
	g.KeyDir = filepath.Join(t.TempDir(), "keys")
	var err error
	if g.Keys, err = seal.Open(t.Context(), g.DB, seal.Options{Dir: g.KeyDir, Clock: g.Clock}); err != nil {
		t.Fatal(err)
	}
	g.Log = audit.New(g.DB, g.Clock, g.Keys, g.Bus)
	g.Zone = zone.New(g.DB, g.Log, g.Bus)
	g.Revision = zone.NewRevision(g.DB, g.Bus, slog.New(slog.DiscardHandler))
	if err := g.Revision.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.Safety = safety.New(safety.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Keys: g.Keys, Bus: g.Bus, Tell: func(string, string) {},
	})
	g.Safety.SetAdministrators(Staff{})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { g.Revision.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	return g
}

// Settle takes over the revision as the database has it. A change made here is known at once by the bus, but only when
// the revision's own goroutine has subscribed.
func (g *Ground) Settle(t testing.TB) {
	t.Helper()
	if err := g.Revision.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Admin is an administrator with the rights; groups limit them to device groups, none is the whole zone.
func Admin(rights []scope.Right, groups ...string) scope.Caller {
	return scope.Caller{Kind: scope.Admin, ID: "admin-1", Session: "session-1", Grants: []scope.Grant{{Rights: rights, Groups: groups}}}
}

// Actions returns what the audit log holds, oldest first.
func (g *Ground) Actions(t testing.TB) string {
	t.Helper()
	rows, err := sqldb.All(t.Context(), g.DB, sqldb.Scan1[string], "SELECT action FROM audit_record ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(rows, " ")
}
