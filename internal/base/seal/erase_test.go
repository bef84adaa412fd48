package seal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drover/internal/base/sqldb"
)

// copyDatabase is a backup of an SQLite database: a consistent copy of its file.
func (r *rig) copyDatabase() (url string) {
	r.t.Helper()
	path := filepath.Join(r.t.TempDir(), "backup.db")
	rows, err := r.db.Query(r.t.Context(), "SELECT file FROM pragma_database_list WHERE name = 'main'")
	must(r.t, err)
	defer rows.Close()
	var file string
	for rows.Next() {
		must(r.t, rows.Scan(&file))
	}
	must(r.t, rows.Err())
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(file + suffix)
		if suffix != "" && errors.Is(err, os.ErrNotExist) {
			continue
		}
		must(r.t, err)
		must(r.t, os.WriteFile(path+suffix, data, 0o600))
	}
	return "sqlite:" + path
}

func (r *rig) erase(k *Keyring, user string) {
	r.t.Helper()
	r.write(func(ctx context.Context, tx *sqldb.Tx) error { return k.Erase(ctx, tx, user) })
}

func (r *rig) maintain(k *Keyring) Report {
	r.t.Helper()
	rep, err := k.Maintain(r.t.Context())
	must(r.t, err)
	return rep
}

func TestErasedIsErasedForAllServersAndForGood(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a, b := r.open(), r.open()
		ann := r.seal(a, phone("d1"), User("ann"), "ann's")
		bob := r.seal(a, phone("d2"), User("bob"), "bob's")
		r.wantOpen(b, phone("d1"), User("ann"), ann, "ann's")

		r.erase(a, "ann")
		r.wantErased(a, phone("d1"), User("ann"), ann)
		r.clock.Advance(cacheAge)
		r.wantErased(b, phone("d1"), User("ann"), ann)
		r.wantErased(r.open(), phone("d1"), User("ann"), ann)
		r.wantOpen(a, phone("d2"), User("bob"), bob, "bob's")

		err := r.db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := b.Seal(t.Context(), tx, phone("d1"), User("ann"), []byte("again"))
			return err
		})
		if !errors.Is(err, ErrErased) {
			t.Fatalf("got %v: the key of an erased user came back", err)
		}
		r.erase(a, "ann") // again changes nothing
		r.erase(a, "nobody")
	})
}

func TestARefusedErasureErasesNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		k := r.open()
		s := r.seal(k, phone("d1"), User("ann"), "kept")
		refused := errors.New("the audit record was refused")
		err := r.db.Write(t.Context(), func(tx *sqldb.Tx) error {
			if err := k.Erase(t.Context(), tx, "ann"); err != nil {
				return err
			}
			return refused
		})
		if !errors.Is(err, refused) {
			t.Fatal(err)
		}
		r.maintain(k)
		r.wantOpen(r.open(), phone("d1"), User("ann"), s, "kept")
	})
}

func TestARestoredBackupForgetsTheErasedAgain(t *testing.T) {
	r := onSQLite(t)
	k := r.open()
	ann := r.seal(k, phone("d1"), User("ann"), "ann's")
	bob := r.seal(k, phone("d2"), User("bob"), "bob's")
	backup := r.copyDatabase()
	r.erase(k, "ann")

	restored := &rig{t: t, db: openDatabase(t, backup), dir: r.dir, clock: r.clock}
	again := restored.open()
	restored.wantErased(again, phone("d1"), User("ann"), ann)
	restored.wantOpen(again, phone("d2"), User("bob"), bob, "bob's")
	if n := restored.count("seal_data_key WHERE owner = 'user:ann'"); n != 0 {
		t.Fatal("the wrapped key is back")
	}
	if n := restored.count("seal_erasure WHERE user_id = 'ann'"); n != 1 {
		t.Fatal("the restored database does not know of the erasure")
	}
}

// TestAnErasureReachesOldBackups has a thief read a copy of the database, made before the erasure, with the key store
// of today and no regard for the ledger.
func TestAnErasureReachesOldBackups(t *testing.T) {
	r := onSQLite(t)
	k := r.open()
	ann := r.seal(k, phone("d1"), User("ann"), "ann's")
	bob := r.seal(k, phone("d2"), User("bob"), "bob's")
	stolen := openDatabase(t, r.copyDatabase())
	steal := func() error {
		store, err := openKeyStore(r.dir)
		must(t, err)
		thief := &Keyring{db: stolen, store: store, clock: r.clock, cache: newCache()}
		_, err = thief.Open(t.Context(), stolen, phone("d1"), User("ann"), ann)
		return err
	}
	wantEnded := func(want string) {
		t.Helper()
		if got := strings.Join(r.maintain(k).Ended, " "); got != want {
			t.Fatalf("epochs ended: %q, want %q", got, want)
		}
	}
	r.erase(k, "ann")
	must(t, steal())

	r.clock.Set(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	if rep := r.maintain(k); rep.Rewrapped != 1 || len(rep.Ended) != 0 {
		t.Fatalf("got %+v, want bob alone moved to December", rep)
	}
	r.clock.Advance(DefaultRetention - time.Second)
	wantEnded("")
	must(t, steal()) // backups can be restored for as long as the retention says
	r.clock.Advance(time.Second)
	wantEnded("2026-11")
	if err := steal(); !errors.Is(err, ErrErased) {
		t.Fatalf("got %v: the copy can be read with today's key store", err)
	}
	wantEnded("")
	r.wantOpen(k, phone("d2"), User("bob"), bob, "bob's")
	r.wantOpen(r.open(), phone("d2"), User("bob"), bob, "bob's")

	// A backup older than the retention starts, says what is lost, and lets its users be served anew.
	old := &rig{t: t, db: stolen, dir: r.dir, clock: r.clock}
	ok := old.open()
	if rep := old.maintain(ok); rep.Lost != 1 {
		t.Fatalf("got %+v, want bob's key reported lost", rep)
	}
	old.wantErased(ok, phone("d2"), User("bob"), bob)
	fresh := old.seal(ok, phone("d2"), User("bob"), "bob's, again")
	old.wantOpen(old.open(), phone("d2"), User("bob"), fresh, "bob's, again")
}

func TestAnEpochIsKeptWhileALiveUserNeedsIt(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		k := r.open()
		s := r.seal(k, phone("d1"), User("ann"), "x")
		// Nothing ran for half a year: the retention counts from the day the last user left, not from the month's end.
		r.clock.Set(time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC))
		if rep := r.maintain(k); rep.Rewrapped != 1 || len(rep.Ended) != 0 {
			t.Fatalf("got %+v", rep)
		}
		r.wantOpen(r.open(), phone("d1"), User("ann"), s, "x")
		// A clock that was ahead for a moment neither destroys a key nor blocks a month.
		r.clock.Set(time.Date(2027, 5, 2, 0, 0, 0, 0, time.UTC))
		r.maintain(k)
		r.clock.Advance(DefaultRetention)
		if rep := r.maintain(k); len(rep.Ended) != 1 || rep.Ended[0] != "2026-11" {
			t.Fatalf("got %+v, want November ended", rep)
		}
		r.clock.Set(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
		r.maintain(k)
		n := r.seal(k, phone("d2"), User("bob"), "y")
		for range 2 {
			k = r.open()
			r.wantOpen(k, phone("d1"), User("ann"), s, "x")
			r.wantOpen(k, phone("d2"), User("bob"), n, "y")
			r.clock.Set(time.Date(2027, 6, 5, 0, 0, 0, 0, time.UTC))
			r.maintain(k)
		}
	})
}

func TestDestroyingAnEpochSurvivesACrash(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		k := r.open()
		s := r.seal(k, phone("d1"), User("ann"), "x")
		r.clock.Set(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
		r.maintain(k)
		r.clock.Advance(DefaultRetention)
		for n := 1; ; n++ {
			k, steps := r.openCrashing(n)
			_, err := k.Maintain(t.Context())
			if *steps < n {
				must(t, err)
				break
			}
			if !errors.Is(err, errCrash) {
				t.Fatal(err)
			}
			r.wantOpen(r.open(), phone("d1"), User("ann"), s, "x")
		}
		if n := r.count("seal_epoch WHERE epoch = '2026-11'"); n != 0 {
			t.Fatal("the row is left")
		}
		if there, _ := exists(filepath.Join(r.dir, "epoch-2026-11.key")); there {
			t.Fatal("the key is left")
		}
		r.wantOpen(r.open(), phone("d1"), User("ann"), s, "x")
	})
}

func TestTheLedgersHealOneAnother(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		k := r.open()
		r.erase(k, "ann")
		r.erase(k, "bob")
		path := filepath.Join(r.dir, ledgerFile)
		whole, err := os.ReadFile(path)
		must(t, err)

		must(t, os.WriteFile(path, whole[:len(whole)-7], 0o600)) // a crash cut bob's line off
		r.open()
		must(t, os.Remove(path)) // the file is gone
		r.maintain(k)
		l, err := readLedger(r.dir)
		must(t, err)
		if len(l.users) != 2 {
			t.Fatalf("the file names %v", l.users)
		}

		must(t, os.WriteFile(path, []byte("2026-11-05T12:00:00Z user ann\nnonsense\n2026-11-05T12:00:00Z user bob\n"), 0o600))
		_, err = Open(t.Context(), r.db, r.options())
		wantCode(t, err, "seal.file")
	})
}

func FuzzLedgerLine(f *testing.F) {
	f.Add("2026-11-05T12:00:00Z user ann")
	f.Add("2026-11-05T12:00:00Z epoch 2026-11")
	f.Fuzz(func(t *testing.T, line string) {
		l := ledger{users: map[string]time.Time{}, epochs: map[string]time.Time{}}
		if l.add(line) != nil {
			return
		}
		for id, at := range l.users {
			again := ledger{users: map[string]time.Time{}, epochs: map[string]time.Time{}}
			must(t, again.add(strings.TrimSuffix(ledgerLine(at, userLine, id), "\n")))
			if !again.users[id].Equal(at) {
				t.Fatalf("%q became %v", line, again.users)
			}
		}
	})
}
