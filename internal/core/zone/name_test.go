package zone_test

import (
	"strings"
	"testing"

	"drover/internal/base/bus"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
)

func TestAZoneIsRenamed(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, z, c := t.Context(), newZone(db, bus.New()), scope.System("test")
		if name, version, err := z.Name(ctx); name != "Drover" || version != 0 || err != nil {
			t.Fatalf("a new zone is called %q at version %d (%v)", name, version, err)
		}
		for _, bad := range []string{"", "  ", "two\nlines", "hidden\u202e", strings.Repeat("ä", 61), "\xff"} {
			if err := z.Rename(ctx, c, bad, 0); !problem.Is(err, problem.Invalid) {
				t.Errorf("%q was taken: %v", bad, err)
			}
		}
		if err := z.Rename(ctx, scope.Caller{Kind: scope.Admin, ID: "a"}, "Mine", 0); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("without the right: %v", err)
		}
		if err := z.Rename(ctx, c, " Example München 1 ", 0); err != nil {
			t.Fatal(err)
		}
		if err := z.Rename(ctx, c, "Late", 0); !problem.Is(err, problem.Precondition) {
			t.Fatalf("over another change: %v", err)
		}
		if name, version, err := z.Name(ctx); name != "Example München 1" || version != 1 || err != nil {
			t.Fatalf("it is called %q at version %d (%v)", name, version, err)
		}
		if err := z.Rename(ctx, c, strings.Repeat("ä", 60), 1); err != nil {
			t.Errorf("60 characters: %v", err)
		}
	})
}
