// Package sqldbtest gives tests an empty database on each engine. Neither engine is ever skipped.
package sqldbtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"drover/internal/base/sqldb"
)

// Engines are what every database test runs on.
var Engines = []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL}

// PostgresVariable names the environment variable with the URL of a PostgreSQL superuser, set by "make test".
const PostgresVariable = "DROVER_TEST_POSTGRES"

// Each runs fn once per engine, each time with the URL of a new empty database.
func Each(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	for _, e := range Engines {
		t.Run(string(e), func(t *testing.T) { fn(t, NewURL(t, e)) })
	}
}

// Open opens the database at url and closes it when the test ends.
func Open(t testing.TB, url string) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return db
}

// NewURL makes an empty database on the engine and returns its URL. It fails the test when the engine is not there.
func NewURL(t testing.TB, e sqldb.Engine) string {
	t.Helper()
	if e == sqldb.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "drover.db")
	}
	return newPostgres(t, "template0")
}

func newPostgres(t testing.TB, template string) string {
	t.Helper()
	name := "t" + strings.ReplaceAll(sqldb.NewID(), "-", "")
	admin(t, creation(name, template))
	t.Cleanup(func() { admin(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return at(t, name)
}

func creation(name, template string) string {
	return fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s LC_COLLATE 'C' LC_CTYPE 'C'", name, template)
}

// server returns the superuser's URL.
func server(t testing.TB) string {
	t.Helper()
	url := os.Getenv(PostgresVariable)
	if url == "" {
		t.Fatalf("%s is not set: run the tests with \"make test\", or start a PostgreSQL server and set it to a "+
			"superuser's URL", PostgresVariable)
	}
	return url
}

// at returns the URL of a database on the test server.
func at(t testing.TB, name string) string {
	t.Helper()
	u, err := url.Parse(server(t))
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// admin runs one statement as the superuser. The name in it was made here.
func admin(t testing.TB, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := connect(ctx, t)
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

func connect(ctx context.Context, t testing.TB) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(ctx, server(t))
	if err != nil {
		t.Fatalf("reach the test PostgreSQL: %v", err)
	}
	return c
}
