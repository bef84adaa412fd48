package access

import (
	"context"
	"slices"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// rememberedAtOnce is how many devices one statement names.
const rememberedAtOnce = 500

// Remember reads what is said of single devices into memory, as far as it is not there, many with one statement: before
// thousands are decided on at once. It needs the right access.read.
func (s *Store) Remember(ctx context.Context, c scope.Caller, ids []string) error {
	if err := c.Require(scope.AccessRead); err != nil {
		return err
	}
	revision, err := s.with.Revision.People()
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		_, known := s.overrides.Get(revision, id)
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
	said := make(map[string]override, len(ids)) // of most devices nothing is said, and that is remembered too
	var a sqldb.Args
	_, err := sqldb.All(ctx, s.with.DB, func(r sqldb.Row) (id string, err error) {
		var o override
		var expires int64
		err = r.Scan(&id, &o.action, &o.note, &expires)
		o.expires = sqldb.Time(expires)
		said[id] = o
		return id, err
	}, "SELECT device, action, note, expires_at FROM access_override WHERE device IN "+a.In(ids...), a.List()...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		s.overrides.Put(revision, id, said[id], revision)
	}
	return nil
}
