package directory_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

var shell = scope.System("shell")

func open(g *coretest.Ground) *directory.Store {
	return directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
}

func add(t *testing.T, s *directory.Store, name string) directory.User {
	t.Helper()
	u, err := s.Add(t.Context(), shell, directory.Draft{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestANameIsTakenOnceWhateverItsCase(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s := open(g)
		add(t, s, "Äbba")
		if _, err := s.Add(t.Context(), shell, directory.Draft{Name: "äBBA "}); !problem.Is(err, problem.Conflict) {
			t.Fatalf("got %v, want a conflict", err)
		}
		for _, bad := range []string{"", "a:b", "=x", "a\x00b", strings.Repeat("a", 257)} {
			if _, err := s.Add(t.Context(), shell, directory.Draft{Name: bad}); !problem.Is(err, problem.Invalid) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

func TestAdmitMakesOneUserForManyFirstContacts(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s := open(g)
		if _, err := s.Admit(t.Context(), shell, "anna", "", false); !problem.Is(err, problem.NotFound) {
			t.Fatalf("without hands-off enrolment: %v", err)
		}
		var wg sync.WaitGroup
		ids := make([]string, 20)
		for i := range ids {
			wg.Go(func() {
				u, err := s.Admit(t.Context(), shell, "anna", "anna@example.org", true)
				if err != nil {
					t.Error(err)
				}
				ids[i] = u.ID
			})
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("two users: %v", ids)
			}
		}
		u, err := s.Get(t.Context(), shell, ids[0])
		if err != nil || u.Source != directory.ActiveSync || u.Mail != "anna@example.org" {
			t.Fatalf("%+v %v", u, err)
		}
		if _, err := s.Edit(t.Context(), shell, u.ID, u.Version, directory.Draft{Disabled: true}); err != nil {
			t.Fatal(err)
		}
		g.Settle(t)
		if _, err := s.Admit(t.Context(), shell, "ANNA", "", true); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("a disabled user was admitted: %v", err)
		}
		if _, err := s.Edit(t.Context(), shell, u.ID, u.Version, directory.Draft{}); !problem.Is(err, problem.Precondition) {
			t.Fatalf("a change over a change: %v", err)
		}
		if _, err := s.Admit(t.Context(), coretest.Admin([]scope.Right{scope.UserRead}), "x", "", true); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("an administrator admitted a user: %v", err)
		}
	})
}

func TestPagesHoldEveryUserOnce(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s := open(g)
		want := map[string]bool{}
		for i := range 23 {
			want[add(t, s, fmt.Sprintf("User %d_%%", i)).ID] = true
		}
		rapid.Check(t, func(rt *rapid.T) {
			size := rapid.IntRange(1, 30).Draw(rt, "size")
			seen := map[string]bool{}
			for after := ""; ; {
				p, err := s.List(t.Context(), shell, directory.Filter{Search: "user _%"}, page.Request{Limit: size, After: after})
				if err != nil || p.Total != 23 {
					rt.Fatalf("total %d, %v", p.Total, err)
				}
				for _, u := range p.Items {
					if seen[u.ID] {
						rt.Fatalf("%s came twice", u.Name)
					}
					seen[u.ID] = true
				}
				if after = p.Next; after == "" {
					break
				}
			}
			if len(seen) != len(want) {
				rt.Fatalf("%d of %d users", len(seen), len(want))
			}
		})
	})
}

func TestPasswords(t *testing.T) {
	g := coretest.New(t, sqldb.SQLite)
	s := open(g)
	u := add(t, s, "anna")
	if err := s.SetPassword(t.Context(), shell, u.ID, "short"); !problem.Is(err, problem.Invalid) {
		t.Fatalf("a short password: %v", err)
	}
	if err := s.SetPassword(t.Context(), shell, u.ID, "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	w := providers(t, g)
	if got, err := w.Authenticate(t.Context(), here, "Anna", "correct horse battery"); err != nil || got.ID != u.ID {
		t.Fatalf("%+v %v", got, err)
	}
	for _, c := range [][2]string{{"anna", "wrong"}, {"anna", ""}, {"nobody", "correct horse battery"}, {"an\x00na", "x"}} {
		if _, err := w.Authenticate(t.Context(), here, c[0], c[1]); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

// TestAUserIsToldOfAPasswordThatAnotherHasSet, and the order of that user counts for less for a while.
func TestAUserIsToldOfAPasswordThatAnotherHasSet(t *testing.T) {
	g := coretest.New(t, sqldb.SQLite)
	s := open(g)
	u, err := s.Add(t.Context(), shell, directory.Draft{Name: "ann", Mail: "ann@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	s.WriteBy(func(mail, subject, _ string) { told = append(told, mail+" "+subject) })
	follower := &forgetful{}
	s.Follow(follower)
	if err := s.SetPassword(t.Context(), coretest.Admin([]scope.Right{scope.UserEdit}), u.ID, "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	if len(told) != 1 || told[0] != "ann@example.org Your password was changed" || len(follower.told) != 1 {
		t.Fatalf("told %v, followed %v", told, follower.told)
	}
	n, err := sqldb.One(t.Context(), g.DB, sqldb.Scan1[int], "SELECT count(*) FROM safety_doubt WHERE subject = $1", u.ID)
	if err != nil || n != 1 {
		t.Fatalf("%d doubts (%v)", n, err)
	}
}

// TestANewUserIsToldOfNoChangedPassword, and one whose password does not do is not there.
func TestANewUserIsToldOfNoChangedPassword(t *testing.T) {
	g := coretest.New(t, sqldb.SQLite)
	s := open(g)
	s.WriteBy(func(mail, subject, _ string) { t.Errorf("%s is told: %s", mail, subject) })
	c, d := coretest.Admin([]scope.Right{scope.UserEdit, scope.UserRead}), directory.Draft{Name: "ann", Mail: "ann@example.org"}
	if _, err := s.AddWithPassword(t.Context(), c, d, "short"); !problem.Is(err, problem.Invalid) {
		t.Fatalf("a short password: %v", err)
	}
	made, err := s.AddWithPassword(t.Context(), c, d, "correct horse battery")
	if err != nil || !made.HasPassword {
		t.Fatalf("%+v, %v", made, err)
	}
	if u, err := s.Get(t.Context(), c, made.ID); err != nil || !u.HasPassword || u.Version != made.Version {
		t.Fatalf("%+v, %v", u, err)
	}
	if got, err := providers(t, g).Authenticate(t.Context(), here, "ann", "correct horse battery"); err != nil || got.ID != made.ID {
		t.Fatalf("%+v, %v", got, err)
	}
}

// forgetful is a follower that notes what it is told.
type forgetful struct{ told []string }

func (f *forgetful) UserChanged(_ context.Context, _ *sqldb.Tx, u directory.User) error {
	f.told = append(f.told, "changed "+u.Name)
	return nil
}

func (f *forgetful) UserErased(_ context.Context, _ *sqldb.Tx, id string) error {
	f.told = append(f.told, "erased "+id)
	return nil
}

func TestErasingLeavesNoNameAndNoKey(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s, f := open(g), &forgetful{}
		s.Follow(f)
		u, err := s.Add(t.Context(), shell, directory.Draft{Name: "anna", DisplayName: "Anna A", Mail: "anna@example.org"})
		if err != nil {
			t.Fatal(err)
		}
		place := seal.Field{Table: "device", Column: "phone", Row: "1"}
		var sealed seal.Sealed
		err = g.DB.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
			sealed, err = g.Keys.Seal(t.Context(), tx, place, seal.User(u.ID), []byte("+1"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Erase(t.Context(), shell, u.ID, " "); !problem.Is(err, problem.Invalid) {
			t.Fatalf("without a reason: %v", err)
		}
		if _, err := s.Erase(t.Context(), shell, u.ID, "has left"); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Keys.Open(t.Context(), g.DB, place, seal.User(u.ID), sealed); err == nil {
			t.Fatal("a sealed value of an erased user opens")
		}
		if _, err := s.Get(t.Context(), shell, u.ID); !problem.Is(err, problem.NotFound) {
			t.Fatalf("the erased user is there: %v", err)
		}
		n, err := sqldb.One(t.Context(), g.DB, sqldb.Scan1[int],
			"SELECT count(*) FROM end_user WHERE name <> '' OR display_name <> '' OR mail <> '' OR search <> ''")
		if err != nil || n != 0 {
			t.Fatalf("%d rows still name somebody, %v", n, err)
		}
		if fmt.Sprint(f.told) != "[erased "+u.ID+"]" {
			t.Fatalf("the follower was told %v", f.told)
		}
		add(t, s, "anna") // the name is free again
	})
}

// TestAnErasedUserDoesNotComeBackWithABackup: the row is as it was before, and only the ledger of erasures remembers.
func TestAnErasedUserDoesNotComeBackWithABackup(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s, f := open(g), &forgetful{}
		u, stays := add(t, s, "anna"), add(t, s, "bea")
		if _, err := s.Erase(t.Context(), shell, u.ID, "has left"); err != nil {
			t.Fatal(err)
		}
		err := g.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE end_user SET name = 'anna', folded = 'anna', erased_at = 0, disabled = FALSE WHERE id = $1", u.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s = open(g) // as the server that starts on it does
		s.Follow(f)
		for _, want := range []int{1, 0} {
			if n, err := s.EraseAgain(t.Context()); err != nil || n != want {
				t.Fatalf("%d were erased again, want %d (%v)", n, want, err)
			}
		}
		if _, err := s.Get(t.Context(), shell, u.ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("the erased user is there: %v", err)
		}
		if _, err := s.Get(t.Context(), shell, stays.ID); err != nil {
			t.Errorf("another user is not: %v", err)
		}
		if fmt.Sprint(f.told) != "[erased "+u.ID+"]" || strings.Count(g.Actions(t), "user.erased") != 2 {
			t.Errorf("followers were told %v; the audit log has %s", f.told, g.Actions(t))
		}
	})
}

// TestS17ErasuresEndAtTheBudget: past the budget nothing of a user goes, neither names nor key.
func TestS17ErasuresEndAtTheBudget(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s, f := open(g), &forgetful{}
		s.Follow(f)
		c := coretest.Admin([]scope.Right{scope.UserErase})
		for i := range safety.DefaultRules.Actor.Hour {
			if _, err := s.Erase(t.Context(), c, add(t, s, fmt.Sprint("user", i)).ID, "has left"); err != nil {
				t.Fatal(err)
			}
		}
		f.told = nil
		u := add(t, s, "anna")
		if _, err := s.Erase(t.Context(), c, u.ID, "has left"); !problem.Is(err, problem.Throttled) {
			t.Fatalf("got %v", err)
		}
		if got, err := s.Get(t.Context(), shell, u.ID); err != nil || got.Name != "anna" || len(f.told) > 0 {
			t.Fatalf("%+v (%v), the followers were told %v", got, err, f.told)
		}
	})
}

// TestS17OneSessionErasesNobody: with a second owner, an erasure waits for the other, and then happens once.
func TestS17OneSessionErasesNobody(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s := open(g)
		g.Quorum(t, 1)
		c := coretest.Admin([]scope.Right{scope.UserErase, scope.ApprovalRead, scope.ApprovalDecide})
		u := add(t, s, "anna")
		a, err := s.Erase(t.Context(), c, u.ID, "has left")
		if err != nil || a.State != safety.Awaiting || a.About != u.ID {
			t.Fatalf("%+v (%v), want it to wait", a, err)
		}
		if got, err := s.Get(t.Context(), shell, u.ID); err != nil || got.Name != "anna" {
			t.Fatalf("erased before the approval: %+v (%v)", got, err)
		}
		if _, err := g.Safety.Decide(t.Context(), c, a.ID, true, coretest.Code); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("approved by who asked: %v", err)
		}
		if seen, err := g.Safety.Get(t.Context(), c, a.ID); err != nil || seen.Reason != "has left" {
			t.Fatalf("the approver reads the reason %q (%v)", seen.Reason, err)
		}
		if err := g.Approve(t, a.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), shell, u.ID); !problem.Is(err, problem.NotFound) {
			t.Fatalf("the erased user is there: %v", err)
		}
		if seen, err := g.Safety.Get(t.Context(), c, a.ID); err != nil || seen.Reason != "" {
			t.Fatalf("what was written about the erased user is still read: %q (%v)", seen.Reason, err)
		}
		if !strings.Contains(g.Actions(t), "approval.approved user.erased") {
			t.Fatalf("the log holds %s", g.Actions(t))
		}
	})
}

func TestImport(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s := open(g)
		if _, err := s.AddGroup(t.Context(), shell, "Sales", ""); err != nil {
			t.Fatal(err)
		}
		add(t, s, "anna")
		file := "\ufeffUser name;Display_Name;E-Mail;Groups\r\n" +
			"Anna;Anna A;anna@example.org;sales\r\n" +
			"bert;'=Bert;bert@example.org;\r\n" +
			"cleo;Cleo;not an address;\r\n" +
			"dora;Dora;dora@example.org;nowhere\r\n" +
			"ANNA;Again;;\r\n" +
			"emil;Emil;emil@example.org\r\n" +
			"fred;Fred;fred@example.org;Sales|SALES\r\n"
		want := "2:updated 3:invalid 4:invalid 5:invalid 6:invalid 7:invalid 8:created "
		for _, dry := range []bool{true, false} {
			r, err := s.Import(t.Context(), shell, strings.NewReader(file), dry)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, row := range r.Rows {
				got += fmt.Sprintf("%d:%s ", row.Line, row.Outcome)
				if row.Outcome == directory.Invalid && row.Message == "" {
					t.Errorf("line %d does not say how to mend it", row.Line)
				}
			}
			if got != want || r.Created != 1 || r.Updated != 1 || r.Invalid != 5 {
				t.Fatalf("dry %v: %s %+v", dry, got, r)
			}
			p, err := s.List(t.Context(), shell, directory.Filter{}, page.Request{})
			if err != nil || (dry && p.Total != 1) || (!dry && p.Total != 2) {
				t.Fatalf("dry %v: %d users, %v", dry, p.Total, err)
			}
		}
		g.Settle(t)
		anna, err := s.ByName(t.Context(), shell, "anna")
		if err != nil || anna.Mail != "anna@example.org" || anna.Name != "anna" {
			t.Fatalf("%+v %v", anna, err)
		}
		groups, err := s.GroupsOf(t.Context(), shell, anna.ID)
		if err != nil || len(groups) != 1 || groups[0].Name != "Sales" {
			t.Fatalf("%+v %v", groups, err)
		}
		r, err := s.Import(t.Context(), shell, strings.NewReader("name\nanna\nfred\n"), false)
		if err != nil || r.Created+r.Updated+r.Invalid != 0 {
			t.Fatalf("the same again changed something: %+v %v", r, err)
		}
		for _, bad := range []string{"", "mail\nx@example.org\n", "name,user\na,b\n", "name\n\"open\n", "name\n" + strings.Repeat("aaaaaaaaa\n", 900_000)} {
			if _, err := s.Import(t.Context(), shell, strings.NewReader(bad), true); err == nil {
				t.Errorf("%.20q was taken", bad)
			}
		}
	})
}

func FuzzImport(f *testing.F) {
	f.Add("name,mail\nanna,anna@example.org\n")
	f.Add("name;groups\n\"a;b\n")
	f.Fuzz(func(t *testing.T, file string) {
		lines, err := directory.ReadImport(strings.NewReader(file))
		if err == nil && lines > len(file) {
			t.Fatalf("%d lines from %d bytes", lines, len(file))
		}
	})
}

// TestRightsAreAskedForByEveryMethod calls each method as somebody without rights, and as one who is limited to a device
// group: what belongs to no group needs the right for the whole zone.
func TestRightsAreAskedForByEveryMethod(t *testing.T) {
	g := coretest.New(t, sqldb.SQLite)
	s, ctx := open(g), t.Context()
	u := add(t, s, "anna")
	grp, err := s.AddGroup(ctx, shell, "Sales", "")
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]func(c scope.Caller) error{
		"Get":           func(c scope.Caller) error { _, err := s.Get(ctx, c, u.ID); return err },
		"ByName":        func(c scope.Caller) error { _, err := s.ByName(ctx, c, "anna"); return err },
		"GroupsOf":      func(c scope.Caller) error { _, err := s.GroupsOf(ctx, c, u.ID); return err },
		"Add":           func(c scope.Caller) error { _, err := s.Add(ctx, c, directory.Draft{Name: "x"}); return err },
		"Edit":          func(c scope.Caller) error { _, err := s.Edit(ctx, c, u.ID, 1, directory.Draft{}); return err },
		"Erase":         func(c scope.Caller) error { _, err := s.Erase(ctx, c, u.ID, "r"); return err },
		"SetPassword":   func(c scope.Caller) error { return s.SetPassword(ctx, c, u.ID, "") },
		"Import":        func(c scope.Caller) error { _, err := s.Import(ctx, c, strings.NewReader("name\nx"), true); return err },
		"AddGroup":      func(c scope.Caller) error { _, err := s.AddGroup(ctx, c, "x", ""); return err },
		"EditGroup":     func(c scope.Caller) error { _, err := s.EditGroup(ctx, c, grp.ID, 1, "x", ""); return err },
		"RemoveGroup":   func(c scope.Caller) error { return s.RemoveGroup(ctx, c, grp.ID) },
		"AddMembers":    func(c scope.Caller) error { return s.AddMembers(ctx, c, grp.ID, u.ID) },
		"RemoveMembers": func(c scope.Caller) error { return s.RemoveMembers(ctx, c, grp.ID, u.ID) },
		"GroupIDs":      func(c scope.Caller) error { _, err := s.GroupIDs(ctx, c, u.ID); return err },
	}
	all := []scope.Right{scope.UserRead, scope.UserEdit, scope.UserErase}
	limited := map[string]problem.Kind{"Get": problem.NotFound, "ByName": problem.NotFound, "GroupsOf": problem.NotFound}
	for name, call := range calls {
		if err := call(coretest.Admin(nil)); !problem.Is(err, problem.Forbidden) {
			t.Errorf("%s without rights: %v", name, err)
		}
		want, ok := limited[name]
		if !ok {
			want = problem.Forbidden
		}
		if err := call(coretest.Admin(all, "foreign")); !problem.Is(err, want) {
			t.Errorf("%s with rights over a foreign group: %v", name, err)
		}
	}
	p, err := s.List(ctx, coretest.Admin(all, "foreign"), directory.Filter{}, page.Request{})
	if err != nil || len(p.Items) != 0 || p.Total != 0 {
		t.Errorf("a foreign group's list: %+v %v", p, err)
	}
	names, err := s.Names(ctx, coretest.Admin(all, "foreign"), u.ID)
	if err != nil || len(names) != 0 {
		t.Errorf("a foreign group's names: %v %v", names, err)
	}
}
