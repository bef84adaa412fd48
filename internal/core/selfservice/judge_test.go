package selfservice

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestGroupsAreMergedInAnyOrder says random things of random groups: what one withholds is withheld, else what one offers is
// offered, else everybody's rights decide; and in which order they stand changes nothing.
func TestGroupsAreMergedInAnyOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		const what = Ability("lock")
		everybody := Rights{Offered: []Ability{"message"}}
		if rapid.Bool().Draw(r, "everybody") {
			everybody.Offered = append(everybody.Offered, what)
		}
		groups := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) Stance {
			lists := map[int][]Ability{rapid.IntRange(-1, 1).Draw(r, "said"): {what}}
			return Stance{Offered: lists[1], Withheld: lists[-1]}
		}), 0, 6).Draw(r, "groups")
		want := everybody.Offers(what)
		for _, x := range groups {
			want = want || slices.Contains(x.Offered, what)
		}
		for _, x := range groups {
			want = want && !slices.Contains(x.Withheld, what)
		}
		for range 2 {
			list := judge(everybody, groups)
			if len(list) != len(catalogue) {
				r.Fatalf("%d abilities are judged", len(list))
			}
			i := slices.IndexFunc(list, func(v Verdict) bool { return v.Ability == what })
			if list[i].Offered != want {
				r.Fatalf("%+v, %+v: %+v", everybody, groups, list[i])
			}
			slices.Reverse(groups)
		}
	})
}
