package selfservice_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/internal/core/selfservice"
)

type fixture struct {
	*coretest.Ground
	users    *directory.Store
	store    *selfservice.Store
	ann, bob directory.User
}

const right = "a long sentence to sign in with"

var (
	here    = netip.MustParseAddr("192.0.2.7")
	wrong   = problem.New(problem.Unauthenticated, "user.login", "wrong")
	setting = coretest.Admin([]scope.Right{scope.SettingEdit})
)

// each runs fn on both engines, with two users who both have the same password.
func each(t *testing.T, fn func(t *testing.T, f *fixture)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		f := &fixture{Ground: g, users: directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)}
		f.store = selfservice.New(selfservice.Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Users: f.users,
			SignIn: func(ctx context.Context, _ netip.Addr, name, password string) (directory.User, error) {
				u, err := f.users.ByName(ctx, scope.System("test"), name)
				if err != nil || password != right {
					return directory.User{}, wrong
				}
				return u, nil
			},
		})
		f.users.Follow(f.store)
		for name, u := range map[string]*directory.User{"ann": &f.ann, "bob": &f.bob} {
			var err error
			if *u, err = f.users.Add(t.Context(), scope.System("test"), directory.Draft{Name: name}); err != nil {
				t.Fatal(err)
			}
		}
		f.Settle(t)
		fn(t, f)
	})
}

// signIn begins a session and returns its secret and who calls by it.
func (f *fixture) signIn(t *testing.T, name string) (string, scope.Caller) {
	t.Helper()
	secret, _, err := f.store.SignIn(t.Context(), here, "a browser", "", name, right)
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.store.BySession(t.Context(), here, secret)
	if err != nil {
		t.Fatal(err)
	}
	return secret, c
}

func (f *fixture) over(t *testing.T, secret string) bool {
	t.Helper()
	_, err := f.store.BySession(t.Context(), here, secret)
	if err != nil && !problem.Is(err, problem.Unauthenticated) {
		t.Fatal(err)
	}
	return err != nil
}

func TestASessionEndsUnusedAndAtLast(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		secret, c := f.signIn(t, "ann")
		if c.Kind != scope.User || c.ID != f.ann.ID || !c.Has(scope.DeviceWipeFull) || c.Require(scope.DeviceRead) == nil {
			t.Fatalf("%+v", c)
		}
		for range 31 { // used all the time
			f.Clock.Advance(14 * time.Minute)
			if f.over(t, secret) {
				t.Fatal("it ended while it was used")
			}
		}
		f.Clock.Advance(50 * time.Minute)
		if !f.over(t, secret) {
			t.Fatal("it goes on after 8 hours, or 50 minutes without use")
		}
		used, _ := f.signIn(t, "ann")
		for range 34 {
			f.Clock.Advance(14 * time.Minute)
			_ = f.over(t, used)
		}
		f.Clock.Advance(5 * time.Minute)
		if !f.over(t, used) {
			t.Fatal("it goes on after 8 hours")
		}
		left, _ := f.signIn(t, "ann") // an open page that nobody sits at
		for range 3 {
			f.Clock.Advance(4 * time.Minute)
			if _, err := f.store.Glance(t.Context(), here, left); err != nil {
				t.Fatal(err)
			}
		}
		f.Clock.Advance(3*time.Minute + time.Second)
		if _, err := f.store.Glance(t.Context(), here, left); !problem.Is(err, problem.Unauthenticated) {
			t.Fatal("a page that is left open keeps its session:", err)
		}
		idle, _ := f.signIn(t, "ann")
		f.Clock.Advance(15*time.Minute + time.Second)
		if !f.over(t, idle) {
			t.Fatal("it goes on after 15 minutes without use")
		}
	})
}

func TestSecretsAreKeptAsHashesAndAddressesNotAtAll(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		secret, _ := f.signIn(t, "ann")
		rows, err := sqldb.All(t.Context(), f.DB, func(r sqldb.Row) (string, error) {
			var id, agent string
			var hash []byte
			err := r.Scan(&id, &hash, &agent)
			return id + "|" + string(hash) + "|" + agent, err
		}, "SELECT id, token_hash, agent FROM user_session")
		if err != nil || len(rows) != 1 || strings.Contains(rows[0], secret) || strings.Contains(rows[0], here.String()) {
			t.Fatalf("%q, %v", rows, err)
		}
		if !f.over(t, "") || !f.over(t, secret[1:]) {
			t.Fatal("another secret counts")
		}
	})
}

func TestSigningInEndsTheSessionThatTheBrowserHad(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		planted, _ := f.signIn(t, "bob")
		secret, _, err := f.store.SignIn(t.Context(), here, "", planted, "ann", right)
		if err != nil || secret == planted || !f.over(t, planted) || f.over(t, secret) {
			t.Fatal("the planted session lives", err)
		}
		if _, _, err := f.store.SignIn(t.Context(), here, "", secret, "ann", "wrong"); !problem.Is(err, problem.Unauthenticated) || f.over(t, secret) {
			t.Fatal("a failed sign-in ended a session", err)
		}
	})
}

func TestSessionsAreTheUsersOwn(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		hers, ann := f.signIn(t, "ann")
		_, bob := f.signIn(t, "bob")
		if err := f.store.End(t.Context(), bob, ann.Session); !problem.Is(err, problem.NotFound) || f.over(t, hers) {
			t.Fatal("another's session was ended:", err)
		}
		list, err := f.store.Sessions(t.Context(), bob)
		if err != nil || len(list) != 1 || list[0].ID != bob.Session {
			t.Fatalf("%+v, %v", list, err)
		}
		for range 25 {
			f.signIn(t, "ann")
		}
		if list, err = f.store.Sessions(t.Context(), ann); err != nil || len(list) != 20 || !f.over(t, hers) {
			t.Fatalf("%d sessions, %v", len(list), err)
		}
		if err := f.store.End(t.Context(), ann, list[0].ID); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAChangeOfTheAccountEndsItsSessions(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		first, _ := f.signIn(t, "ann")
		other, _ := f.signIn(t, "bob")
		if err := f.users.SetPassword(t.Context(), scope.System("test"), f.ann.ID, "another long sentence"); err != nil {
			t.Fatal(err)
		}
		if !f.over(t, first) || f.over(t, other) {
			t.Fatal("after another password")
		}
		second, _ := f.signIn(t, "ann")
		now, err := f.users.Get(t.Context(), scope.System("test"), f.ann.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.users.Edit(t.Context(), scope.System("test"), f.ann.ID, now.Version, directory.Draft{Name: "ann", Disabled: true}); err != nil {
			t.Fatal(err)
		}
		if !f.over(t, second) {
			t.Fatal("a disabled user is still signed in")
		}
	})
}

func TestAProofIsGoodOnceForFiveMinutesInItsSession(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		_, c := f.signIn(t, "ann")
		_, other := f.signIn(t, "ann")
		spend := func(c scope.Caller) bool {
			err := f.store.Spend(t.Context(), c)
			if err != nil && !problem.Is(err, problem.Forbidden) {
				t.Fatal(err)
			}
			return err == nil
		}
		if spend(c) {
			t.Fatal("signing in is a proof")
		}
		if err := f.store.Prove(t.Context(), c, "wrong"); !problem.Is(err, problem.Forbidden) || spend(c) {
			t.Fatal("a wrong password:", err)
		}
		prove := func() {
			if err := f.store.Prove(t.Context(), c, right); err != nil {
				t.Fatal(err)
			}
		}
		prove()
		if spend(other) || !spend(c) || spend(c) {
			t.Fatal("once, in this session")
		}
		prove()
		f.Clock.Advance(5*time.Minute + time.Second)
		if spend(c) {
			t.Fatal("after five minutes")
		}
	})
}

func TestAProofAtAProviderIsTheUsersOwn(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		_, c := f.signIn(t, "ann")
		if _, waits, err := f.store.Awaited(t.Context(), "flow"); err != nil || waits {
			t.Fatal("nobody waits", err)
		}
		if err := f.store.Await(t.Context(), c, "flow"); err != nil {
			t.Fatal(err)
		}
		who, waits, err := f.store.Awaited(t.Context(), "flow")
		if err != nil || !waits || who.Session != c.Session || len(who.Grants) != 0 {
			t.Fatalf("%+v, %v", who, err)
		}
		if err := f.store.Confirm(t.Context(), who, f.bob); !problem.Is(err, problem.Forbidden) || f.store.Spend(t.Context(), c) == nil {
			t.Fatal("somebody else was proven:", err)
		}
		if err := f.store.Confirm(t.Context(), who, f.ann); err != nil {
			t.Fatal(err)
		}
		if err := f.store.Spend(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if _, waits, _ := f.store.Awaited(t.Context(), "flow"); waits {
			t.Fatal("a flow proves twice")
		}
	})
}

func TestWhatIsNotOfferedIsNoRight(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		secret, c := f.signIn(t, "ann")
		r, version, err := f.store.Rights(t.Context())
		if err != nil || len(r.Offered) != len(selfservice.Catalogue()) {
			t.Fatalf("%+v, %v", r, err)
		}
		r.Offered = slices.DeleteFunc(r.Offered, func(a selfservice.Ability) bool { return a == "full-wipe" || a == selfservice.Enrol })
		if err := f.store.SetRights(t.Context(), c, r, version); !problem.Is(err, problem.Forbidden) {
			t.Fatal("a user gives rights:", err)
		}
		if err := f.store.SetRights(t.Context(), setting, r, version); err != nil {
			t.Fatal(err)
		}
		if c, err = f.store.BySession(t.Context(), here, secret); err != nil || c.Has(scope.DeviceWipeFull) || c.Has(scope.DeviceEnrol) || !c.Has(scope.DeviceLock) {
			t.Fatalf("%+v, %v", c, err)
		}
		for _, bad := range []selfservice.Ability{"block", "", "lock"} {
			odd := selfservice.Rights{Offered: []selfservice.Ability{"lock", bad}}
			if err := f.store.SetRights(t.Context(), setting, odd, version+1); !problem.Is(err, problem.Invalid) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}
