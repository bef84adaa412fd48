package safety

import (
	"context"

	"drover/internal/base/sqldb"
)

// Open tells whether an act of this kind on this subject awaits approval already.
func (s *Safety) Open(ctx context.Context, q sqldb.Querier, kind, subject string) (bool, error) {
	n, err := sqldb.One(ctx, q, sqldb.Scan1[int], "SELECT count(*) FROM approval WHERE kind = $1 AND subject = $2 AND state = 'awaiting'", kind, subject)
	return n > 0, err
}
