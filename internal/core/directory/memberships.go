package directory

import (
	"context"
	"slices"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// membersAtOnce bounds the users of one question.
const membersAtOnce = 1000

// Memberships returns the ids of the groups of each of the users; who is in none is not in it. It needs the right
// user.read over the whole zone, since a user's groups are the whole user's.
func (s *Store) Memberships(ctx context.Context, c scope.Caller, users ...string) (map[string][]string, error) {
	if err := c.Require(scope.UserRead); err != nil {
		return nil, err
	}
	found := map[string][]string{}
	for piece := range slices.Chunk(users, membersAtOnce) {
		var a sqldb.Args
		type row struct{ user, group string }
		rows, err := sqldb.All(ctx, s.db, func(r sqldb.Row) (x row, err error) {
			err = r.Scan(&x.user, &x.group)
			return x, err
		}, "SELECT end_user, user_group FROM user_group_member WHERE end_user IN "+a.In(piece...), a.List()...)
		if err != nil {
			return nil, err
		}
		for _, x := range rows {
			found[x.user] = append(found[x.user], x.group)
		}
	}
	return found, nil
}
