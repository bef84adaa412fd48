package enrol

import (
	"context"
	"errors"
	"slices"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
)

var (
	errReview = problem.New(problem.Forbidden, "registration.review",
		"An administrator decides first whether this computer comes in.")
	errRefused = problem.New(problem.Forbidden, "registration.refused",
		"This computer is not let into the zone: ask your administrator.")
)

// admit decides what becomes of a computer that has shown an authorization key or a one-time code; the zero one where it has
// shown none. It takes the key's use, both of a computer that comes in and of one that waits for an administrator. It is asked
// in the transaction that takes the computer in.
func (s *Store) admit(ctx context.Context, tx *sqldb.Tx, x Coming, a AuthKey) (Admission, error) {
	v, err := s.reviewBy(ctx, tx, x.Own)
	if err == nil {
		return s.reviewed(ctx, tx, v, x)
	}
	if !errors.Is(err, sqldb.ErrNotFound) {
		return Admission{}, err
	}
	t, err := judge(ctx, tx, x, a.shown())
	if err != nil {
		return Admission{}, err
	}
	matches, err := recognise(ctx, tx, x.Facts, a.Device)
	if err != nil {
		return Admission{}, err
	}
	why, err := s.doubt(ctx, tx, t, matches, a)
	switch {
	case err != nil:
		return Admission{}, err
	case a.ID == "" && why != WhyApproved:
		return Admission{Refusal: errUnapproved}, nil
	case t.Verdict == Refuse:
		return Admission{Refusal: errRefused}, s.refusedComputer(ctx, tx, x.Addr, a.ID, t.Rule)
	case why != "":
		return s.wait(ctx, tx, x, a, Review{Why: why, Rule: t.Rule, Matches: matches})
	}
	return Admission{Decision: t.Decision, Device: a.Device}, s.spend(ctx, tx, a)
}

// shown is what the key says of a computer's place. One with a computer of its own has placed it already.
func (a AuthKey) shown() Shown { return Shown{Place: a.Place, Origin: FromKey} }

// doubt returns why an administrator decides first; "" when nobody has to. What a computer tells of itself never makes it
// one that is there: that takes the one-time code of it, or an administrator.
func (s *Store) doubt(ctx context.Context, q sqldb.Querier, t Trail, matches []Match, a AuthKey) (Why, error) {
	if a.Device != "" {
		return differs(matches, a.Device), nil
	}
	if len(matches) == 1 {
		waits, err := s.awaited(ctx, q, matches[0].Device)
		if err != nil || waits {
			return WhyApproved, err
		}
	}
	switch {
	case len(matches) > 1:
		return WhySeveral, nil
	case len(matches) == 1 && len(matches[0].Against) > 0:
		return WhyCloned, nil
	case len(matches) == 1:
		return WhyAgain, nil
	case t.Verdict == ToReview:
		return WhyRule, nil
	}
	return "", nil
}

// differs returns the doubt over a computer that has shown the one-time code of a device: it tells otherwise than was said
// of it beforehand, or the same as another.
func differs(matches []Match, own string) Why {
	if slices.ContainsFunc(matches, func(m Match) bool { return m.Device != own || len(m.Against) > 0 }) {
		return WhyDiffers
	}
	return ""
}

// place puts a computer that comes in where its admission says. One that is there already stays where it is.
func (s *Store) place(ctx context.Context, tx *sqldb.Tx, d device.Device, x Coming, a Admission) error {
	if err := identify(ctx, tx, d.ID, x.Facts); err != nil {
		return err
	}
	if a.Device != "" {
		return s.endCodes(ctx, tx, d.ID)
	}
	return s.settle(ctx, tx, d.ID, a.Decision, x, d.OwnerName)
}
