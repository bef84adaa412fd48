package lease

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
)

var table = []sqldb.Migration{{Number: 1, Name: "lease", SQL: `
CREATE TABLE lease (
	name    TEXT PRIMARY KEY,
	holder  TEXT NOT NULL,
	expires BIGINT NOT NULL
);`}}

func TestOneHolderAtATime(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url)
		if _, err := db.Migrate(t.Context(), table); err != nil {
			t.Fatal(err)
		}
		c := clock.NewFake(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		a, b := New(db, c, "work", "a", time.Minute), New(db, c, "work", "b", time.Minute)
		want := func(l *Lease, held bool, when string) {
			t.Helper()
			if got, err := l.Take(t.Context()); got != held || err != nil {
				t.Fatalf("%s: %s holds it: %v (%v), want %v", when, l.holder, got, err, held)
			}
		}
		want(a, true, "at first")
		want(b, false, "while a holds it")
		c.Advance(50 * time.Second)
		want(a, true, "renewed")
		c.Advance(50 * time.Second)
		want(b, false, "after the first end, within the renewal")
		c.Advance(11 * time.Second)
		want(b, true, "after the end")
		want(a, false, "once b has it")
		if err := b.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		want(a, true, "after b gave it up")

		var held atomic.Int32
		var wg sync.WaitGroup
		c.Advance(time.Hour)
		for i := range 20 {
			wg.Go(func() {
				ok, err := New(db, c, "work", string(rune('c'+i)), time.Minute).Take(context.Background())
				if err != nil {
					t.Error(err)
				}
				if ok {
					held.Add(1)
				}
			})
		}
		wg.Wait()
		if held.Load() != 1 {
			t.Fatalf("%d of 20 took it at once, want 1", held.Load())
		}
	})
}

// TestAClockThatWasSetBackHoldsNoLease: the holder has gone, and its lease seems to last for another year.
func TestAClockThatWasSetBackHoldsNoLease(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url)
		if _, err := db.Migrate(t.Context(), table); err != nil {
			t.Fatal(err)
		}
		c := clock.NewFake(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
		if held, err := New(db, c, "work", "a", time.Minute).Take(t.Context()); !held || err != nil {
			t.Fatalf("a does not hold it (%v)", err)
		}
		c.Advance(-365 * 24 * time.Hour)
		if held, err := New(db, c, "work", "b", time.Minute).Take(t.Context()); !held || err != nil {
			t.Fatalf("b must wait for a year (%v)", err)
		}
		c.Advance(-30 * time.Second) // within what servers' clocks may differ
		if held, err := New(db, c, "work", "a", time.Minute).Take(t.Context()); held || err != nil {
			t.Fatalf("a took it from b, who holds it (%v)", err)
		}
	})
}

// TestALeaseIsTakenOnlyWhenThereIsWork runs twenty rounds in which there is none, and then one in which there is.
func TestALeaseIsTakenOnlyWhenThereIsWork(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url)
		if _, err := db.Migrate(t.Context(), table); err != nil {
			t.Fatal(err)
		}
		leases := func() int {
			n, err := sqldb.One(t.Context(), db, sqldb.Scan1[int], "SELECT count(*) FROM lease")
			if err != nil {
				t.Error(err)
			}
			return n
		}
		ctx, stop := context.WithCancel(t.Context())
		rounds, worked := 0, 0
		due := func(context.Context) (bool, error) {
			if worked > 0 { // a round that had begun when it was told to stop
				return false, nil
			}
			if n := leases(); n != 0 {
				t.Errorf("there are %d leases before there is work", n)
			}
			rounds++
			return rounds > 20, nil
		}
		New(db, clock.System{}, "work", "a", time.Minute).RunWhen(ctx, time.Millisecond, slog.New(slog.DiscardHandler), due, func(context.Context) error {
			if n := leases(); n != 1 {
				t.Errorf("%d leases while it works", n)
			}
			worked++
			stop()
			return nil
		})
		if rounds != 21 || worked != 1 {
			t.Errorf("it worked %d times in %d rounds", worked, rounds)
		}
	})
}
