package scope

import (
	"net/netip"
	"slices"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// Kind says what kind of being calls.
type Kind string

// The kinds of callers.
const (
	Admin    Kind = "admin"    // an administrator with a session
	Token    Kind = "token"    // an administrator's API token
	User     Kind = "user"     // the owner of devices, in the portal
	Device   Kind = "device"   // a device, by its channel
	Upstream Kind = "upstream" // a mail server, by what it answered
	Internal Kind = "system"   // Drover itself, or its operator at the server's shell
)

// Grant is one role in force: some rights, over some devices.
type Grant struct {
	Role   string // the role's id, by which budgets count
	Rights []Right
	// Groups limits the grant to the devices in these groups; nil means the whole zone.
	Groups []string
}

// Compliance is the part of the system that acts for the rules of compliance. It is no operator: what it asks for needs the
// approval of people, as an administrator's does.
const Compliance = "compliance"

// Caller is who asks. Its ids are pseudonyms (row ids), never names.
type Caller struct {
	Kind    Kind
	ID      string     // the administrator, user, device or mail server; the part's name for system
	Token   string     // the API token's id, for Kind Token
	Session string     // the session's id, for Kind Admin; the key's, for a device that has one
	Addr    netip.Addr // where the call came from; the zero value for system
	Grants  []Grant
}

// System returns the caller for what Drover does by itself; part names the part that acts ("sealer", "shell").
// It may do everything in the whole zone.
func System(part string) Caller {
	all := make([]Right, len(catalogue))
	for i, d := range catalogue {
		all[i] = d.Right
	}
	return Caller{Kind: Internal, ID: part, Grants: []Grant{{Rights: all}}}
}

// Scope tells to which devices the right reaches for this caller; a problem of kind Forbidden when to none. The rights of
// a user reach the user's own devices and no others, whatever the grant says.
func (c Caller) Scope(r Right) (Scope, error) {
	var s Scope
	for _, g := range c.Grants {
		if !slices.Contains(g.Rights, r) {
			continue
		}
		if c.Kind == User {
			return c.owned(r)
		}
		if g.Groups == nil {
			return Scope{all: true}, nil
		}
		s.groups = append(s.groups, g.Groups...)
	}
	if len(s.groups) == 0 {
		return Scope{}, c.Lacks(r)
	}
	slices.Sort(s.groups)
	s.groups = slices.Compact(s.groups)
	return s, nil
}

func (c Caller) owned(r Right) (Scope, error) {
	if c.ID == "" {
		return Scope{}, c.Lacks(r)
	}
	return Scope{owner: c.ID}, nil
}

// Self returns the user who calls: for what is shown to its owner alone. A problem of kind Forbidden for all others.
func (c Caller) Self() (string, error) {
	if c.Kind != User || c.ID == "" {
		return "", problem.New(problem.Forbidden, "right.self", "This is for the user whom it is about alone.")
	}
	return c.ID, nil
}

// Require asks for the right over the whole zone: for subjects that belong to no device group.
func (c Caller) Require(r Right) error {
	s, err := c.Scope(r)
	if err != nil {
		return err
	}
	if !s.all {
		return problem.Newf(problem.Forbidden, "right.zone",
			"This needs the right %q for the whole zone; yours is limited to some devices.", r)
	}
	return nil
}

// Has tells whether the right reaches anything at all.
func (c Caller) Has(r Right) bool {
	_, err := c.Scope(r)
	return err == nil
}

// Lacks is the problem of a caller without the right.
func (c Caller) Lacks(r Right) error {
	who := "your role"
	if c.Kind == Token {
		who = "this API token"
	}
	return problem.Newf(problem.Forbidden, "right.missing", "This needs the right %q, which %s does not have.", r, who)
}

// Scope is the set of devices that a right reaches. The zero value reaches none.
type Scope struct {
	all    bool
	groups []string
	owner  string // the user whose devices alone are reached, or ""
}

// All tells whether the scope is the whole zone.
func (s Scope) All() bool { return s.all }

// Groups returns the device groups the scope is limited to; nil for the whole zone, and for the devices of one owner.
func (s Scope) Groups() []string { return slices.Clone(s.groups) }

// Owner returns the user to whose devices the scope is limited, or "".
func (s Scope) Owner() string { return s.owner }

// Devices returns an SQL condition that holds for the devices of the scope; column names the device's id.
func (s Scope) Devices(column string, a *sqldb.Args) string {
	if s.all {
		return "TRUE"
	}
	if s.owner != "" {
		return "EXISTS (SELECT 1 FROM device sd WHERE sd.id = " + column + " AND sd.owner = " + a.Add(s.owner) + ")"
	}
	return "EXISTS (SELECT 1 FROM device_group_member sm WHERE sm.device = " + column +
		" AND sm.device_group IN " + a.In(s.groups...) + ")"
}

// Members returns an SQL condition that holds for the devices of one group; column names the device's id. It narrows what a
// scope reaches, and never stands alone.
func Members(column, group string, a *sqldb.Args) string {
	return column + " IN (SELECT gm.device FROM device_group_member gm WHERE gm.device_group = " + a.Add(group) + ")"
}

// Users returns an SQL condition that holds for the users who own a device of the scope, and for the owner that it is
// limited to; column names the user's id.
func (s Scope) Users(column string, a *sqldb.Args) string {
	if s.all {
		return "TRUE"
	}
	if s.owner != "" {
		return column + " = " + a.Add(s.owner)
	}
	return "EXISTS (SELECT 1 FROM device sd JOIN device_group_member sm ON sm.device = sd.id WHERE sd.owner = " + column +
		" AND sm.device_group IN " + a.In(s.groups...) + ")"
}
