package sqldb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// Migration is one step of the schema. The list of them is append only: a released step is never edited.
type Migration struct {
	Number int
	Name   string
	// SQL is written in PostgreSQL's words; for SQLite the types are translated and the tables made STRICT.
	SQL string
}

// ErrNewer is returned when the database was made by a newer Drover than this one.
type ErrNewer struct{ Database, Program int }

func (e ErrNewer) Error() string {
	return fmt.Sprintf("the database is at version %d, this program knows versions up to %d: start the newer program, "+
		"or restore a backup made before the upgrade", e.Database, e.Program)
}

const migrationTable = `CREATE TABLE IF NOT EXISTS schema_migration (
	number BIGINT PRIMARY KEY,
	name   TEXT NOT NULL,
	sha256 TEXT NOT NULL
)`

// Migrate brings the schema up to the last step, all in one transaction, and returns how many steps it took. Two
// programs may call it at once. It refuses a database that a newer program made ([ErrNewer]) and one whose steps are
// not those of the list.
func (db *DB) Migrate(ctx context.Context, steps []Migration) (taken int, err error) {
	err = db.Write(ctx, func(tx *Tx) error {
		if err := tx.lockSchema(ctx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, tx.engine.dialect(migrationTable)); err != nil {
			return err
		}
		done, err := appliedSteps(ctx, tx)
		if err != nil {
			return err
		}
		if err := checkSteps(done, steps); err != nil {
			return err
		}
		for _, s := range steps[len(done):] {
			if err := tx.apply(ctx, s); err != nil {
				return fmt.Errorf("schema step %04d %s: %w", s.Number, s.Name, err)
			}
			taken++
		}
		return nil
	})
	return taken, err
}

// lockSchema keeps a second migration out. SQLite's writing transaction does so by itself.
func (t *Tx) lockSchema(ctx context.Context) error {
	if t.engine == SQLite {
		return nil
	}
	const key = 0x64726f766572 // "drover"
	_, err := t.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(key))
	return err
}

type appliedStep struct {
	number int
	sum    string
}

func appliedSteps(ctx context.Context, q Querier) ([]appliedStep, error) {
	return All(ctx, q, func(r Row) (s appliedStep, err error) {
		err = r.Scan(&s.number, &s.sum)
		return s, err
	}, "SELECT number, sha256 FROM schema_migration ORDER BY number")
}

func checkSteps(done []appliedStep, steps []Migration) error {
	for i, d := range done {
		if i >= len(steps) {
			return ErrNewer{Database: done[len(done)-1].number, Program: lastNumber(steps)}
		}
		if d.number != steps[i].Number || d.sum != steps[i].sum() {
			return fmt.Errorf("schema step %04d of the database is not the one this program knows as %04d %s: the "+
				"database was made by a different build", d.number, steps[i].Number, steps[i].Name)
		}
	}
	return nil
}

func lastNumber(steps []Migration) int {
	if len(steps) == 0 {
		return 0
	}
	return steps[len(steps)-1].Number
}

func (s Migration) sum() string {
	h := sha256.Sum256([]byte(s.SQL))
	return hex.EncodeToString(h[:])
}

func (t *Tx) apply(ctx context.Context, s Migration) error {
	for _, stmt := range statements(t.engine.dialect(s.SQL)) {
		if _, err := t.Exec(ctx, stmt); err != nil {
			return err
		}
	}
	_, err := t.Exec(ctx, "INSERT INTO schema_migration (number, name, sha256) VALUES ($1, $2, $3)",
		s.Number, s.Name, s.sum())
	return err
}

var (
	sqlComment = regexp.MustCompile(`--[^\n]*`)
	tableEnd   = regexp.MustCompile(`(?m)^\);`)
	typeWords  = regexp.MustCompile(`\b(BIGINT|BOOLEAN|JSONB|BYTEA|DOUBLE PRECISION)\b`)
)

var sqliteTypes = map[string]string{
	"BIGINT": "INTEGER", "BOOLEAN": "INTEGER", "JSONB": "TEXT", "BYTEA": "BLOB", "DOUBLE PRECISION": "REAL",
}

// dialect translates the words of a schema step. A table ends with ");" at the start of a line.
func (e Engine) dialect(text string) string {
	text = sqlComment.ReplaceAllString(text, "")
	if e == PostgreSQL {
		return text
	}
	text = tableEnd.ReplaceAllString(text, ") STRICT;")
	return typeWords.ReplaceAllStringFunc(text, func(w string) string { return sqliteTypes[w] })
}

// statements splits a schema step; its texts hold no semicolon of their own.
func statements(text string) []string {
	var out []string
	for s := range strings.SplitSeq(text, ";") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Version returns the number of the last schema step taken, 0 for an empty database.
func (db *DB) Version(ctx context.Context) (int, error) {
	there, err := db.hasTable(ctx, "schema_migration")
	if err != nil || !there {
		return 0, err
	}
	return One(ctx, db, Scan1[int], "SELECT coalesce(max(number), 0) FROM schema_migration")
}

func (db *DB) hasTable(ctx context.Context, name string) (bool, error) {
	text := "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1"
	if db.engine == PostgreSQL {
		text = "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1"
	}
	n, err := One(ctx, db, Scan1[int], text, name)
	return n > 0, err
}
