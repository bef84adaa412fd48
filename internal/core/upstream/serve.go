package upstream

import (
	"context"
	"slices"

	"drover/internal/base/sqldb"
)

// Serves tells whether the zone serves a mail domain: one of its mail servers names it, or none names any.
func (s *Store) Serves(ctx context.Context, domain string) (bool, error) {
	t, err := s.current(ctx)
	if err != nil {
		return false, err
	}
	named := false
	for _, server := range t.servers {
		named = named || len(server.Domains) > 0
		if slices.Contains(server.Domains, sqldb.Fold(domain)) {
			return true, nil
		}
	}
	return !named, nil
}
