package privacy_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/journal"
	"drover/internal/core/scope"
)

// copied are the rows of a database that hold what one user has told, and the key to it.
type copied struct {
	entries []entryRow
	keys    []keyRow
}

type entryRow struct {
	id, kind, device, owner, content string
	at, received, size, parts        int64
	body                             []byte
}

type keyRow struct {
	owner       string
	version     int64
	zoneVersion int64
	epoch       string
	wrapped     []byte
}

func (f *fixture) copyRows(t *testing.T) (c copied) {
	t.Helper()
	var err error
	c.entries, err = sqldb.All(t.Context(), f.DB, func(r sqldb.Row) (x entryRow, err error) {
		return x, r.Scan(&x.id, &x.kind, &x.device, &x.owner, &x.at, &x.received, &x.size, &x.content, &x.parts, &x.body)
	}, "SELECT id, kind, device, owner, at, received_at, size, content, parts, body FROM journal_entry WHERE owner = $1", f.anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	c.keys, err = sqldb.All(t.Context(), f.DB, func(r sqldb.Row) (x keyRow, err error) {
		return x, r.Scan(&x.owner, &x.version, &x.zoneVersion, &x.epoch, &x.wrapped)
	}, "SELECT owner, version, zone_version, epoch, wrapped FROM seal_data_key WHERE owner = $1", "user:"+f.anna.ID)
	if err != nil || len(c.keys) == 0 {
		t.Fatalf("%d keys (%v)", len(c.keys), err)
	}
	return c
}

// restore puts the rows back, as from a backup, and forgets that the user was erased.
func (f *fixture) restore(t *testing.T, c copied) {
	t.Helper()
	err := f.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, x := range c.entries {
			_, err := tx.Exec(t.Context(), `INSERT INTO journal_entry (id, kind, device, owner, at, received_at, size, content, parts, body)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, x.id, x.kind, x.device, x.owner, x.at, x.received, x.size, x.content, x.parts, x.body)
			if err != nil {
				return err
			}
		}
		for _, k := range c.keys {
			if _, err := tx.Exec(t.Context(), "INSERT INTO seal_epoch (epoch) VALUES ($1) ON CONFLICT DO NOTHING", k.epoch); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), `INSERT INTO seal_data_key (owner, version, zone_version, epoch, wrapped)
				VALUES ($1, $2, $3, $4, $5)`, k.owner, k.version, k.zoneVersion, k.epoch, k.wrapped)
			if err != nil {
				return err
			}
		}
		_, err := tx.Exec(t.Context(), "DELETE FROM seal_erasure")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// forget takes out again what was restored.
func (f *fixture) forget(t *testing.T) {
	t.Helper()
	err := f.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(t.Context(), "DELETE FROM journal_entry WHERE owner = $1", f.anna.ID); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), "DELETE FROM seal_data_key WHERE owner = $1", "user:"+f.anna.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// steal opens what was copied with the key store as it is today, and returns how many entries that yields.
func (f *fixture) steal(t *testing.T) int {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	if err := os.CopyFS(dir, os.DirFS(f.KeyDir)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dir, filepath.Join(dir, "..")} {
		if err := os.Chmod(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !file.IsDir() {
			if err := os.Chmod(filepath.Join(dir, file.Name()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	// A thief has no regard for the list of who was erased.
	if err := os.WriteFile(filepath.Join(dir, "erased.log"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.Open(t.Context(), f.DB, seal.Options{Dir: dir, Clock: f.Clock})
	if err != nil {
		t.Logf("the copy does not even open: %v", err)
		return 0
	}
	store := journal.New(journal.Parts{DB: f.DB, Clock: f.Clock, Log: f.Log, Zone: f.Zone, Keys: keys, Policy: f.asks})
	var got page.Page[journal.Entry]
	err = f.DB.Read(t.Context(), func(q sqldb.Querier) (err error) {
		got, err = store.Read(t.Context(), q, scope.System("thief"), journal.Query{Owner: f.anna.ID, Kind: journal.PhoneLog})
		return err
	})
	if err != nil {
		t.Logf("reading fails: %v", err)
	}
	return len(got.Items)
}

// TestNoBackupBringsAnErasedUserBack copies what a database holds of a user before the erasure, on both engines, and reads it
// with today's key store: it can be read until the key retention has passed, and never again after it.
func TestNoBackupBringsAnErasedUserBack(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.asks[journal.PhoneLog] = journal.Ask{Wanted: true}
		for range 3 {
			f.keep(t, &journal.Call{At: f.Clock.Now(), Number: "555 0100", Direction: journal.Out, Seconds: 60})
		}
		backup := f.copyRows(t)
		err := f.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
			if err := f.journal.UserErased(t.Context(), tx, f.anna.ID); err != nil {
				return err
			}
			return f.Keys.Erase(t.Context(), tx, f.anna.ID)
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := f.count(t, "journal_entry"); n != 0 {
			t.Fatalf("%d entries are left", n)
		}
		f.restore(t, backup)
		if n := f.steal(t); n != 3 {
			t.Fatalf("within the retention %d entries of a backup can be read: the thief is no judge", n)
		}
		f.forget(t)
		// The month of the key must end, and its retention pass.
		for range 2 {
			f.Clock.Advance(seal.DefaultRetention + 2*24*time.Hour)
			if _, err := f.Keys.Maintain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		f.restore(t, backup)
		if n := f.steal(t); n != 0 {
			t.Fatalf("%d entries of an erased user can be read", n)
		}
	})
}
