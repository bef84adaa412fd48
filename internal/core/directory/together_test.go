package directory_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/base/throttle"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
)

// TestAHouseSignsInTogether: twenty people behind one address, each with the right password, are no attack. One of them who is
// wrong five times waits, and nobody else; one who tries name after name has all those wait who were never in from there.
func TestAHouseSignsInTogether(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		w := providers(t, g)
		house := netip.MustParseAddr("192.0.2.1")
		const people, word = 20, "a long sentence to sign in with"
		for i := range people {
			u, err := w.users.Add(t.Context(), shell, directory.Draft{Name: fmt.Sprintf("user%d", i)})
			if err == nil {
				err = w.users.SetPassword(t.Context(), shell, u.ID, word)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		var all sync.WaitGroup
		for i := range people {
			all.Go(func() {
				if _, err := w.Authenticate(t.Context(), house, fmt.Sprintf("user%d", i), word); err != nil {
					t.Errorf("user%d: %v", i, err)
				}
			})
		}
		all.Wait()
		for range 5 {
			if _, err := w.Authenticate(t.Context(), house, "user1", "wrong"); !problem.Is(err, problem.Unauthenticated) {
				t.Fatal(err)
			}
		}
		newcomer := w.local(t, directory.Draft{Name: "newcomer"}, word)
		if _, err := w.Authenticate(t.Context(), house, "user1", word); !problem.Is(err, problem.Throttled) {
			t.Errorf("after five failures from there: %v", err)
		}
		if u, err := w.Authenticate(t.Context(), house, "newcomer", word); err != nil || u.ID != newcomer.ID {
			t.Errorf("a neighbour: %v", err)
		}
		for i := range throttle.Free - 1 {
			if _, err := w.Authenticate(t.Context(), house, fmt.Sprintf("guess%d", i), word); !problem.Is(err, problem.Unauthenticated) {
				t.Fatal(err)
			}
		}
		w.local(t, directory.Draft{Name: "another"}, word)
		for name, password := range map[string]string{"another": word, "guess9": word, "user2": "wrong"} {
			if _, err := w.Authenticate(t.Context(), house, name, password); !problem.Is(err, problem.Throttled) {
				t.Errorf("%s, after five accounts from there: %v", name, err)
			}
		}
		for _, name := range []string{"user2", "newcomer"} {
			if _, err := w.Authenticate(t.Context(), house, name, word); err != nil {
				t.Errorf("%s, who was in from there before: %v", name, err)
			}
		}
		if _, err := w.Authenticate(t.Context(), netip.MustParseAddr("192.0.2.2"), "another", word); err != nil {
			t.Errorf("from elsewhere: %v", err)
		}
	})
}
