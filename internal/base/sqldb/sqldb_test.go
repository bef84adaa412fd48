package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
)

var steps = []sqldb.Migration{
	{Number: 1, Name: "things", SQL: `
CREATE TABLE thing (
	id    TEXT PRIMARY KEY,
	size  BIGINT NOT NULL CHECK (size >= 0),
	whole BOOLEAN NOT NULL DEFAULT FALSE,
	facts JSONB NOT NULL DEFAULT '{}',
	raw   BYTEA,
	ratio DOUBLE PRECISION
);
CREATE TABLE part (
	id    TEXT PRIMARY KEY,
	thing TEXT NOT NULL REFERENCES thing (id) ON DELETE CASCADE
);`},
	{Number: 2, Name: "index", SQL: `CREATE INDEX thing_size ON thing (size, id);`},
}

func open(t *testing.T, url string) *sqldb.DB {
	t.Helper()
	db := sqldbtest.Open(t, url)
	if _, err := db.Migrate(t.Context(), steps); err != nil {
		t.Fatal(err)
	}
	return db
}

func insert(ctx context.Context, tx *sqldb.Tx, id string, size int) error {
	_, err := tx.Exec(ctx, "INSERT INTO thing (id, size) VALUES ($1, $2)", id, size)
	return err
}

func count(t *testing.T, db *sqldb.DB) int {
	t.Helper()
	n, err := sqldb.One(t.Context(), db, sqldb.Scan1[int], "SELECT count(*) FROM thing")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWritesOfManyCallersAreEachWholeOrNotAtAll(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db := open(t, url)
		refused := errors.New("refused")
		var wg sync.WaitGroup
		var hooks sync.Map
		for i := range 200 {
			wg.Go(func() {
				err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
					tx.AfterCommit(func() { hooks.Store(i, true) })
					if err := insert(t.Context(), tx, fmt.Sprint(i), i); err != nil {
						return err
					}
					if i%4 == 0 {
						return refused
					}
					return nil
				})
				if i%4 == 0 && !errors.Is(err, refused) {
					t.Errorf("write %d: got %v, want its own error", i, err)
				}
				if i%4 != 0 && err != nil {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if n := count(t, db); n != 150 {
			t.Fatalf("%d rows, want 150", n)
		}
		ran := 0
		hooks.Range(func(k, _ any) bool {
			ran++
			if k.(int)%4 == 0 {
				t.Errorf("the hook of refused write %d ran", k)
			}
			return true
		})
		if ran != 150 {
			t.Fatalf("%d hooks ran, want 150", ran)
		}
	})
}

func TestOneFailedStatementSpoilsOnlyItsOwnTransaction(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db := open(t, url)
		ctx := t.Context()
		kinds := []struct {
			want error
			text string
		}{
			{sqldb.ErrConflict, "INSERT INTO thing (id, size) VALUES ('a', 1)"},
			{sqldb.ErrForeign, "INSERT INTO part (id, thing) VALUES ('p', 'none')"},
			{sqldb.ErrCheck, "INSERT INTO thing (id, size) VALUES ('b', -1)"},
		}
		if err := db.Write(ctx, func(tx *sqldb.Tx) error { return insert(ctx, tx, "a", 1) }); err != nil {
			t.Fatal(err)
		}
		for _, k := range kinds {
			err := db.Write(ctx, func(tx *sqldb.Tx) error {
				if err := insert(ctx, tx, "before", 1); err != nil {
					return err
				}
				_, err := tx.Exec(ctx, k.text)
				return err
			})
			if !errors.Is(err, k.want) {
				t.Errorf("%s: got %v, want %v", k.text, err, k.want)
			}
		}
		if n := count(t, db); n != 1 {
			t.Fatalf("%d rows, want 1: a failed transaction left something behind", n)
		}
	})
}

// TestWhoHearsOfARowFindsIt: a conflict with a row of the same group is told when that row is there to be read.
func TestWhoHearsOfARowFindsIt(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db := open(t, url)
		var wg sync.WaitGroup
		for i := range 50 {
			for range 8 {
				wg.Go(func() {
					err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return insert(t.Context(), tx, fmt.Sprint(i), i) })
					if err != nil && !errors.Is(err, sqldb.ErrConflict) {
						t.Error(err)
					}
					if _, err := sqldb.One(t.Context(), db, sqldb.Scan1[string], "SELECT id FROM thing WHERE id = $1", fmt.Sprint(i)); err != nil {
						t.Errorf("row %d is not there: %v", i, err)
					}
				})
			}
		}
		wg.Wait()
	})
}

func TestAPanicInAWriteReachesItsCallerAlone(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db := open(t, url)
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.Write(t.Context(), func(tx *sqldb.Tx) error {
				_ = insert(t.Context(), tx, "a", 1)
				panic("bad")
			})
		}()
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return insert(t.Context(), tx, "b", 1) }); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db); n != 1 {
			t.Fatalf("%d rows, want 1", n)
		}
	})
}

func TestACallerWhoLeavesSpoilsNobodyElsesWrite(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db := open(t, url)
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				err := db.Write(ctx, func(tx *sqldb.Tx) error {
					if i%2 == 0 {
						cancel() // in the middle of the transaction
					}
					return insert(ctx, tx, fmt.Sprint(i), i)
				})
				if i%2 == 1 && err != nil {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		n, err := sqldb.One(t.Context(), db, sqldb.Scan1[int], "SELECT count(*) FROM thing WHERE size % 2 = 1")
		if err != nil || n != 50 {
			t.Fatalf("%d rows of those who stayed, want 50 (%v)", n, err)
		}
	})
}

func TestReadSeesOneMoment(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db := open(t, url)
		err := db.Read(t.Context(), func(q sqldb.Querier) error {
			before, err := sqldb.One(t.Context(), q, sqldb.Scan1[int], "SELECT count(*) FROM thing")
			if err != nil {
				return err
			}
			if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return insert(t.Context(), tx, "a", 1) }); err != nil {
				return err
			}
			after, err := sqldb.One(t.Context(), q, sqldb.Scan1[int], "SELECT count(*) FROM thing")
			if before != after {
				t.Errorf("the snapshot moved from %d to %d", before, after)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sqldb.One(t.Context(), db, sqldb.Scan1[string], "SELECT id FROM thing WHERE id = $1", "no"); !errors.Is(err, sqldb.ErrNotFound) {
			t.Fatalf("got %v, want ErrNotFound", err)
		}
	})
}

func TestMigrate(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		a, b := sqldbtest.Open(t, url), sqldbtest.Open(t, url)
		var wg sync.WaitGroup
		var taken [2]int
		for i, db := range []*sqldb.DB{a, b} {
			wg.Go(func() {
				n, err := db.Migrate(t.Context(), steps)
				if err != nil {
					t.Error(err)
				}
				taken[i] = n
			})
		}
		wg.Wait()
		if taken[0]+taken[1] != len(steps) {
			t.Fatalf("two programs took %v steps, want %d together", taken, len(steps))
		}
		v, err := a.Version(t.Context())
		if err != nil || v != 2 {
			t.Fatalf("version %d (%v), want 2", v, err)
		}
		var newer sqldb.ErrNewer
		if _, err := a.Migrate(t.Context(), steps[:1]); !errors.As(err, &newer) || newer.Database != 2 || newer.Program != 1 {
			t.Fatalf("an older program got %v, want to be turned away", err)
		}
		other := []sqldb.Migration{{Number: 1, Name: "things", SQL: "CREATE TABLE other (id TEXT);"}, steps[1]}
		if _, err := a.Migrate(t.Context(), other); err == nil {
			t.Fatal("a different step 1 was accepted")
		}
	})
}

func TestAFailedMigrationLeavesNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url)
		bad := append(append([]sqldb.Migration(nil), steps...), sqldb.Migration{Number: 3, Name: "bad", SQL: "CREATE TABLE thing (id TEXT);"})
		if _, err := db.Migrate(t.Context(), bad); err == nil {
			t.Fatal("a failing step was taken")
		}
		if v, err := db.Version(t.Context()); err != nil || v != 0 {
			t.Fatalf("version %d (%v), want 0", v, err)
		}
		if _, err := db.Migrate(t.Context(), steps); err != nil {
			t.Fatal(err)
		}
	})
}

func TestBehindWritesTheLastValueOfEachKey(t *testing.T) {
	var mu sync.Mutex
	got := map[string]int{}
	fail := true
	b := sqldb.NewBehind(3, func(_ context.Context, batch map[string]int) error {
		mu.Lock()
		defer mu.Unlock()
		if fail {
			return errors.New("busy")
		}
		for k, v := range batch {
			got[k] = v
		}
		return nil
	})
	b.Put("a", 1)
	b.Put("a", 2)
	b.Put("b", 1)
	if err := b.Flush(t.Context()); err == nil {
		t.Fatal("the failure was swallowed")
	}
	b.Put("b", 5)
	b.Put("c", 1)
	b.Put("d", 1) // over the bound
	fail = false
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b.Run(ctx, time.Hour, func(err error) { t.Error(err) })
	if fmt.Sprint(got) != "map[a:2 b:5 c:1]" {
		t.Fatalf("wrote %v", got)
	}
}

func TestArgs(t *testing.T) {
	var a sqldb.Args
	text := "x = " + a.Add(1) + " AND y IN " + a.In("p", "q") + " AND z IN " + new(sqldb.Args).In()
	if text != "x = $1 AND y IN ($2,$3) AND z IN (NULL)" || len(a.List()) != 3 {
		t.Fatalf("%s %v", text, a.List())
	}
}

func TestCleanMakesTextStorable(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db := open(t, url)
		for _, s := range []string{"a\x00b", "\xff\xfe", "déjà vu", "ééééé", ""} {
			id := sqldb.Clean(s, 7)
			if len(id) > 7 {
				t.Errorf("%q became %q: too long", s, id)
			}
			if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return insert(t.Context(), tx, id, 1) }); err != nil {
				t.Errorf("%q: %v", s, err)
			}
		}
	})
}

func TestWhatIsShownObeysNobody(t *testing.T) {
	for text, want := range map[string]string{
		"\x1b[31mred\x1b]0;title\a": "[31mred]0;title", "a\u202egnp.exe": "agnp.exe", "one\r\ntwo\u2028three": "one\ntwothree", "nul\x00nul\xff": "nulnul\uFFFD",
		"\t=1": "\t=1", "می\u200cخواهم": "می\u200cخواهم",
	} {
		if got := sqldb.Shown(text, 100); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
		if got := sqldb.Line(text, 100); strings.ContainsAny(got, "\n\t") || len(got) != len(want) {
			t.Errorf("%q is on one line %q", text, got)
		}
	}
	if got := sqldb.Line(strings.Repeat("é", 10), 5); got != "éé" {
		t.Errorf("%q", got)
	}
}
