package selfservice_test

import (
	"testing"

	"drover/internal/base/problem"
	"drover/internal/core/scope"
	"drover/internal/core/selfservice"
)

func TestAGroupOfWhichSomethingIsSaidStays(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.users.Tie(f.store)
		g, c := f.group(t, "visitors", f.ann), scope.System("test")
		f.say(t, g, nil, []selfservice.Ability{"full-wipe"})
		if err := f.users.RemoveGroup(t.Context(), c, g); !problem.Is(err, problem.Conflict) || problem.From(err).Code != "group.named" {
			t.Error(err)
		}
		if may, _ := f.may(t, f.ann, "full-wipe"); may {
			t.Error("what is withheld is not any more")
		}
		f.say(t, g, nil, nil)
		if err := f.users.RemoveGroup(t.Context(), c, g); err != nil {
			t.Error(err)
		}
	})
}
