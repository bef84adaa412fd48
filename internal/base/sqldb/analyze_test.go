package sqldb_test

import (
	"fmt"
	"strings"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
)

// dictionary opens a database with a table of so many words.
func dictionary(t *testing.T, count int) (db *sqldb.DB, url string) {
	t.Helper()
	url = sqldbtest.NewURL(t, sqldb.SQLite)
	db = sqldbtest.Open(t, url)
	_, err := db.Migrate(t.Context(), []sqldb.Migration{{Number: 1, Name: "words", SQL: "CREATE TABLE word (\n" +
		"\tid TEXT PRIMARY KEY,\n\tlanguage TEXT NOT NULL,\n\ttext TEXT NOT NULL\n);\n" +
		"CREATE INDEX word_language ON word (id, language);"}})
	if err != nil {
		t.Fatal(err)
	}
	add(t, db, 0, count)
	return db, url
}

func add(t *testing.T, db *sqldb.DB, from, to int) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for i := from; i < to; i++ {
			if _, err := tx.Exec(t.Context(), "INSERT INTO word (id, language, text) VALUES ($1, 'en', $2)",
				fmt.Sprint(i), strings.Repeat("word ", 100)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// plan is how a connection that is opened now would answer.
func plan(t *testing.T, url, question string) string {
	t.Helper()
	steps, err := sqldb.All(t.Context(), sqldbtest.Open(t, url), func(r sqldb.Row) (detail string, err error) {
		var id, parent, unused int
		return detail, r.Scan(&id, &parent, &unused, &detail)
	}, "EXPLAIN QUERY PLAN "+question)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(steps, "; ")
}

func TestWithStatisticsAnIndexThatHoldsTheAnswerIsTaken(t *testing.T) {
	db, url := dictionary(t, 10_000)
	if err := db.Analyze(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := plan(t, url, "SELECT count(*) FROM word WHERE id IN ('1', '2') AND language <> 'de'"); !strings.Contains(p, "COVERING INDEX word_language") {
		t.Error(p)
	}
}

// What is learned of a zone of one computer must not hold for the thousands that come within the hour.
func TestATableThatGrowsIsReadByItsIndex(t *testing.T) {
	db, url := dictionary(t, 1)
	for _, to := range []int{1, 5_000} {
		add(t, db, 1, to)
		if err := db.Analyze(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p := plan(t, url, "DELETE FROM word WHERE id IN ('1', '2')"); !strings.HasPrefix(p, "SEARCH") {
			t.Errorf("of %d: %s", to, p)
		}
		if p := plan(t, url, "SELECT text FROM word ORDER BY id LIMIT 2"); strings.Contains(p, "TEMP B-TREE") {
			t.Errorf("of %d: %s", to, p)
		}
	}
}

func TestPostgreSQLKeepsItsOwnStatistics(t *testing.T) {
	if err := sqldbtest.Open(t, sqldbtest.NewURL(t, sqldb.PostgreSQL)).Analyze(t.Context()); err != nil {
		t.Error(err)
	}
}
