package door

import (
	"context"

	"drover/internal/base/problem"
	"drover/internal/core/scope"
)

// maxLooked bounds the visits among which the latest address of a device is looked for.
const maxLooked = 50

// Preview returns what a computer would be told of the zone's servers, from an address or, without one, from the one that its
// device has come from last. Without a device it is one that nobody knows yet.
func (s *Store) Preview(ctx context.Context, c scope.Caller, a Asker) (Asker, Closest, error) {
	if err := c.Require(scope.ServiceRead); err != nil {
		return a, Closest{}, err
	}
	if !a.Addr.IsValid() && a.Device != "" {
		seen, err := s.uses(ctx, Filtered{Days: maxDays, Kind: scope.Device, Caller: a.Device}, maxLooked)
		if err != nil {
			return a, Closest{}, err
		}
		for _, u := range seen {
			if u.Address.IsValid() {
				a.Addr = u.Address
				break
			}
		}
	}
	if !a.Addr.IsValid() {
		return a, Closest{}, problem.New(problem.Invalid, "doors.address", "Nothing is kept of where this device came from: give an address.").WithField("address")
	}
	v, err := newest(ctx, s.db)
	if err != nil {
		return a, Closest{}, err
	}
	list, err := nodes(ctx, s.db)
	return a, v.Document.Closest(list, a, s.with.Clock.Now()), err
}

// Gaps tells where a document leaves computers without any server, as [Document.Gaps] does, by the servers that there are.
func (s *Store) Gaps(ctx context.Context, c scope.Caller, d Document) ([]string, error) {
	if err := c.Require(scope.ServiceRead); err != nil {
		return nil, err
	}
	list, err := nodes(ctx, s.db)
	return d.Gaps(list, s.with.Clock.Now()), err
}
