package safety

import (
	"testing"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
)

// TestS17NobodyWipesAsTheOwnerWhomTheyHaveMade: who may change users could set a user's password, or give a device to a
// user, and then wipe it in the portal as its owner, without anybody's approval.
func TestS17NobodyWipesAsTheOwnerWhomTheyHaveMade(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		f.quorum(t, 1)
		user := scope.System("x")
		user.Kind = scope.User
		own := func(id string, devices ...string) (a Approval) {
			user.ID = id
			err := f.db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
				a, err = f.Ask(t.Context(), tx, user, Ask{Class: WipeFull, Kind: "act", Words: "w.", Devices: devices, Own: true})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		doubt := func(c scope.Caller, subject string) {
			if err := f.db.Write(t.Context(), func(tx *sqldb.Tx) error { return f.Doubt(t.Context(), tx, c, subject) }); err != nil {
				t.Fatal(err)
			}
		}
		doubt(admin("a1"), "u1")
		doubt(admin("a1"), "d2")
		doubt(scope.System("shell"), "u3") // who holds the keys anyway
		user.ID = "u3"
		doubt(user, "u3")
		if a := own("u3", "d3"); a.State != Approved {
			t.Fatalf("an owner's own order is %s", a.State)
		}
		password, given := own("u1", "d1"), own("u2", "d9", "d2")
		for _, a := range []Approval{password, given} {
			if a.State != Awaiting || a.Needed != 1 || a.Words == "w." {
				t.Fatalf("it is %s, needs %d, and says %q", a.State, a.Needed, a.Words)
			}
			if _, err := f.Decide(t.Context(), admin("a1"), a.ID, true, Proof{Method: "totp"}); !problem.Is(err, problem.Forbidden) {
				t.Fatalf("approved by who has made the owner: %v", err)
			}
		}
		// To wait until the doubt is over does not help with what was asked for before.
		f.clock.(*clock.Fake).Advance(time.Duration(DefaultRules.Probation)*time.Second - time.Second)
		if a := own("u1", "d1"); a.State != Awaiting {
			t.Fatalf("it is %s", a.State)
		}
		if _, err := f.Decide(t.Context(), admin("a2"), given.ID, true, Proof{Method: "totp"}); err != nil || f.acts.approved != 1 {
			t.Fatalf("approved %d times by another: %v", f.acts.approved, err)
		}
		f.clock.(*clock.Fake).Advance(time.Second)
		if a := own("u1", "d1"); a.State != Approved {
			t.Fatalf("after the probation it is %s", a.State)
		}
	})
}
