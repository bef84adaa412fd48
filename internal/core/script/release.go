package script

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"drover/api/agentv1"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// payload is what an approved release needs. The digest ties the approval to the very text.
type payload struct {
	Number int64  `json:"number"`
	SHA256 string `json:"sha256"`
}

// release puts a version in force, or asks for the approval that it needs. A version that waits still is taken back: of one
// script the newest alone can come in force.
func (s *Store) release(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string, v Version) error {
	waiting, err := sqldb.All(ctx, tx, sqldb.Scan1[string], "SELECT approval FROM script_version WHERE script = $1 AND number < $2 AND state = 'awaiting'", id, v.Number)
	if err != nil {
		return err
	}
	for _, approval := range waiting {
		if err := s.with.Safety.Cancel(ctx, tx, c, approval); err != nil {
			return err
		}
	}
	rules, _, err := zone.Get(ctx, tx, safety.Setting)
	if err != nil {
		return err
	}
	if v.Reach <= rules.Scripts {
		return s.enforce(ctx, tx, id, v.Number, "")
	}
	a, err := s.with.Safety.Ask(ctx, tx, c, safety.Ask{
		Class: safety.ScriptRun, Kind: kindRun, Subject: id, Payload: payload{v.Number, digest(v.Text)}, Words: words(v),
	})
	if err != nil {
		return err
	}
	if a.State == safety.Approved {
		return s.enforce(ctx, tx, id, v.Number, a.ID)
	}
	_, err = tx.Exec(ctx, "UPDATE script_version SET approval = $1 WHERE script = $2 AND number = $3", a.ID, id, v.Number)
	return err
}

// enforce has computers run a version from now on.
func (s *Store) enforce(ctx context.Context, tx *sqldb.Tx, id string, number int64, approval string) error {
	_, err := tx.Exec(ctx, "UPDATE script_version SET state = 'approved', approval = $1 WHERE script = $2 AND number = $3", approval, id, number)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE script SET live = $1 WHERE id = $2 AND live < $3", number, id, number); err != nil {
		return err
	}
	return s.with.Zone.Bump(ctx, tx)
}

func (s *Store) approved(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	p, err := safety.Payload[payload](a)
	if err != nil {
		return err
	}
	return s.enforce(ctx, tx, a.Subject, p.Number, a.ID)
}

func (s *Store) rejected(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	p, err := safety.Payload[payload](a)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE script_version SET state = 'rejected' WHERE script = $1 AND number = $2 AND state = 'awaiting'", a.Subject, p.Number)
	return err
}

// For returns the scripts that a computer is to run, from memory where it can. Like a policy, they are no secret from the
// computer that runs them.
func (s *Store) For(ctx context.Context, d device.Device) ([]agentv1.Script, error) {
	list, err := s.current(ctx)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	in, err := s.with.Devices.GroupIDs(ctx, scope.System("script"), d.ID)
	if err != nil {
		return nil, err
	}
	if device.Quarantined(in) { // what is for all computers reaches it, as the default policies do, and what is for quarantine itself
		in = []string{device.QuarantineFolder}
	}
	on := platform.Resolve(d.PlatformFacts()).ID
	var out []agentv1.Script
	for _, x := range list {
		mine := len(x.Groups) == 0 || slices.ContainsFunc(x.Groups, func(g string) bool { return slices.Contains(in, g) })
		if mine && x.runsOn(on) {
			out = append(out, x.wire())
		}
	}
	return out, nil
}

// current returns the versions in force. One that nobody else has approved, because it reached few, is left out when it has
// come to reach many since.
func (s *Store) current(ctx context.Context) ([]Script, error) {
	revision, err := s.with.Revision.Current()
	if err != nil {
		return nil, err
	}
	if list, ok := s.live.Get(revision, struct{}{}); ok {
		return list, nil
	}
	rows, err := sqldb.All(ctx, s.db, scanRow, selectScript+" AND v.number = s.live ORDER BY s.id")
	if err != nil {
		return nil, err
	}
	rules, _, err := zone.Get(ctx, s.db, safety.Setting)
	if err != nil {
		return nil, err
	}
	list := []Script{}
	for _, r := range rows {
		if r.Approval == "" {
			n, err := s.with.Devices.CountAgents(ctx, s.db, r.Groups)
			if err != nil {
				return nil, err
			}
			if n > rules.Scripts {
				continue
			}
		}
		x, err := s.open(ctx, r)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	s.live.Put(revision, struct{}{}, list, 0)
	return list, nil
}
