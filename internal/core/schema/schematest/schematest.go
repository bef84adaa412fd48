// Package schematest gives the tests of core a database of the zone, empty but for its tables, on each engine.
package schematest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/schema"
)

// tables is a zone's database with nothing but its tables.
var tables = sqldbtest.NewTemplate(fingerprint(), func(ctx context.Context, db *sqldb.DB) error {
	_, err := db.Migrate(ctx, schema.Steps())
	return err
})

// fingerprint changes with every change of a schema step, and of what the steps come to.
func fingerprint() string {
	sum := sha256.New()
	for _, s := range schema.Steps() {
		fmt.Fprintf(sum, "%d %s %s\n", s.Number, s.Name, s.SQL)
	}
	fmt.Fprintln(sum, schema.Expected(sqldb.PostgreSQL))
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// Each runs fn once per engine over a new, migrated database.
func Each(t *testing.T, fn func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	for _, e := range sqldbtest.Engines {
		t.Run(string(e), func(t *testing.T) { fn(t, New(t, e)) })
	}
}

// New gives a new, migrated database on the engine.
func New(t testing.TB, e sqldb.Engine) *sqldb.DB {
	t.Helper()
	return sqldbtest.Open(t, NewURL(t, e))
}

// NewURL gives the URL of a new, migrated database on the engine, for a test that starts a server on it.
func NewURL(t testing.TB, e sqldb.Engine) string {
	t.Helper()
	return tables.NewURL(t, e)
}

// Open opens the database at url and migrates it.
func Open(t testing.TB, url string) *sqldb.DB {
	t.Helper()
	db := sqldbtest.Open(t, url)
	if _, err := db.Migrate(t.Context(), schema.Steps()); err != nil {
		t.Fatal(err)
	}
	return db
}
