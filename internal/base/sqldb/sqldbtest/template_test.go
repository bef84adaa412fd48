package sqldbtest

import (
	"context"
	"strings"
	"testing"

	"drover/internal/base/sqldb"
)

func TestATemplateIsFilledOnceAndItsCopiesAreApart(t *testing.T) {
	name := strings.ReplaceAll(sqldb.NewID(), "-", "")
	t.Cleanup(func() { admin(t, "DROP DATABASE template_"+name) })
	filled := 0
	fill := func(ctx context.Context, db *sqldb.DB) error {
		filled++
		_, err := db.Migrate(ctx, []sqldb.Migration{{Number: 1, Name: "word", SQL: "CREATE TABLE word (text TEXT PRIMARY KEY)"}})
		return err
	}
	first, next := NewTemplate(name, fill), NewTemplate(name, fill) // as in two programs
	for _, e := range Engines {
		var list []*sqldb.DB
		for _, x := range []*Template{first, first, next} {
			list = append(list, Open(t, x.NewURL(t, e)))
		}
		for _, db := range list {
			err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Exec(t.Context(), "INSERT INTO word (text) VALUES ('same')")
				return err
			})
			if err != nil {
				t.Errorf("%s: %v", e, err)
			}
		}
	}
	if filled != 3 { // a file of each program, and one at the server that both reach
		t.Errorf("filled %d times", filled)
	}
}
