package directory_test

import (
	"testing"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

func TestNobodyIsNobodysToSeeOrChange(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s := open(g)
		admin := coretest.Admin([]scope.Right{scope.UserRead, scope.UserEdit, scope.UserErase})
		list, err := s.List(t.Context(), admin, directory.Filter{}, page.Request{})
		if err != nil || list.Total != 0 || len(list.Items) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		_, read := s.Get(t.Context(), admin, directory.Nobody)
		_, named := s.ByName(t.Context(), admin, "")
		_, spaced := s.ByName(t.Context(), admin, " ")
		_, edited := s.Edit(t.Context(), admin, directory.Nobody, 1, directory.Draft{Name: "somebody"})
		_, erased := s.Erase(t.Context(), admin, directory.Nobody, "gone")
		for what, err := range map[string]error{
			"read": read, "named": named, "with a space": spaced, "edited": edited, "erased": erased,
			"given a password": s.SetPassword(t.Context(), admin, directory.Nobody, "Corr3ct-horse-battery"),
		} {
			if !problem.Is(err, problem.NotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if u, err := s.Get(t.Context(), scope.System("enrol"), directory.Nobody); err != nil || u.Disabled {
			t.Errorf("Drover itself: %+v, %v", u, err)
		}
	})
}
