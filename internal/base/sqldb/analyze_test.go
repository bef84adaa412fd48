package sqldb_test

import (
	"fmt"
	"strings"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
)

func TestWithStatisticsAnIndexThatHoldsTheAnswerIsTaken(t *testing.T) {
	url := sqldbtest.NewURL(t, sqldb.SQLite)
	db := sqldbtest.Open(t, url)
	_, err := db.Migrate(t.Context(), []sqldb.Migration{{Number: 1, Name: "words", SQL: "CREATE TABLE word (\n" +
		"\tid TEXT PRIMARY KEY,\n\tlanguage TEXT NOT NULL,\n\ttext TEXT NOT NULL\n);\n" +
		"CREATE INDEX word_language ON word (id, language);"}})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for i := range 2000 {
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
	if err := db.Analyze(t.Context()); err != nil {
		t.Fatal(err)
	}
	type step struct{ detail string }
	plan, err := sqldb.All(t.Context(), sqldbtest.Open(t, url), func(r sqldb.Row) (s step, err error) {
		var id, parent, unused int
		return s, r.Scan(&id, &parent, &unused, &s.detail)
	}, "EXPLAIN QUERY PLAN SELECT count(*) FROM word WHERE id IN ('1', '2') AND language <> 'de'")
	if err != nil || len(plan) != 1 || !strings.Contains(plan[0].detail, "COVERING INDEX word_language") {
		t.Fatalf("%v, %v", plan, err)
	}
}

func TestPostgreSQLKeepsItsOwnStatistics(t *testing.T) {
	if err := sqldbtest.Open(t, sqldbtest.NewURL(t, sqldb.PostgreSQL)).Analyze(t.Context()); err != nil {
		t.Error(err)
	}
}
