package sqldbtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"drover/internal/base/sqldb"
)

// Template is a database that is filled once and copied for each test that begins with it: to fill it takes longer than
// most tests do. The copies know nothing of each other.
type Template struct {
	name   string
	fill   func(context.Context, *sqldb.DB) error
	sqlite func() ([]byte, error)
	server sync.Once
}

// NewTemplate describes a template. The name stands for what it holds, in letters and digits: on PostgreSQL a template
// stays with the test server, for the programs that come later and name the same.
func NewTemplate(name string, fill func(context.Context, *sqldb.DB) error) *Template {
	x := &Template{name: "template_" + name, fill: fill}
	x.sqlite = sync.OnceValues(x.file)
	return x
}

// NewURL makes a copy on the engine and returns its URL. It fails the test when the engine is not there.
func (x *Template) NewURL(t testing.TB, e sqldb.Engine) string {
	t.Helper()
	if e == sqldb.PostgreSQL {
		x.server.Do(func() { x.keep(t) })
		return newPostgres(t, x.name)
	}
	content, err := x.sqlite()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "drover.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// file returns the content of the filled file.
func (x *Template) file() ([]byte, error) {
	dir, err := os.MkdirTemp("", "drover-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "drover.db")
	if err := x.make("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

func (x *Template) make(url string) error {
	db, err := sqldb.Open(context.Background(), sqldb.Options{URL: url})
	if err != nil {
		return err
	}
	if err := x.fill(context.Background(), db); err != nil {
		_ = db.Close()
		return err
	}
	return db.Close()
}

// keep makes the template on the test server, unless a program did so before. Its own name it gets when it is whole.
func (x *Template) keep(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c := connect(ctx, t)
	defer func() { _ = c.Close(ctx) }()
	run := func(statement string) {
		if _, err := c.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	const key = 0x74656d706c617465 // "template"; it falls with the connection
	run(fmt.Sprintf("SELECT pg_advisory_lock(%d)", int64(key)))
	var there bool
	err := c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", x.name).Scan(&there)
	if err != nil {
		t.Fatal(err)
	}
	if there {
		return
	}
	draft := x.name + "_draft"
	run("DROP DATABASE IF EXISTS " + draft)
	run(creation(draft, "template0"))
	if err := x.make(at(t, draft)); err != nil {
		t.Fatal(err)
	}
	run("ALTER DATABASE " + draft + " RENAME TO " + x.name)
}
