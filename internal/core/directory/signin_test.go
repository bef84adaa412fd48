package directory_test

import (
	"net/netip"
	"strings"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/base/throttle"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
)

// local adds a local user with a password.
func (w *world) local(t *testing.T, d directory.Draft, password string) directory.User {
	t.Helper()
	u, err := w.users.Add(t.Context(), shell, d)
	if err == nil {
		err = w.users.SetPassword(t.Context(), shell, u.ID, password)
	}
	if err != nil {
		t.Fatal(err)
	}
	return u
}

const sentence = "a long sentence to sign in with"

func TestAMailAddressSignsInWhereItIsOnesOwn(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		w := providers(t, g)
		ann := w.local(t, directory.Draft{Name: "ann", Mail: "Ann.Archer@Example.org"}, sentence)
		named := w.local(t, directory.Draft{Name: "bob@example.org", Mail: "robert@example.org"}, sentence)
		w.local(t, directory.Draft{Name: "bob", Mail: "bob@example.org"}, sentence+" of bob")
		w.local(t, directory.Draft{Name: "post1", Mail: "post@example.org"}, sentence)
		w.local(t, directory.Draft{Name: "post2", Mail: "Post@example.org"}, sentence)
		w.local(t, directory.Draft{Name: "quiet"}, sentence)
		for name, want := range map[string]string{
			"ann": ann.ID, "ann.archer@example.org": ann.ID, "ANN.ARCHER@EXAMPLE.ORG": ann.ID,
			"bob@example.org": named.ID, "robert@example.org": named.ID,
			"post@example.org": "", "": "", " ": "", "archer@example.org": "",
		} {
			u, err := w.Authenticate(t.Context(), here, name, sentence)
			switch {
			case want == "" && !problem.Is(err, problem.Unauthenticated):
				t.Errorf("%q signs in as %+v: %v", name, u, err)
			case want != "" && (err != nil || u.ID != want):
				t.Errorf("%q is %+v: %v", name, u, err)
			}
		}
		if _, err := w.users.Edit(t.Context(), shell, ann.ID, ann.Version+1, directory.Draft{Mail: "ann@example.com"}); err != nil {
			t.Fatal(err)
		}
		g.Clock.Advance(throttle.MaxWait) // for the wrong ones
		if _, err := w.Authenticate(t.Context(), here, "ann.archer@example.org", sentence); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("by the address she had: %v", err)
		}
		g.Clock.Advance(throttle.MaxWait)
		if u, err := w.Authenticate(t.Context(), here, "ann@example.com", sentence); err != nil || u.ID != ann.ID {
			t.Errorf("by the one she has: %+v %v", u, err)
		}
	})
}

// TestASignInThatCannotBe: what checks the password is away. The user reads nothing of servers and ports.
func TestASignInThatCannotBe(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		w := providers(t, g)
		if _, err := w.users.Admit(t.Context(), shell, "away", "", true); err != nil {
			t.Fatal(err)
		}
		_, err := w.Authenticate(t.Context(), here, "away", sentence)
		p := problem.From(err)
		if p.Kind != problem.Unavailable || p.Code != "login.unavailable" || strings.Contains(p.Message, "port") {
			t.Errorf("the user reads %+v", p)
		}
		if log := w.log.String(); !strings.Contains(log, "Nothing listens") {
			t.Errorf("the log does not say why: %s", log)
		}
	})
}

// TestTwoNamesAreNoTwoChances: whoever tries the name and the address in turn has the tries of one account.
func TestTwoNamesAreNoTwoChances(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		w := providers(t, g)
		w.local(t, directory.Draft{Name: "ann", Mail: "ann@example.org"}, sentence)
		tried := netip.MustParseAddr("192.0.2.1")
		for i := range throttle.Free {
			name := []string{"ann", "ANN@example.org"}[i%2]
			if _, err := w.Authenticate(t.Context(), tried, name, "wrong"); !problem.Is(err, problem.Unauthenticated) {
				t.Fatalf("try %d: %v", i, err)
			}
			tried = tried.Next() // each from elsewhere
		}
		for _, name := range []string{"ann", "ann@example.org"} {
			if _, err := w.Authenticate(t.Context(), tried, name, "wrong"); !problem.Is(err, problem.Throttled) {
				t.Errorf("%s after five failures of the account: %v", name, err)
			}
		}
	})
}
