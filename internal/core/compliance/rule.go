package compliance

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/platform"
)

// Condition is what a device must not be.
type Condition string

// The conditions.
const (
	Rooted          Condition = "rooted" // or jailbroken
	NotEncrypted    Condition = "not-encrypted"
	CardInClear     Condition = "card-not-encrypted"
	NoPasscode      Condition = "no-passcode"
	SIMRemoved      Condition = "sim-removed"
	SIMChanged      Condition = "sim-changed"
	Roaming         Condition = "roaming"
	PolicyMissing   Condition = "policy-not-taken" // the policy now in force was not acknowledged as a whole
	Silent          Condition = "no-contact"       // for Hours
	NoCompanion     Condition = "no-companion"     // mail alone, without the companion application
	CompanionSilent Condition = "companion-silent" // nothing told of the device's state for Hours
	WrongPlatform   Condition = "platform"         // none of Platforms
	OldSystem       Condition = "system-version"   // below the version in Versions for its platform
	ForbiddenApp    Condition = "forbidden-app"    // one of Apps is there
	MissingApp      Condition = "missing-app"      // one of Apps is not there
	TooMany         Condition = "too-many-devices" // its owner has more than Count
	Personal        Condition = "personal-device"  // it is not the organization's
	Unmanaged       Condition = "management-removed"
	PushLost        Condition = "push-lost"
	NoTouchDown     Condition = "touchdown-missing" // or not registered
	OutsideArea     Condition = "outside-area"      // its last position, of the last Area.Hours, is not within Area
	InsideArea      Condition = "inside-area"       // it is
)

// Description is a condition in words.
type Description struct {
	Condition Condition
	Words     string   // "The device is rooted or jailbroken"
	Mend      string   // what its owner does about it
	Needs     []string // the parameters: "hours", "platforms", "floors", "apps", "count", "area"
}

// Catalogue lists the conditions in the order in which people read them.
func Catalogue() []Description { return slices.Clone(catalogue) }

var catalogue = []Description{
	{Rooted, "The device is rooted or jailbroken", "Restore the system that its maker delivers.", nil},
	{NotEncrypted, "The device's storage is not encrypted", "Switch encryption on in the device's settings.", nil},
	{CardInClear, "The storage card is not encrypted", "Encrypt the card in the device's settings, or take it out.", nil},
	{NoPasscode, "The device has no passcode as the policy asks for", "Set a passcode in the device's settings.", nil},
	{SIMRemoved, "The SIM card has been taken out", "Put the SIM card back.", nil},
	{SIMChanged, "The SIM card is another one than at enrolment", "Put the first SIM card back, or ask an administrator.", nil},
	{Roaming, "The device is roaming", "It ends when the device is in its own network again.", nil},
	{PolicyMissing, "The device has not taken the policy that is in force", "Open the mail account and accept what it asks for.", nil},
	{Silent, "The device has not been in contact", "Switch the device on and let it synchronise.", []string{"hours"}},
	{NoCompanion, "The device has mail, but not the companion application", "Install the companion application and enrol with it.", nil},
	{CompanionSilent, "The companion application has not told of the device's state", "Open the companion application.", []string{"hours"}},
	{WrongPlatform, "The device's platform is not allowed", "Use a device of an allowed platform.", []string{"platforms"}},
	{OldSystem, "The device's system is too old", "Update the device's system.", []string{"floors"}},
	{ForbiddenApp, "A forbidden application is installed", "Remove the application.", []string{"apps"}},
	{MissingApp, "A required application is missing", "Install the application.", []string{"apps"}},
	{TooMany, "The owner has too many devices", "Unenrol devices that are not used.", []string{"count"}},
	{Personal, "The device is personal, not the organization's", "Use a device of the organization.", nil},
	{
		Unmanaged, "The management profile has been removed, or the application administers the device no more",
		"Install the management profile again, or let the companion application administer the device.", nil,
	},
	{
		PushLost, "The platform's push service does not reach the companion application",
		"Allow the companion application to be notified, and open it.", nil,
	},
	{NoTouchDown, "TouchDown is missing or not registered", "Install TouchDown and register it with the mail account.", nil},
	{OutsideArea, "The device is outside its area", "It ends when the device tells a position within the area.", []string{"area"}},
	{InsideArea, "The device is inside a forbidden area", "It ends when the device tells a position outside the area.", []string{"area"}},
}

func describe(c Condition) (Description, bool) {
	i := slices.IndexFunc(catalogue, func(d Description) bool { return d.Condition == c })
	if i < 0 {
		return Description{}, false
	}
	return catalogue[i], true
}

// Floor is the least version of a platform's system, from a day on.
type Floor struct {
	Platform platform.ID `json:"platform"`
	Version  string      `json:"version"`
	From     string      `json:"from,omitempty"` // the first day on which it is asked, 2027-01-31, in UTC; "" is always
}

// Rule is one condition with its consequences.
type Rule struct {
	ID      string `json:"-"`
	Name    string `json:"-"` // 1 to 128 bytes
	Enabled bool   `json:"-"`
	Version int64  `json:"-"`

	Condition Condition `json:"condition"`
	// UnknownCounts has an unknown answer count as a breach.
	UnknownCounts bool `json:"unknownCounts,omitempty"`

	// What conditions need, as [Description.Needs] says.
	Hours     int           `json:"hours,omitempty"` // 1 to 8760
	Platforms []platform.ID `json:"platforms,omitempty"`
	Floors    []Floor       `json:"floors,omitempty"` // of those of one platform, the highest that is asked by now holds
	Apps      []string      `json:"apps,omitempty"`   // ids; * at the end stands for any text
	Count     int           `json:"count,omitempty"`  // 1 to 100
	Area      *Area         `json:"area,omitempty"`

	// Whom the rule is for; empty is everybody.
	OnPlatforms  []platform.ID    `json:"onPlatforms,omitempty"`
	UserGroups   []string         `json:"userGroups,omitempty"`
	DeviceGroups []string         `json:"deviceGroups,omitempty"`
	Liability    device.Liability `json:"liability,omitempty"`

	// What follows. People are told at once; the rest comes after the grace.
	TellOwner bool          `json:"tellOwner,omitempty"`
	TellStaff bool          `json:"tellStaff,omitempty"`
	Grace     int           `json:"grace,omitempty"`  // hours, 0 to 8760
	Access    device.Access `json:"access,omitempty"` // "quarantine", "block", or ""
	// Mark is what the device is called meanwhile: stale, lost, or nothing.
	Mark device.Mark `json:"mark,omitempty"`
	// RetireAfter is how many days after the grace the device is retired, which an administrator can undo; 0 never, at most 365.
	RetireAfter int `json:"retireAfter,omitempty"`
	WipeAfter   int `json:"wipeAfter,omitempty"` // days after the grace until the organization's data is erased; 0 never, at most 365
}

const (
	maxName  = 128
	maxHours = 8760
	maxDays  = 365
	maxList  = 100
	maxRules = 100
)

func invalid(field, words string) error {
	return problem.New(problem.Invalid, "compliance."+field, words).WithField(field)
}

// check cleans a rule and says what is wrong with it.
func (r *Rule) check() error {
	r.Name = strings.TrimSpace(r.Name)
	if r.Name == "" || sqldb.Clean(r.Name, maxName) != r.Name {
		return invalid("name", "A rule has a name of 1 to 128 bytes.")
	}
	d, ok := describe(r.Condition)
	if !ok {
		return invalid("condition", "There is no such condition.")
	}
	for _, need := range d.Needs {
		if err := r.checkNeed(need); err != nil {
			return err
		}
	}
	return r.checkConsequences()
}

func (r *Rule) checkNeed(need string) error {
	switch need {
	case "hours":
		if r.Hours < 1 || r.Hours > maxHours {
			return invalid("hours", "Say after how many hours: 1 to 8760.")
		}
	case "platforms":
		if len(r.Platforms) == 0 || len(r.Platforms) > maxList {
			return invalid("platforms", "Name 1 to 100 platforms that are allowed.")
		}
		return checkPlatforms("platforms", r.Platforms)
	case "floors":
		return r.checkFloors()
	case "apps":
		empty := func(a string) bool { return a == "" || sqldb.Clean(a, maxName) != a }
		if len(r.Apps) == 0 || len(r.Apps) > maxList || slices.ContainsFunc(r.Apps, empty) {
			return invalid("apps", "Name 1 to 100 applications by their ids, such as org.example.app.")
		}
	case "count":
		if r.Count < 1 || r.Count > maxList {
			return invalid("count", "Say how many devices an owner may have: 1 to 100.")
		}
	case "area":
		return r.checkArea()
	}
	return nil
}

// checkPlatforms names a platform that there is not.
func checkPlatforms(field string, list []platform.ID) error {
	for _, id := range list {
		if !id.Known() {
			return invalid(field, fmt.Sprintf("There is no platform %q.", id))
		}
	}
	return nil
}

func (r *Rule) checkFloors() error {
	if len(r.Floors) == 0 || len(r.Floors) > maxList {
		return invalid("floors", "Name 1 to 100 least versions of platforms.")
	}
	for i, f := range r.Floors {
		if err := checkPlatforms("floors", []platform.ID{f.Platform}); err != nil {
			return err
		}
		if strings.Trim(f.Version, "0123456789.") != "" || platform.ParseVersion(f.Version).IsZero() {
			return invalid("floors", fmt.Sprintf("%q is no version of a platform: write one like 17.2.", f.Version))
		}
		if _, err := time.Parse(time.DateOnly, f.From); f.From != "" && err != nil {
			return invalid("floors", fmt.Sprintf("%q is no day: write one like 2027-01-31.", f.From))
		}
		same := func(x Floor) bool { return x.Platform == f.Platform && x.From == f.From }
		if slices.ContainsFunc(r.Floors[:i], same) {
			return invalid("floors", fmt.Sprintf("Two least versions of %s hold from the same day.", f.Platform.Name()))
		}
	}
	return nil
}

func (r *Rule) checkConsequences() error {
	switch {
	case r.Access != "" && r.Access != device.Quarantine && r.Access != device.Block:
		return invalid("access", "A rule quarantines, blocks, or does neither.")
	case r.Grace < 0 || r.Grace > maxHours:
		return invalid("grace", "The grace is 0 to 8760 hours.")
	case r.WipeAfter < 0 || r.WipeAfter > maxDays:
		return invalid("wipeAfter", "The organization's data is erased after 1 to 365 days, or never.")
	case r.RetireAfter < 0 || r.RetireAfter > maxDays:
		return invalid("retireAfter", "A device is retired after 1 to 365 days, or never.")
	case r.Mark != "" && !r.Mark.Known():
		return invalid("mark", "A device is marked stale, lost, or not.")
	case len(r.OnPlatforms)+len(r.UserGroups)+len(r.DeviceGroups) > maxList:
		return invalid("onPlatforms", "A rule is for at most 100 platforms and groups.")
	case r.Liability != "" && !r.Liability.Known():
		return invalid("liability", "A device is corporate or personal.")
	}
	return checkPlatforms("onPlatforms", r.OnPlatforms)
}

// due is when what follows a breach comes into force.
func (r *Rule) due(since time.Time) time.Time { return since.Add(time.Duration(r.Grace) * time.Hour) }

// retireDue is when the device is retired; zero for never.
func (r *Rule) retireDue(since time.Time) time.Time {
	if r.RetireAfter == 0 {
		return time.Time{}
	}
	return r.due(since).Add(time.Duration(r.RetireAfter) * 24 * time.Hour)
}

// wipeDue is when the organization's data is erased; zero for never.
func (r *Rule) wipeDue(since time.Time) time.Time {
	if r.WipeAfter == 0 {
		return time.Time{}
	}
	return r.due(since).Add(time.Duration(r.WipeAfter) * 24 * time.Hour)
}
