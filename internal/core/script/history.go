package script

import (
	"context"
	"math"

	"drover/internal/base/page"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Versions returns the versions of a script, the newest first, but for their texts. It needs the right script.read.
func (s *Store) Versions(ctx context.Context, c scope.Caller, id string, r page.Request) (page.Page[Version], error) {
	none := page.Page[Version]{}
	if _, err := s.Get(ctx, c, id); err != nil {
		return none, err
	}
	size, err := r.Size()
	if err != nil {
		return none, err
	}
	before := int64(math.MaxInt64)
	if r.After != "" {
		if before, _, err = page.Parse[int64](r.After); err != nil {
			return none, err
		}
	}
	rows, err := sqldb.All(ctx, s.db, scanRow, selectScript+" WHERE s.id = $1 AND v.number < $2 ORDER BY v.number DESC LIMIT $3", id, before, size+1)
	list := make([]Version, len(rows))
	for i, x := range rows {
		list[i] = x.Version
	}
	return page.Cut(list, size, func(v Version) string { return page.Cursor(v.Number, "") }), err
}

// Version returns one version of a script with its text. It needs the right script.read.
func (s *Store) Version(ctx context.Context, c scope.Caller, id string, number int64) (Version, error) {
	if err := c.Require(scope.ScriptRead); err != nil {
		return Version{}, err
	}
	x, err := sqldb.One(ctx, s.db, scanRow, selectScript+" WHERE s.id = $1 AND v.number = $2", id, number)
	if err != nil {
		return Version{}, missing(err)
	}
	whole, err := s.open(ctx, x)
	return whole.Version, err
}
