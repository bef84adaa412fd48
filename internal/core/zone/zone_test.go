package zone_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

var limit = zone.Setting[int]{
	Name: "test.limit", Default: 7, Right: scope.SettingEdit,
	Check: func(n int) error {
		if n < 1 || n > 100 {
			return problem.New(problem.Invalid, "test.limit", "The limit is 1 to 100.")
		}
		return nil
	},
}

func newZone(db *sqldb.DB, b *bus.Bus) *zone.Zone {
	return zone.New(db, audit.New(db, clock.System{}, nil, b), b)
}

func set(t *testing.T, db *sqldb.DB, z *zone.Zone, c scope.Caller, v int, version int64) error {
	t.Helper()
	return db.Write(t.Context(), func(tx *sqldb.Tx) error { return zone.Set(t.Context(), z, tx, c, limit, v, version) })
}

func TestSettingChangesAreCheckedVersionedAndRecorded(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		z, c := newZone(db, bus.New()), scope.System("test")
		if v, n, err := zone.Get(t.Context(), db, limit); v != 7 || n != 0 || err != nil {
			t.Fatalf("got %d version %d (%v), want the default", v, n, err)
		}
		if err := set(t, db, z, c, 9, 0); err != nil {
			t.Fatal(err)
		}
		if err := set(t, db, z, c, 10, 0); !problem.Is(err, problem.Precondition) {
			t.Fatalf("a change over another change: %v", err)
		}
		if err := set(t, db, z, c, 0, 1); !problem.Is(err, problem.Invalid) {
			t.Fatalf("a value out of bounds: %v", err)
		}
		if err := set(t, db, z, scope.Caller{Kind: scope.Admin, ID: "a"}, 9, 1); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("a change without the right: %v", err)
		}
		if v, n, err := zone.Get(t.Context(), db, limit); v != 9 || n != 1 || err != nil {
			t.Fatalf("got %d version %d (%v), want 9 version 1", v, n, err)
		}
		records, err := sqldb.One(t.Context(), db, sqldb.Scan1[int], "SELECT count(*) FROM audit_record WHERE action = 'setting.changed'")
		if err != nil || records != 1 {
			t.Fatalf("%d audit records (%v), want 1", records, err)
		}
	})
}

// TestOneOfManyChangesAtOnceWins guards the rules for destructive acts too: two administrators who tighten different ones
// at once must not undo each other, since that would loosen one without a quorum (incident S17).
func TestOneOfManyChangesAtOnceWins(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		z, c := newZone(db, bus.New()), scope.System("test")
		for version := range int64(5) {
			errs := make([]error, 8)
			var wg, here sync.WaitGroup
			here.Add(len(errs))
			for i := range errs {
				wg.Go(func() {
					errs[i] = db.Write(context.Background(), func(tx *sqldb.Tx) error {
						here.Done()
						if db.Engine() == sqldb.PostgreSQL { // SQLite lets one at a time in
							here.Wait()
						}
						return zone.Set(context.Background(), z, tx, c, limit, i+1, version)
					})
				})
			}
			wg.Wait()
			won := 0
			for i, err := range errs {
				if err == nil {
					won = i + 1
				} else if !problem.Is(err, problem.Precondition) {
					t.Fatal(err)
				}
			}
			v, n, err := zone.Get(t.Context(), db, limit)
			lost := slices.DeleteFunc(errs, func(err error) bool { return err == nil })
			if err != nil || v != won || n != version+1 || len(lost) != 7 {
				t.Fatalf("%d of 8 lost, the value is %d version %d (%v), want 7 and %d version %d", len(lost), v, n, err, won, version+1)
			}
		}
	})
}

func TestABumpIsSeenAtOnceHereAndSoonElsewhere(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		near, far := bus.New(), bus.New() // the two buses are not linked: every message to the far server is lost
		here, there := zone.NewRevision(db, near, slog.New(slog.DiscardHandler)), zone.NewRevision(db, far, slog.New(slog.DiscardHandler))
		if _, err := here.Current(); !problem.Is(err, problem.Unavailable) {
			t.Fatalf("a revision that was never read: %v", err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { here.Run(ctx) })
		wg.Go(func() { there.Run(ctx) })
		defer wg.Wait()
		defer stop()
		woken := make(chan struct{}, 10)
		defer far.Subscribe(zone.Topic, func(bus.Message) { woken <- struct{}{} })()
		first := current(t, here, 1)
		current(t, there, 1)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return newZone(db, near).Bump(t.Context(), tx) })
		if err != nil {
			t.Fatal(err)
		}
		if n, err := here.Current(); n != first+1 || err != nil {
			t.Fatalf("here it is %d (%v), want %d at once", n, err, first+1)
		}
		current(t, there, first+1)
		<-woken
	})
}

// current waits until the revision is at least n.
func current(t *testing.T, r *zone.Revision, n int64) int64 {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if got, err := r.Current(); err == nil && got >= n {
			return got
		}
	}
	t.Fatalf("the revision never became %d", n)
	return 0
}

func TestAServerThatCannotReadTheRevisionDecidesNothing(t *testing.T) {
	db := schematest.New(t, sqldb.SQLite)
	r := zone.NewRevision(db, bus.New(), slog.New(slog.DiscardHandler))
	if err := r.Read(t.Context()); err != nil { // outside of the bubble, as the connection that it opens lives on
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		if err := r.Read(context.Background()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if _, err := r.Current(); err != nil {
			t.Fatalf("after five seconds: %v", err)
		}
		time.Sleep(time.Millisecond)
		if _, err := r.Current(); !problem.Is(err, problem.Unavailable) {
			t.Fatalf("after more than five seconds: %v, want it to fail closed", err)
		}
	})
}

func TestTheRevisionHasAPartForPeople(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		near := bus.New()
		z, here, there := newZone(db, near), zone.NewRevision(db, near, slog.New(slog.DiscardHandler)), zone.NewRevision(db, bus.New(), slog.New(slog.DiscardHandler))
		see := func(all, people int64) {
			t.Helper()
			if err := there.Read(t.Context()); err != nil {
				t.Fatal(err)
			}
			for name, r := range map[string]*zone.Revision{"here": here, "there": there} {
				n, err := r.Current()
				p, err2 := r.People()
				if n != all || p != people || err != nil || err2 != nil {
					t.Errorf("%s: revision %d, people %d (%v, %v), want %d and %d", name, n, p, err, err2, all, people)
				}
			}
		}
		if _, err := here.People(); !problem.Is(err, problem.Unavailable) {
			t.Fatalf("a revision that was never read: %v", err)
		}
		if err := here.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		heard := 0
		near.Subscribe(zone.Topic, func(bus.Message) {
			heard++
			if n, err := here.Current(); n != int64(1+heard) || err != nil {
				t.Errorf("who hears of change %d finds revision %d (%v)", heard, n, err)
			}
		})
		see(1, 1)
		for _, c := range []struct {
			bump        func(context.Context, *sqldb.Tx) error
			all, people int64
		}{{z.Bump, 2, 1}, {z.BumpPeople, 3, 3}, {z.Bump, 4, 3}, {z.BumpPeople, 5, 5}} {
			if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return c.bump(t.Context(), tx) }); err != nil {
				t.Fatal(err)
			}
			see(c.all, c.people)
		}
		if heard != 4 {
			t.Errorf("heard of %d changes, want 4", heard)
		}
	})
}
