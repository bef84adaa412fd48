package sqldb_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
)

var words = []sqldb.Migration{{Number: 1, Name: "words", SQL: "CREATE TABLE word (\n\tid BIGINT PRIMARY KEY,\n\ttext TEXT NOT NULL\n);"}}

func addWord(t *testing.T, db *sqldb.DB, id int, text string) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO word (id, text) VALUES ($1, $2)", id, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestABackupIsTheDatabaseOfItsMoment(t *testing.T) {
	db := sqldbtest.Open(t, sqldbtest.NewURL(t, sqldb.SQLite))
	if _, err := db.Migrate(t.Context(), words); err != nil {
		t.Fatal(err)
	}
	addWord(t, db, 1, "before")
	file := filepath.Join(t.TempDir(), "copy's.db")
	if err := db.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	addWord(t, db, 2, "after")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v: a backup is its owner's alone", info.Mode(), err)
	}
	restored := sqldbtest.Open(t, "sqlite:"+file)
	got, err := sqldb.All(t.Context(), restored, sqldb.Scan1[string], "SELECT text FROM word ORDER BY id")
	if err != nil || len(got) != 1 || got[0] != "before" {
		t.Fatalf("%v, %v", got, err)
	}
	if err := errors.Join(restored.Sound(t.Context()), db.Sound(t.Context())); err != nil {
		t.Error(err)
	}
	if err := db.Backup(t.Context(), file); err == nil {
		t.Error("a backup must not overwrite another")
	}
}

func TestPostgreSQLHasToolsOfItsOwn(t *testing.T) {
	db := sqldbtest.Open(t, sqldbtest.NewURL(t, sqldb.PostgreSQL))
	if err := db.Backup(t.Context(), filepath.Join(t.TempDir(), "x")); !errors.Is(err, sqldb.ErrNoBackup) {
		t.Errorf("got %v", err)
	}
	if err := db.Sound(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestDamageIsFound(t *testing.T) {
	url := sqldbtest.NewURL(t, sqldb.SQLite)
	db, err := sqldb.Open(t.Context(), sqldb.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Migrate(t.Context(), words); err != nil {
		t.Fatal(err)
	}
	for i := range 2000 {
		addWord(t, db, i, "a word that fills pages")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	path := url[len("sqlite:"):]
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	// Page 6 of 4,096 bytes holds rows; its header becomes nonsense.
	if _, err := f.WriteAt([]byte("garbage garbage garbage"), 5*4096); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := sqldbtest.Open(t, url).Sound(t.Context()); err == nil {
		t.Error("the damage was not found")
	}
}
