package directory

import (
	"context"
	"slices"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// rememberedAtOnce is how many users one statement names.
const rememberedAtOnce = 500

// Remember reads users and their groups into memory, as far as they are not there, many with one statement: before
// decisions on thousands of devices at once, which then ask for none of them one by one. Who is not there any more is
// passed over. Drover itself may ask, and who may see all users.
func (s *Store) Remember(ctx context.Context, c scope.Caller, ids []string) error {
	if err := c.Require(scope.UserRead); err != nil {
		return err
	}
	revision, err := s.revision.People()
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(ids))), func(id string) bool {
		_, known := s.members.Get(revision, id)
		return known
	})
	for part := range slices.Chunk(ids, rememberedAtOnce) {
		if err := s.remember(ctx, revision, part); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) remember(ctx context.Context, revision int64, ids []string) error {
	var a sqldb.Args
	users, err := sqldb.All(ctx, s.db, scanUser, "SELECT "+userColumns+" FROM end_user u WHERE u.erased_at = 0 AND u.id IN "+a.In(ids...), a.List()...)
	if err != nil {
		return err
	}
	var b sqldb.Args
	groups, err := sqldb.Gather(ctx, s.db, "SELECT end_user, user_group FROM user_group_member WHERE end_user IN "+b.In(ids...)+
		" ORDER BY end_user, user_group", b.List()...)
	if err != nil {
		return err
	}
	for _, u := range users {
		s.names.Put(revision, sqldb.Fold(u.Name), u, u.Version)
		s.members.Put(revision, u.ID, groups[u.ID], revision)
	}
	return nil
}
