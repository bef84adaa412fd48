package enrol

import (
	"context"
	"slices"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Kinds of identity, by which a computer that registers is compared with those that are there.
const (
	BySerial  = "serial"
	ByUUID    = "uuid"
	ByMachine = "machine"
	ByMAC     = "mac"
)

// Identities lists the kinds.
var Identities = []string{BySerial, ByUUID, ByMAC, ByMachine}

// reconciling says by which kinds computers are compared. Without any, each new key is a new computer.
var reconciling = zone.Setting[[]string]{
	Name: "registration.reconcile", Default: Identities, Right: scope.RegistrationEdit,
	Check: func(kinds []string) error {
		known := func(k string) bool { return !slices.Contains(Identities, k) }
		if len(kinds) > len(Identities) || slices.ContainsFunc(kinds, known) {
			return problem.New(problem.Invalid, "registration.reconcile", "Computers are compared by serial, uuid, machine and mac.").WithField("by")
		}
		return nil
	},
}

// Reconciling tells by what a computer that registers is compared with those that are there, with the setting's version. It
// needs the right registration.read.
func (s *Store) Reconciling(ctx context.Context, c scope.Caller) ([]string, int64, error) {
	if err := c.Require(scope.RegistrationRead); err != nil {
		return nil, 0, err
	}
	return zone.Get(ctx, s.db, reconciling)
}

// Reconcile changes by what computers are compared. version is the one that the caller has seen.
func (s *Store) Reconcile(ctx context.Context, c scope.Caller, by []string, version int64) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { return zone.Set(ctx, s.with.Zone, tx, c, reconciling, by, version) })
}

// hollow are what makers write where an identity should stand.
var hollow = []string{
	"", "none", "n/a", "na", "null", "unknown", "default", "default string", "system serial number", "serial number", "not specified",
	"not applicable", "to be filled by o.e.m.", "to be filled by oem", "o.e.m.", "oem", "invalid", "empty", "chassis serial number",
	"0123456789", "123456789", "1234567890", "03000200-0400-0500-0006-000700080009", "12345678-1234-5678-90ab-cddeefaabbcc",
}

// telling returns the form in which an identity is compared; "" for what many machines tell.
func telling(value string) string {
	v := sqldb.Fold(value)
	if slices.Contains(hollow, v) {
		return ""
	}
	if first := string([]rune(v)[:1]); strings.Trim(v, first+"-: .") == "" { // zeros, or all the same
		return ""
	}
	return v
}

// identity is what of the facts can be recognised again, by kind.
func (f ComputerFacts) identity() map[string][]string {
	known := make(map[string][]string, len(Identities))
	for kind, values := range map[string][]string{BySerial: {f.Serial}, ByUUID: {f.UUID}, ByMachine: {f.Machine}, ByMAC: f.MACs} {
		for _, v := range values {
			if v = telling(v); v != "" {
				known[kind] = append(known[kind], v)
			}
		}
	}
	return known
}

// IdentityOf returns by what a computer would be recognised when it comes again, by kind. It needs the right device.read over
// the computer.
func (s *Store) IdentityOf(ctx context.Context, c scope.Caller, device string) (map[string][]string, error) {
	if _, err := s.with.Devices.Find(ctx, s.db, c, scope.DeviceRead, device); err != nil {
		return nil, err
	}
	return identityOf(ctx, s.db, device)
}

func identityOf(ctx context.Context, q sqldb.Querier, device string) (map[string][]string, error) {
	return sqldb.Gather(ctx, q, "SELECT kind, value FROM computer_identity WHERE device = $1 ORDER BY kind, value", device)
}

// Match is a computer that is there and tells the same of itself.
type Match struct {
	Device  string   `json:"device"`
	By      []string `json:"by"`                // kinds in which they agree
	Against []string `json:"against,omitempty"` // kinds that both tell, and tell differently
}

// maxMatches bounds the computers that one registration is compared with.
const maxMatches = 10

// recognise returns the computers that agree with the facts in any of the kinds that count, and first the one whose one-time
// code was shown, if any was, whether it agrees or not.
func recognise(ctx context.Context, q sqldb.Querier, f ComputerFacts, own string) ([]Match, error) {
	kinds, _, err := zone.Get(ctx, q, reconciling)
	if err != nil {
		return nil, err
	}
	told := f.identity()
	var ids []string
	for _, kind := range kinds {
		if len(told[kind]) == 0 {
			continue
		}
		var a sqldb.Args
		list, err := sqldb.All(ctx, q, sqldb.Scan1[string], "SELECT DISTINCT device FROM computer_identity WHERE kind = "+a.Add(kind)+
			" AND value IN "+a.In(told[kind]...)+" ORDER BY device LIMIT "+a.Add(maxMatches), a.List()...)
		if err != nil {
			return nil, err
		}
		ids = append(ids, list...)
	}
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == own })
	if own != "" {
		ids = append([]string{own}, ids...)
	}
	matches := make([]Match, 0, min(len(ids), maxMatches))
	for _, id := range ids[:min(len(ids), maxMatches)] {
		m, err := compare(ctx, q, id, told)
		if err != nil {
			return nil, err
		}
		matches = append(matches, m)
	}
	return matches, nil
}

// compare tells in what a computer that is there agrees with what is told.
func compare(ctx context.Context, q sqldb.Querier, id string, told map[string][]string) (Match, error) {
	m := Match{Device: id}
	known, err := identityOf(ctx, q, id)
	if err != nil {
		return m, err
	}
	for _, kind := range Identities {
		agree := slices.ContainsFunc(told[kind], func(v string) bool { return slices.Contains(known[kind], v) })
		switch {
		case agree:
			m.By = append(m.By, kind)
		case len(known[kind]) == 0 || len(told[kind]) == 0, kind == ByMachine, kind == ByMAC && len(m.By) > 0:
			// A system that is set up anew has another id, and network cards come and go.
		default:
			m.Against = append(m.Against, kind)
		}
	}
	return m, nil
}

// identify keeps by what a computer is recognised. What it does not tell any more is forgotten, but for what an
// administrator has said of one that never came.
func identify(ctx context.Context, tx *sqldb.Tx, id string, f ComputerFacts) error {
	for kind, values := range f.identity() {
		if _, err := tx.Exec(ctx, "DELETE FROM computer_identity WHERE device = $1 AND kind = $2", id, kind); err != nil {
			return err
		}
		for _, v := range values {
			_, err := tx.Exec(ctx, "INSERT INTO computer_identity (device, kind, value) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", id, kind, v)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// forget has nobody recognised as a computer that was taken out of the zone, and ends its one-time code and what was to be decided over it.
func (s *Store) forget(ctx context.Context, tx *sqldb.Tx, id string, to device.State) error {
	if to != device.Removed {
		return nil
	}
	if _, err := tx.Exec(ctx, "DELETE FROM computer_identity WHERE device = $1", id); err != nil {
		return err
	}
	if err := s.settleMoved(ctx, tx, id); err != nil {
		return err
	}
	return s.endCodes(ctx, tx, id)
}
