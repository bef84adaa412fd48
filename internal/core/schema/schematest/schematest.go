// Package schematest gives the tests of core a database of the zone, empty but for its tables, on each engine.
package schematest

import (
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/schema"
)

// Each runs fn once per engine over a new, migrated database.
func Each(t *testing.T, fn func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, url string) { fn(t, Open(t, url)) })
}

// New gives a new, migrated database on the engine.
func New(t testing.TB, e sqldb.Engine) *sqldb.DB {
	t.Helper()
	return Open(t, sqldbtest.NewURL(t, e))
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
