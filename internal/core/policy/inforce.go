package policy

import (
	"cmp"
	"context"
	"slices"

	"drover/internal/core/scope"
)

// Holding is a version of a suite that some device may have to obey.
type Holding struct {
	Suite   string // its name
	Version Version
	Staged  bool // it is being rolled out: some of the suite's devices have it already
}

// InForce returns every version of every suite that is assigned to anybody, those that are being rolled out included, by
// name. What none of them asks for, no suite asks of any device. It needs the right policy.read over the whole zone.
func (s *Store) InForce(ctx context.Context, c scope.Caller) ([]Holding, error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return nil, err
	}
	l, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var out []Holding
	for _, a := range l.assignments {
		x, ok := l.suites[a.Suite]
		if !ok || seen[a.Suite] {
			continue
		}
		seen[a.Suite] = true
		out = append(out, Holding{Suite: x.name, Version: x.now})
		if x.staged != nil {
			out = append(out, Holding{Suite: x.name, Version: x.staged.version, Staged: true})
		}
	}
	slices.SortFunc(out, func(a, b Holding) int {
		return cmp.Or(cmp.Compare(a.Suite, b.Suite), cmp.Compare(a.Version.Number, b.Version.Number))
	})
	return out, nil
}
