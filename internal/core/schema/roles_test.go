package schema

import (
	"errors"
	"net/url"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
)

// as opens the database of a URL as another role.
// rolePassword is the same for every test: roles belong to the whole cluster, and tests run side by side.
const rolePassword = "correct-horse-battery"

// as opens the database as one of the roles, which gets a password for it.
func as(t *testing.T, database, role string) *sqldb.DB {
	t.Helper()
	if err := exec(t, sqldbtest.Open(t, database), "ALTER ROLE "+role+" PASSWORD '"+rolePassword+"'"); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, rolePassword)
	return sqldbtest.Open(t, u.String())
}

func exec(t *testing.T, db *sqldb.DB, text string, args ...any) error {
	t.Helper()
	return db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), text, args...)
		return err
	})
}

func schemaOf(t *testing.T, db *sqldb.DB) string {
	t.Helper()
	text, err := db.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const (
	addRecord = `INSERT INTO audit_record (id, at, action, outcome, caller_kind, caller, caller_token, address, subject_kind, subject,
		device, owner, details) VALUES ($1, 0, 'x', 'ok', '', '', '', '', '', '', '', '', '')`
	addLink = "INSERT INTO audit_link (number, record, hash) VALUES (1, $1, $2)"
)

func TestServersChangeNeitherSchemaNorAuditLog(t *testing.T) {
	database := sqldbtest.NewURL(t, sqldb.PostgreSQL)
	owner := sqldbtest.Open(t, database)
	if err := Roles(t.Context(), owner); err != nil { // an empty database first, as a new zone's is
		t.Fatal(err)
	}
	migrate := as(t, database, MigrateRole)
	if _, err := migrate.Migrate(t.Context(), Steps()); err != nil {
		t.Fatalf("the migrating role must migrate: %v", err)
	}
	if err := Grant(t.Context(), migrate); err != nil {
		t.Fatal(err)
	}
	serve := as(t, database, ServeRole)
	if seen, err := serve.Schema(t.Context()); err != nil || seen != schemaOf(t, owner) {
		t.Errorf("the serving role must see the whole schema, or it would not start: %v\n%s", err, seen)
	}
	if _, err := serve.Migrate(t.Context(), Steps()); err != nil && !errors.Is(err, sqldb.ErrReadOnly) {
		t.Errorf("starting as the serving role: %v", err)
	}
	if err := exec(t, serve, addRecord, "r1"); err != nil {
		t.Errorf("a server must write the audit log: %v", err)
	}
	if err := exec(t, serve, "INSERT INTO audit_pending (record) VALUES ('r1')"); err != nil {
		t.Error(err)
	}
	if err := exec(t, serve, addLink, "r1", []byte{1}); err != nil {
		t.Errorf("a server must chain the audit log: %v", err)
	}
	if err := exec(t, serve, "DELETE FROM audit_pending WHERE record = 'r1'"); err != nil {
		t.Error(err)
	}
	for _, text := range []string{
		"UPDATE audit_record SET action = 'y'", "DELETE FROM audit_record", "TRUNCATE audit_record CASCADE",
		"UPDATE audit_link SET hash = ''", "DELETE FROM audit_link", "UPDATE audit_head SET at = 1", "DELETE FROM audit_head",
		"DROP TABLE audit_record CASCADE", "ALTER TABLE audit_record ADD COLUMN x TEXT", "ALTER TABLE audit_record DISABLE TRIGGER ALL",
		"CREATE TABLE mine (x TEXT)", "CREATE TEMPORARY TABLE mine (x TEXT)", "CREATE INDEX mine ON audit_record (at)",
		"DELETE FROM schema_migration", "UPDATE schema_migration SET sha256 = ''", "CREATE ROLE mine", "SET ROLE drover_migrate",
	} {
		if err := exec(t, serve, text); !errors.Is(err, sqldb.ErrReadOnly) {
			t.Errorf("%s as the serving role: %v, want a refusal", text, err)
		}
	}
}

func TestTheReadingRoleReadsAlone(t *testing.T) {
	database := sqldbtest.NewURL(t, sqldb.PostgreSQL)
	owner := sqldbtest.Open(t, database)
	if _, err := owner.Migrate(t.Context(), Steps()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // over tables that are there already, and again
		if err := Roles(t.Context(), owner); err != nil {
			t.Fatal(err)
		}
	}
	read := as(t, database, ReadRole)
	if _, err := sqldb.One(t.Context(), read, sqldb.Scan1[int], "SELECT count(*) FROM device"); err != nil {
		t.Error(err)
	}
	for _, text := range []string{"DELETE FROM device", "UPDATE device SET name = ''", "CREATE TABLE mine (x TEXT)"} {
		if err := exec(t, read, text); !errors.Is(err, sqldb.ErrReadOnly) {
			t.Errorf("%s as the reading role: %v, want a refusal", text, err)
		}
	}
	if got := schemaOf(t, as(t, database, MigrateRole)); got != schemaOf(t, owner) {
		t.Errorf("the migrating role must see the whole schema:\n%s", got)
	}
}

func TestSQLiteHasNoRoles(t *testing.T) {
	db := sqldbtest.Open(t, sqldbtest.NewURL(t, sqldb.SQLite))
	if err := Roles(t.Context(), db); !errors.Is(err, ErrNoRoles) {
		t.Errorf("got %v", err)
	}
	if err := Grant(t.Context(), db); err != nil {
		t.Error(err)
	}
}
