package safety

import (
	"fmt"
	"time"

	"drover/internal/base/problem"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Class is a kind of destructive act.
type Class string

// The classes.
const (
	WipeFull         Class = "wipe.full"
	WipeAccount      Class = "wipe.account"
	WipeCard         Class = "wipe.card"
	RemoveDevice     Class = "device.remove"
	AdminChange      Class = "admin.change"  // creating or re-enabling an administrator
	RoleChange       Class = "role.change"   // a role's rights, or who has it
	FactorChange     Class = "factor.change" // another administrator's password or second factor
	SafetyChange     Class = "safety.change" // loosening the rules below, closing the breaker
	KeyDisclosure    Class = "key.disclose"
	DestructiveToken Class = "token.destructive"
	UserErase        Class = "user.erase"
	MailServer       Class = "upstream.change" // where the users' passwords go
	ScriptRun        Class = "script.run"      // on many computers
)

// Budget bounds acts within an hour and a day.
type Budget struct {
	Hour int `json:"hour"`
	Day  int `json:"day"`
}

// Rules are the zone's settings for destructive acts. Durations are in seconds.
type Rules struct {
	// Quorum is how many administrators besides the one who asks must approve, 0 to 5. It starts at 0, when one
	// administrator is all there is, and becomes 1 when the second is made.
	Quorum int `json:"quorum"`
	// Delay is the time between approval and delivery in which an act can still be cancelled; BatchDelay is the one for
	// acts on more than one device. Both up to 7 days.
	Delay      int `json:"delay"`
	BatchDelay int `json:"batchDelay"`
	// Expiry ends an approval that was not given. 10 minutes to 30 days.
	Expiry int `json:"expiry"`
	// Probation is how long a new or reset administrator neither approves nor orders anything destructive; up to 30 days.
	Probation int `json:"probation"`
	// Budgets for acts on devices: of one administrator, of all who hold one role, of the zone (what administrators do,
	// and what users do to their own devices, each by itself), of one user for the user's own devices.
	Actor Budget `json:"actor"`
	Role  Budget `json:"role"`
	Zone  Budget `json:"zone"`
	Self  Budget `json:"self"`
	// PassUpstream carries out a mail server's own order to wipe without asking anybody.
	PassUpstream bool `json:"passUpstream"`
	// Scripts is how many computers a script may reach that nobody else has approved, 0 to 100,000.
	Scripts int `json:"scripts"`
}

// DefaultRules are in force in a new zone.
var DefaultRules = Rules{
	Quorum: 0, Delay: 0, BatchDelay: 600, Expiry: 24 * 3600, Probation: 24 * 3600,
	Actor: Budget{5, 20}, Role: Budget{10, 40}, Zone: Budget{20, 60}, Self: Budget{3, 6}, Scripts: 10,
}

// Setting keeps the rules.
var Setting = zone.Setting[Rules]{Name: "safety.rules", Default: DefaultRules, Right: scope.SafetyEdit, Check: Rules.check}

const (
	day       = 24 * 3600
	maxBudget = 100000
)

func (r Rules) check() error {
	bounds := []struct {
		name      string
		v, lo, hi int
	}{
		{"quorum", r.Quorum, 0, 5},
		{"delay", r.Delay, 0, 7 * day},
		{"batchDelay", r.BatchDelay, 0, 7 * day},
		{"expiry", r.Expiry, 600, 30 * day},
		{"probation", r.Probation, 0, 30 * day},
		{"actor.hour", r.Actor.Hour, 1, maxBudget},
		{"actor.day", r.Actor.Day, r.Actor.Hour, maxBudget},
		{"role.hour", r.Role.Hour, 1, maxBudget},
		{"role.day", r.Role.Day, r.Role.Hour, maxBudget},
		{"zone.hour", r.Zone.Hour, 1, maxBudget},
		{"zone.day", r.Zone.Day, r.Zone.Hour, maxBudget},
		{"self.hour", r.Self.Hour, 1, maxBudget},
		{"self.day", r.Self.Day, r.Self.Hour, maxBudget},
		{"scripts", r.Scripts, 0, maxBudget},
	}
	var faults []problem.Field
	for _, b := range bounds {
		if b.v < b.lo || b.v > b.hi {
			faults = append(faults, problem.Field{Name: b.name, Message: fmt.Sprintf("must be %d to %d", b.lo, b.hi)})
		}
	}
	if len(faults) > 0 {
		return problem.New(problem.Invalid, "safety.rules", "A value is out of its bounds.").WithFields(faults...)
	}
	return nil
}

// looser tells whether n allows anything that r does not.
func (r Rules) looser(n Rules) bool {
	return n.Quorum < r.Quorum || n.Delay < r.Delay || n.BatchDelay < r.BatchDelay || n.Expiry > r.Expiry ||
		n.Probation < r.Probation || n.Actor.over(r.Actor) || n.Role.over(r.Role) || n.Zone.over(r.Zone) || n.Self.over(r.Self) ||
		(n.PassUpstream && !r.PassUpstream) || n.Scripts > r.Scripts
}

func (b Budget) over(o Budget) bool { return b.Hour > o.Hour || b.Day > o.Day }

// DelayFor returns how long an act on so many devices waits after approval.
func (r Rules) DelayFor(devices int) time.Duration {
	if devices > 1 {
		return time.Duration(max(r.Delay, r.BatchDelay)) * time.Second
	}
	return time.Duration(r.Delay) * time.Second
}
