package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// Tied is what names groups, of users or of devices: rules, assignments, roles.
type Tied interface {
	// TiedTo returns in words what names the group: `the access rule "Field phones"`. Names of people are none of it.
	TiedTo(ctx context.Context, q sqldb.Querier, group string) ([]string, error)
}

// Ties keep a group from being removed while something names it. What named a group that is gone would say less than
// before or, where the group was the only one, hold for everybody.
type Ties []Tied

// tiesTold is how many of them one sentence tells.
const tiesTold = 10

// Free returns a problem of kind Conflict that tells what still names the group.
func (t Ties) Free(ctx context.Context, q sqldb.Querier, group string) error {
	var all []string
	for _, x := range t {
		list, err := x.TiedTo(ctx, q, group)
		if err != nil {
			return err
		}
		all = append(all, list...)
	}
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	told := strings.Join(all[:min(len(all), tiesTold)], ", ")
	if more := len(all) - tiesTold; more > 0 {
		return problem.Newf(problem.Conflict, "group.named",
			"The group stays while it is named by %s and %d more. Take it out there first.", told, more)
	}
	return problem.Newf(problem.Conflict, "group.named", "The group stays while it is named by %s. Take it out there first.", told)
}

// TiedTo tells which directories give a role that is limited to a group of devices, as [Tied].
func (s *Providers) TiedTo(ctx context.Context, q sqldb.Querier, group string) ([]string, error) {
	list, err := sources(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, x := range list {
		if slices.ContainsFunc(x.Roles, func(m Mapping) bool { return slices.Contains(m.Scope, group) }) {
			out = append(out, fmt.Sprintf("a role that the directory %q gives", x.Name))
		}
	}
	return out, nil
}

// Tie has x keep groups that it names. Call it before the first removal.
func (s *Store) Tie(x Tied) { s.ties = append(s.ties, x) }
