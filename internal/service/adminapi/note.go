package adminapi

import (
	"context"
	"strings"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/audit"
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
			Text: "Nothing destructive is carried out until it is closed. It opened because " + strings.TrimSuffix(b.Because, ".") + ".",
		})
	}
	if err != nil {
		return notes, err
	}
	broken, err := a.brokenGlass(ctx, c)
	return append(notes, broken...), err
}

// glassTime is how long everybody who may read the audit log is reminded of an administrator made at the shell.
const glassTime = 7 * 24 * time.Hour

// brokenGlass tells of administrators who were made at the server's shell, past everybody's approval.
func (a *API) brokenGlass(ctx context.Context, c scope.Caller) ([]adminv1.Note, error) {
	list, _, err := a.Audit.List(ctx, c, audit.Filter{
		Action: "admin.created", Caller: scope.System("shell").ID, From: a.Clock.Now().Add(-glassTime),
	}, audit.Page{Limit: 1})
	if problem.Is(err, problem.Forbidden) || err == nil && len(list) == 0 {
		return nil, nil // not everybody may know
	}
	if err != nil {
		return nil, err
	}
	if first, err := a.firstOfAll(ctx, list[0]); err != nil || first {
		return nil, err
	}
	return []adminv1.Note{{
		Code: "safety.shell", Title: "An administrator was made at the server's shell",
		Text: "On " + list[0].At.Format(heldFormat) + ", without anybody's approval. If nobody of you did this, the server is in other hands.",
	}}, nil
}

// firstOfAll tells whether the record is of the zone's only administrator so far: that is setting up, and no news.
func (a *API) firstOfAll(ctx context.Context, made audit.Entry) (bool, error) {
	list, err := a.Admins.List(ctx, scope.System("note"))
	return len(list) == 1 && list[0].ID == made.Subject.ID, err
}
