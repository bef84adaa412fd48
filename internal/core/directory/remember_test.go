package directory_test

import (
	"slices"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
)

// TestWhatIsRememberedOfAUserEndsWithTheChange holds every way to change a user or its groups against two servers that
// remember it: the one where it is changed sees it at once, the other when it has read the revision.
func TestWhatIsRememberedOfAUserEndsWithTheChange(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, s *directory.Store, u directory.User, group string) error{
		"disabled": func(t *testing.T, s *directory.Store, u directory.User, _ string) error {
			_, err := s.Edit(t.Context(), shell, u.ID, u.Version, directory.Draft{Name: u.Name, Disabled: true})
			return err
		},
		"erased": func(t *testing.T, s *directory.Store, u directory.User, _ string) error {
			_, err := s.Erase(t.Context(), shell, u.ID, "left")
			return err
		},
		"out of the group": func(t *testing.T, s *directory.Store, u directory.User, group string) error {
			return s.RemoveMembers(t.Context(), shell, group, u.ID)
		},
		"the group removed": func(t *testing.T, s *directory.Store, _ directory.User, group string) error {
			return s.RemoveGroup(t.Context(), shell, group)
		},
		"into another group": func(t *testing.T, s *directory.Store, u directory.User, _ string) error {
			g, err := s.AddGroup(t.Context(), shell, "Purchase", "")
			if err != nil {
				return err
			}
			return s.AddMembers(t.Context(), shell, g.ID, u.ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
				o := g.Other(t)
				here, there := open(g), open(o)
				u := add(t, here, "anna")
				group, err := here.AddGroup(t.Context(), shell, "Sales", "")
				if err != nil {
					t.Fatal(err)
				}
				if err := here.AddMembers(t.Context(), shell, group.ID, u.ID); err != nil {
					t.Fatal(err)
				}
				o.Settle(t)
				before := remembered(t, here, u.ID)
				if other := remembered(t, there, u.ID); !slices.Equal(other, before) {
					t.Fatalf("the servers differ to begin with: %q and %q", before, other)
				}
				if err := change(t, here, u, group.ID); err != nil {
					t.Fatal(err)
				}
				after := remembered(t, here, u.ID)
				if slices.Equal(after, before) {
					t.Errorf("the server that made the change does not see it: %q", after)
				}
				if other := remembered(t, there, u.ID); !slices.Equal(other, before) {
					t.Errorf("the other server remembers nothing, so that this test shows nothing: %q", other)
				}
				o.Settle(t)
				if other := remembered(t, there, u.ID); !slices.Equal(other, after) {
					t.Errorf("the other server has read the revision and still sees %q, want %q", other, after)
				}
			})
		})
	}
}

// remembered is what a server says of the user anna.
func remembered(t *testing.T, s *directory.Store, id string) []string {
	t.Helper()
	u, err := s.ByName(t.Context(), shell, "anna")
	state := "enabled"
	switch {
	case problem.Is(err, problem.NotFound):
		state = "gone"
	case err != nil:
		t.Fatal(err)
	case u.Disabled:
		state = "disabled"
	}
	ids, err := s.GroupIDs(t.Context(), shell, id)
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{state}, ids...)
}
