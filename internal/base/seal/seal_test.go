package seal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
)

// rig is a database with the tables of this package, a key store, and a clock that stands.
type rig struct {
	t     testing.TB
	db    *sqldb.DB
	dir   string
	clock *clock.Fake
}

func newRig(t testing.TB, url string) *rig {
	t.Helper()
	return &rig{
		t: t, db: openDatabase(t, url), dir: filepath.Join(t.TempDir(), "keys"),
		clock: clock.NewFake(time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)),
	}
}

func openDatabase(t testing.TB, url string) *sqldb.DB {
	t.Helper()
	text, err := os.ReadFile("../../core/schema/0002_seal.sql")
	if err != nil {
		t.Fatal(err)
	}
	db := sqldbtest.Open(t, url)
	if _, err := db.Migrate(t.Context(), []sqldb.Migration{{Number: 2, Name: "seal", SQL: string(text)}}); err != nil {
		t.Fatal(err)
	}
	return db
}

// each runs a test on both engines.
func each(t *testing.T, fn func(t *testing.T, r *rig)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, url string) { fn(t, newRig(t, url)) })
}

func onSQLite(t testing.TB) *rig { return newRig(t, sqldbtest.NewURL(t, sqldb.SQLite)) }

func (r *rig) options() Options { return Options{Dir: r.dir, Clock: r.clock} }

// open is a start of a server.
func (r *rig) open() *Keyring {
	r.t.Helper()
	k, err := Open(r.t.Context(), r.db, r.options())
	must(r.t, err)
	return k
}

var errCrash = errors.New("crash")

// openCrashing is a start of a server that dies at the n-th step, counted from 1; 0 never. Steps counts them.
func (r *rig) openCrashing(n int) (k *Keyring, steps *int) {
	r.t.Helper()
	steps = new(int)
	armed := false
	k, err := open(r.t.Context(), r.db, r.options(), func(string) error {
		if !armed {
			return nil
		}
		if *steps++; *steps == n {
			return errCrash
		}
		return nil
	})
	must(r.t, err)
	armed = true
	return k, steps
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v (%v)", err, problem.From(err).Detail)
	}
}

func (r *rig) write(fn func(ctx context.Context, tx *sqldb.Tx) error) {
	r.t.Helper()
	must(r.t, r.db.Write(r.t.Context(), func(tx *sqldb.Tx) error { return fn(r.t.Context(), tx) }))
}

func (r *rig) seal(k *Keyring, f Field, o Owner, plain string) (s Sealed) {
	r.t.Helper()
	r.write(func(ctx context.Context, tx *sqldb.Tx) (err error) {
		s, err = k.Seal(ctx, tx, f, o, []byte(plain))
		return err
	})
	return s
}

func (r *rig) wantOpen(k *Keyring, f Field, o Owner, s Sealed, want string) {
	r.t.Helper()
	got, err := k.Open(r.t.Context(), r.db, f, o, s)
	must(r.t, err)
	if string(got) != want {
		r.t.Fatalf("opened %q, want %q", got, want)
	}
}

func (r *rig) wantErased(k *Keyring, f Field, o Owner, s Sealed) {
	r.t.Helper()
	if _, err := k.Open(r.t.Context(), r.db, f, o, s); !errors.Is(err, ErrErased) {
		r.t.Fatalf("got %v, want it erased", err)
	}
}

func (r *rig) count(table string) (n int) {
	r.t.Helper()
	n, err := sqldb.One(r.t.Context(), r.db, sqldb.Scan1[int], "SELECT count(*) FROM "+table)
	must(r.t, err)
	return n
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if p := problem.From(err); p == nil || p.Code != code {
		t.Fatalf("got %v, want the problem %s", err, code)
	}
}

// phone is the field most tests seal.
func phone(row string) Field { return Field{Table: "device", Column: "phone", Row: row} }
