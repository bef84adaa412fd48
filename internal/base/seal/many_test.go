package seal

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"drover/internal/base/sqldb"
)

// counting counts the statements that are asked.
type counting struct {
	sqldb.Querier
	n int
}

// Query asks.
func (c *counting) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	c.n++
	return c.Querier.Query(ctx, text, args...)
}

func TestManyAreOpenedWithOneStatementForTheirKeys(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		k := r.open()
		var pieces []Piece
		for i := range 30 {
			name := fmt.Sprintf("u%d", i%10)
			f := phone(fmt.Sprintf("d%d", i))
			pieces = append(pieces, Piece{f, User(name), r.seal(k, f, User(name), fmt.Sprintf("number %d", i))})
		}
		r.erase(k, "u3")
		r.clock.Advance(cacheAge)
		fresh := r.open()
		check := func(most int) {
			t.Helper()
			q := &counting{Querier: r.db}
			got, err := fresh.OpenAll(t.Context(), q, pieces)
			must(t, err)
			if q.n > most {
				t.Errorf("%d statements, at most %d", q.n, most)
			}
			for i, plain := range got {
				want := fmt.Sprintf("number %d", i)
				if i%10 == 3 {
					want = ""
				}
				if string(plain) != want {
					t.Fatalf("value %d opens as %q, want %q", i, plain, want)
				}
			}
		}
		check(2) // the users' keys, and the zone's
		check(1) // whether the one that is gone is there
		moved := append([]Piece(nil), pieces[:2]...)
		moved[1].Field = phone("elsewhere")
		if _, err := fresh.OpenAll(t.Context(), r.db, moved); err == nil {
			t.Error("a value that was moved opens")
		}
		moved[1].Sealed = Sealed("x")
		if _, err := fresh.OpenAll(t.Context(), r.db, moved); err == nil {
			t.Error("what is no value opens")
		}
		if got, err := fresh.OpenAll(t.Context(), r.db, nil); err != nil || len(got) != 0 {
			t.Errorf("of none: %v, %v", got, err)
		}
	})
}
