package door

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"
	"unicode/utf8"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

var errChanged = problem.New(problem.Precondition, "doors.changed",
	"The doors have been changed in the meantime: look at them again before you change them.")

// maxReason bounds why a change is made, in characters.
const maxReason = 500

// Change has the document become another. number is the version that the caller has seen. It is a problem of kind
// Conflict when the caller would shut out the address that the caller comes from.
func (s *Store) Change(ctx context.Context, c scope.Caller, number int64, reason string, to Document) (Version, error) {
	return s.write(ctx, c, number, reason, func(context.Context, *sqldb.Tx, Document) (Document, int64, error) { return to, 0, nil })
}

// RollBack writes an older version once more, as the newest.
func (s *Store) RollBack(ctx context.Context, c scope.Caller, number int64, reason string, to int64) (Version, error) {
	return s.write(ctx, c, number, reason, func(ctx context.Context, tx *sqldb.Tx, _ Document) (Document, int64, error) {
		v, err := version(ctx, tx, to)
		return v.Document, to, err
	})
}

// Switch switches a service on or off, on one server or, for "", in the zone.
func (s *Store) Switch(ctx context.Context, c scope.Caller, number int64, reason, server string, name zone.Service, on bool) (Version, error) {
	row, known := Lookup(name)
	switch {
	case !known && name != Management:
		return Version{}, problem.New(problem.NotFound, "service.unknown", "There is no such service.")
	case row.Required && !on:
		return Version{}, problem.New(problem.Conflict, "service.required", "This service cannot be switched off: nothing could switch it on again.")
	}
	return s.write(ctx, c, number, reason, func(_ context.Context, _ *sqldb.Tx, d Document) (Document, int64, error) {
		d.At(server).Settle(name).On = &on
		return d, 0, nil
	})
}

// OpenAdministration takes every rule by address from what administrators call, on every server: the way back for who is shut
// out, from the server's own shell.
func (s *Store) OpenAdministration(ctx context.Context, c scope.Caller, reason string) (Version, error) {
	now, err := s.Current(ctx, c)
	if err != nil {
		return now, err
	}
	return s.write(ctx, c, now.Number, reason, func(_ context.Context, _ *sqldb.Tx, d Document) (Document, int64, error) {
		d.Zone.openAdministration()
		for i := range d.Servers {
			d.Servers[i].openAdministration()
		}
		return d, 0, nil
	})
}

func (p *Place) openAdministration() {
	p.Administration = nil
	for i := range p.Services {
		if row, known := Lookup(p.Services[i].Service); known && row.Category() == Administration {
			p.Services[i].Filter = nil
		}
	}
}

// write writes the next version in one transaction with its audit record.
func (s *Store) write(ctx context.Context, c scope.Caller, number int64, reason string,
	fn func(context.Context, *sqldb.Tx, Document) (Document, int64, error),
) (next Version, err error) {
	if err := c.Require(scope.ServiceEdit); err != nil {
		return next, err
	}
	reason = strings.TrimSpace(reason)
	if utf8.RuneCountInString(reason) > maxReason || !utf8.ValidString(reason) {
		return next, problem.Newf(problem.Invalid, "doors.reason", "A reason has at most %d characters.", maxReason).WithField("reason")
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		now, err := newest(ctx, tx)
		if err != nil {
			return err
		}
		if now.Number != number {
			return errChanged
		}
		before, err := now.Document.clone()
		if err != nil {
			return err
		}
		next = Version{Number: number + 1, At: s.with.Clock.Now(), CallerKind: c.Kind, Caller: c.ID, Reason: reason}
		if next.Document, next.From, err = fn(ctx, tx, now.Document); err != nil {
			return err
		}
		return s.keep(ctx, tx, c, before, &next)
	})
	return next, err
}

// keep checks a version and writes it.
func (s *Store) keep(ctx context.Context, tx *sqldb.Tx, c scope.Caller, before Document, next *Version) error {
	next.Document.tidy()
	if err := next.Document.Check(); err != nil {
		return err
	}
	addresses, err := s.addresses(ctx, tx)
	if err != nil {
		return err
	}
	if err := s.stays(c, &next.Document, addresses); err != nil {
		return err
	}
	if err := s.insert(ctx, tx, c, *next); err != nil {
		return err
	}
	err = s.with.Log.Append(ctx, tx, audit.Record{
		Action: "doors.changed", Caller: c, Subject: audit.Subject{Kind: "doors", ID: "zone"}, Reason: next.Reason,
		Before: edition{next.Number - 1, nil}, After: edition{next.Number, Diff(before, next.Document)},
	})
	if err != nil {
		return err
	}
	return s.with.Zone.Bump(ctx, tx)
}

// edition is what the audit log holds of a version; the version itself is kept whole.
type edition struct {
	Version int64        `json:"version"`
	Changes []Difference `json:"changes,omitempty"`
}

// stays refuses a document by which the caller would be shut out of administration on the server that the call came
// through, or by which everybody would be once its rules have ended. The shell has no address and is never shut out.
func (s *Store) stays(c scope.Caller, d *Document, servers []netip.Addr) error {
	if !c.Addr.IsValid() {
		return nil
	}
	plan := d.Compile(s.with.Self, servers)
	for _, name := range []zone.Service{zone.ServiceAdminAPI, zone.ServiceDashboard} {
		if !plan[name].Admits(c.Addr, s.with.Clock.Now()) {
			return problem.Newf(problem.Conflict, "doors.lockout",
				"This would shut out you yourself: %s could not be reached from your address %s any more. Let that address in first.", name, c.Addr)
		}
		if d.Reaches(s.with.Self, name, ended) == Nobody {
			return problem.Newf(problem.Conflict, "doors.lockout",
				"Once the rules that end have ended, nobody could reach %s any more. Let some address in for good.", name)
		}
	}
	return nil
}

// clone returns a copy that shares nothing.
func (d *Document) clone() (out Document, err error) {
	text, err := json.Marshal(d)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	return out, err
}
