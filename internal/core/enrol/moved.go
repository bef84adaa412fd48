package enrol

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// movedOwn stands where a review has the key that a computer has made: there is one such review of each that is in.
func movedOwn(device string) string { return "moved:" + device }

// Tells judges what a computer that is in tells of itself. It returns false where that is another machine than the one that came
// in: its disk was copied with the agent on it, so that two hold one key, or a part was changed. An administrator decides which,
// as a review of [WhyMoved]; until then both do their work. For the device alone.
func (s *Store) Tells(ctx context.Context, p Proof, f ComputerFacts, from netip.Addr) (same bool, err error) {
	kinds, _, err := zone.Get(ctx, s.db, reconciling)
	if err != nil {
		return false, err
	}
	m, err := compare(ctx, s.db, p.Device, f.identity())
	if err != nil || !slices.ContainsFunc(m.Against, func(kind string) bool { return kind != ByMAC && slices.Contains(kinds, kind) }) {
		return err == nil, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.doubtMoved(ctx, tx, p, f, from) })
	// At the same moment by the other machine, or as many wait as can: it tells the same again tomorrow.
	if errors.Is(err, sqldb.ErrConflict) || problem.Is(err, problem.Throttled) {
		err = nil
	}
	return false, err
}

func (s *Store) doubtMoved(ctx context.Context, tx *sqldb.Tx, p Proof, f ComputerFacts, from netip.Addr) error {
	if err := s.renewable(ctx, tx, p); err != nil { // the decision may have been made a moment ago
		return err
	}
	own := movedOwn(p.Device)
	v, err := s.reviewBy(ctx, tx, own)
	switch {
	case err == nil && v.State == Open:
		return nil
	case err != nil && !errors.Is(err, sqldb.ErrNotFound):
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM registration_review WHERE own_key = $1", own); err != nil {
		return err
	}
	matches, err := recognise(ctx, tx, f, p.Device) // it may tell what is another's
	if err != nil {
		return err
	}
	return s.open(ctx, tx, Review{Own: own, Key: p.Key, Why: WhyMoved, Facts: f, Addr: address(from), Matches: matches}, from)
}

// settleMoved ends the question which of two machines holds a key: the computer has another key now, or has gone.
func (s *Store) settleMoved(ctx context.Context, tx *sqldb.Tx, device string) error {
	open, err := sqldb.All(ctx, tx, sqldb.Scan1[string], "UPDATE registration_review SET state = 'done' WHERE own_key = $1 AND state = 'open' RETURNING id",
		movedOwn(device))
	for _, id := range open {
		s.announce(tx, id)
	}
	return err
}

// move carries out what an administrator has decided over the key that another machine showed: a computer with a changed part is
// recognised by what it tells now, and the key that two machines hold ends.
func (s *Store) move(ctx context.Context, tx *sqldb.Tx, c scope.Caller, v Review, d device.Device, to ReviewState) error {
	if to == DecideSame {
		return identify(ctx, tx, d.ID, v.Facts)
	}
	err := s.end(ctx, tx, c, d.ID, d.Owner, "copied")
	if !problem.Is(err, problem.Conflict) {
		return err
	}
	// It has ended already, and must not be good again when the computer is readmitted.
	_, err = tx.Exec(ctx, "UPDATE device_key SET because = 'copied' WHERE device = $1 AND channel = $2 AND because = 'retired'",
		d.ID, string(platform.Agent))
	return err
}
