package sqldb_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
)

// TestStatementsThatAreKept asks what must not go wrong with a statement that is used again: rows within rows of the same
// text, an error in between, a table that has changed meanwhile, rows that were not read to their end, and more texts than
// are kept.
func TestStatementsThatAreKept(t *testing.T) {
	for _, e := range sqldbtest.Engines {
		t.Run(string(e), func(t *testing.T) {
			ctx, db := t.Context(), sqldbtest.Open(t, sqldbtest.NewURL(t, e))
			_, err := db.Migrate(ctx, []sqldb.Migration{{Number: 1, Name: "pairs", SQL: "CREATE TABLE pair (a BIGINT PRIMARY KEY, b BIGINT NOT NULL);"}})
			if err != nil {
				t.Fatal(err)
			}
			insert := func(a, b int) error {
				return db.Write(ctx, func(tx *sqldb.Tx) error {
					_, err := tx.Exec(ctx, "INSERT INTO pair (a, b) VALUES ($1, $2)", a, b)
					return err
				})
			}
			for i := range 5 {
				if err := insert(i, i+1); err != nil {
					t.Fatal(err)
				}
				if err := insert(i, 0); !errors.Is(err, sqldb.ErrConflict) {
					t.Fatalf("the same key again: %v", err)
				}
			}
			const next = "SELECT b FROM pair WHERE a = $1 ORDER BY b"
			if e == sqldb.SQLite { // PostgreSQL reads one answer of a connection at a time
				if err := db.Write(ctx, func(tx *sqldb.Tx) error { return followIn(t, tx, next) }); err != nil {
					t.Error(err)
				}
			}
			for range 20 {
				if b, err := sqldb.One(ctx, db, sqldb.Scan1[int], "SELECT b FROM pair ORDER BY b"); b != 1 || err != nil {
					t.Fatalf("the first of many rows: %d %v", b, err)
				}
			}
			if _, err := db.Migrate(ctx, []sqldb.Migration{
				{Number: 1, Name: "pairs", SQL: "CREATE TABLE pair (a BIGINT PRIMARY KEY, b BIGINT NOT NULL);"},
				{Number: 2, Name: "more", SQL: "ALTER TABLE pair ADD COLUMN c BIGINT NOT NULL DEFAULT 7;"},
			}); err != nil {
				t.Fatal(err)
			}
			for i := range 300 {
				text := fmt.Sprintf("SELECT b + %d FROM pair WHERE a = $1 ORDER BY b", i)
				if b, err := sqldb.One(ctx, db, sqldb.Scan1[int], text, 2); b != 3+i || err != nil {
					t.Fatalf("%s: %d %v", text, b, err)
				}
				if b, err := sqldb.All(ctx, db, sqldb.Scan1[int], next, 3); !slices.Equal(b, []int{4}) || err != nil {
					t.Fatalf("after %s: %d %v", text, b, err)
				}
			}
			long := "SELECT c FROM pair WHERE a IN (" + strings.Repeat("9, ", 2000) + "4)"
			if c, err := sqldb.One(ctx, db, sqldb.Scan1[int], long); c != 7 || err != nil {
				t.Fatalf("%d %v", c, err)
			}
		})
	}
}

// followIn goes from pair to pair, each within the rows of the one before.
func followIn(t *testing.T, tx *sqldb.Tx, next string) error {
	outer, err := tx.Query(t.Context(), next, 0)
	if err != nil {
		return err
	}
	defer outer.Close()
	for outer.Next() {
		var b int
		if err := outer.Scan(&b); err != nil {
			return err
		}
		inner, err := sqldb.One(t.Context(), tx, sqldb.Scan1[int], next, b)
		if err != nil || inner != b+1 {
			return fmt.Errorf("within the rows of the same text: %d %w", inner, err)
		}
	}
	return outer.Err()
}
