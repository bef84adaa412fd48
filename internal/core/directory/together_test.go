package directory_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
)

// TestAHouseSignsInTogether: twenty people behind one address, each with the right password, are no attack. That one of them is
// wrong five times still is.
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
		if _, err := w.Authenticate(t.Context(), house, "user2", word); !problem.Is(err, problem.Throttled) {
			t.Errorf("after five failures from there: %v", err)
		}
	})
}
