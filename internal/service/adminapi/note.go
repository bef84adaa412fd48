package adminapi

import (
	"context"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/scope"
)

const quorumZero = "Nobody else has to approve what destroys: one stolen login can erase devices up to the budgets. " +
	"Make a second administrator; from then on one more person must approve."

// note tells what an administrator should know on every page.
func (a *API) note(ctx context.Context, c scope.Caller, s *adminv1.Session) error {
	rules, _, err := a.Safety.Rules(ctx, c)
	if problem.Is(err, problem.Forbidden) {
		return nil
	}
	if err != nil {
		return err
	}
	s.Zone.Quorum = rules.Quorum
	notes, err := a.notes(ctx, c)
	s.Notes = append(s.Notes, notes...)
	if err != nil {
		return err
	}
	until, err := a.held(ctx, c)
	if !until.IsZero() {
		s.Notes = append(s.Notes, adminv1.Note{
			Code: "safety.probation", Title: "Your account is new or was reset",
			Text: "Until " + until.Format(heldFormat) + " you neither order nor approve anything destructive.",
		})
	}
	return err
}

// notes are about the zone's safety, as far as the caller may know of it.
func (a *API) notes(ctx context.Context, c scope.Caller) ([]adminv1.Note, error) {
	notes := []adminv1.Note{}
	rules, _, err := a.Safety.Rules(ctx, c)
	if problem.Is(err, problem.Forbidden) {
		return notes, nil
	}
	if err != nil {
		return notes, err
	}
	if rules.Quorum == 0 {
		notes = append(notes, adminv1.Note{Code: "safety.quorum", Title: "Nobody approves wipes", Text: quorumZero})
	}
	b, err := a.Safety.Breaker(ctx, c)
	if problem.Is(err, problem.Forbidden) {
		return notes, nil
	}
	if b.Open {
		notes = append(notes, adminv1.Note{
			Code: "safety.breaker", Title: "The breaker is open",
			Text: "Nothing destructive is carried out until it is closed. It opened because " + b.Because + ".",
		})
	}
	return notes, err
}
