package companion

import (
	"context"

	"drover/internal/core/platform"
)

// DuressPath is where a call for help is raised.
const DuressPath = "/duress"

// duress takes a device's word that its user was forced to unlock it. The answer is the same whether anybody is told or
// not, and neither the device's page nor its owner's tells of it: who stands behind the user sees the same screens.
func (s *Service) duress(ctx context.Context, _ *Signed) (*none, error) {
	p, err := s.proof(ctx)
	if err != nil {
		return nil, err
	}
	d, err := s.device(ctx, p.Device)
	if err != nil {
		return nil, err
	}
	e, err := s.Effective(ctx, d)
	if err != nil {
		return nil, err
	}
	to := e.Value(platform.LockDuressAddress).Line()
	if !e.Value(platform.LockDuress).IsTrue() || to == "" {
		return &none{}, nil
	}
	return &none{}, s.Duress.Raise(ctx, d, to)
}
