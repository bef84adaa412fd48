package compliance

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"drover/internal/core/device"
	"drover/internal/core/platform"
)

// Answer is what a condition says of a device.
type Answer string

// The answers.
const (
	Keeps   Answer = "keeps"
	Breaks  Answer = "breaks"
	Unknown Answer = "unknown"
	Exempt  Answer = "exempt" // by a waiver
	Not     Answer = "not"    // the rule is not for this device
)

// Facts are what rules look at.
type Facts struct {
	Device       device.Device
	HasCompanion bool
	Posture      device.Posture
	PostureAt    time.Time
	Owned        int // devices of the owner
	UserGroups   []string
	DeviceGroups []string
	Places       map[string]Place // by rule: what the last position told
	Now          time.Time
}

// Place is what a position told of an area. The position itself is not kept.
type Place struct {
	Inside bool
	At     time.Time
}

// applies tells whether a rule is for the device.
func (r *Rule) applies(f Facts) bool {
	meets := func(want, have []string) bool {
		return len(want) == 0 || slices.ContainsFunc(want, func(g string) bool { return slices.Contains(have, g) })
	}
	return (len(r.OnPlatforms) == 0 || slices.Contains(r.OnPlatforms, f.Device.Platform)) &&
		(r.Liability == "" || r.Liability == f.Device.Liability) &&
		meets(r.UserGroups, f.UserGroups) && meets(r.DeviceGroups, f.DeviceGroups)
}

// broken tells whether an answer counts as a breach.
func (r *Rule) broken(a Answer) bool { return a == Breaks || a == Unknown && r.UnknownCounts }

// Judge answers whether a device keeps a rule, with a sentence that says why.
func (r *Rule) Judge(f Facts) (Answer, string) {
	switch r.Condition {
	case Rooted:
		return told(f.Posture.Rooted, true, "It is rooted or jailbroken.", "It is neither rooted nor jailbroken.")
	case NotEncrypted:
		return told(f.Posture.Encrypted, false, "Its storage is not encrypted.", "Its storage is encrypted.")
	case CardInClear:
		return told(f.Posture.CardEncrypted, false, "Its storage card is not encrypted.", "Its storage card is encrypted, or there is none.")
	case NoPasscode:
		return told(f.Posture.Passcode, false, "It has no passcode as the policy asks for.", "It has a passcode.")
	case SIMRemoved:
		return told(f.Posture.SIMPresent, false, "Its SIM card has been taken out.", "Its SIM card is there.")
	case SIMChanged:
		return told(f.Posture.SIMChanged, true, "Its SIM card is another one than at enrolment.", "Its SIM card is the one of its enrolment.")
	case Roaming:
		return told(f.Posture.Roaming, true, "It is roaming.", "It is not roaming.")
	case PolicyMissing:
		return policyTaken(f.Device.PolicyState)
	case Silent:
		return r.heard(f.Device.LastContact, f.Now, "It")
	case NoCompanion:
		return decided(!f.HasCompanion, "It has no companion application.", "It has the companion application.")
	case CompanionSilent:
		if !f.HasCompanion {
			return Unknown, "It has no companion application."
		}
		return r.heard(f.PostureAt, f.Now, "Its companion application")
	case WrongPlatform:
		name := f.Device.Platform.Name()
		return decided(!slices.Contains(r.Platforms, f.Device.Platform), "Its platform, "+name+", is not allowed.", "Its platform, "+name+", is allowed.")
	case OldSystem:
		return r.system(f.Device, f.Now)
	case ForbiddenApp, MissingApp:
		return r.apps(f.Posture)
	case TooMany:
		return decided(f.Owned > r.Count, fmt.Sprintf("Its owner has %d devices, more than %d.", f.Owned, r.Count),
			fmt.Sprintf("Its owner has %d of at most %d devices.", f.Owned, r.Count))
	case Personal:
		return decided(f.Device.Liability == device.Personal, "It is personal.", "It is the organization's.")
	case Unmanaged:
		return told(f.Posture.Managed, false, "It is not under management any more.", "It is under management.")
	case PushLost:
		return told(f.Posture.Push, false, "The platform's push service does not reach it.", "The platform's push service reaches it.")
	case NoTouchDown:
		return touchDown(f)
	case OutsideArea, InsideArea:
		return r.placed(f)
	}
	return Unknown, "This version does not know the condition."
}

func decided(breaks bool, why, whyNot string) (Answer, string) {
	if breaks {
		return Breaks, why
	}
	return Keeps, whyNot
}

// told judges what a companion application has said; nil is untold.
func told(said *bool, breaking bool, why, whyNot string) (Answer, string) {
	if said == nil {
		return Unknown, "It has not told whether that is so."
	}
	return decided(*said == breaking, why, whyNot)
}

func policyTaken(state device.PolicyState) (Answer, string) {
	switch state {
	case device.PolicyNone:
		return Keeps, "No policy is asked of it."
	case device.PolicyAcknowledged:
		return Keeps, "It has acknowledged its policy."
	case device.PolicyExternal:
		return Keeps, "Another management keeps its policy."
	case device.PolicyPartial:
		return Breaks, "It has taken a part of its policy."
	case device.PolicyRefused:
		return Breaks, "It has refused its policy."
	case device.PolicyPending, device.PolicySent:
	}
	return Breaks, "It has not taken its policy yet."
}

func (r *Rule) heard(last, now time.Time, who string) (Answer, string) {
	if last.IsZero() {
		return Unknown, who + " has not been heard of yet."
	}
	silent := int(now.Sub(last).Hours())
	return decided(silent >= r.Hours, fmt.Sprintf("%s was last heard of %s ago.", who, hours(silent)),
		fmt.Sprintf("%s was heard of within %s.", who, hours(r.Hours)))
}

func hours(n int) string {
	if n == 1 {
		return "1 hour"
	}
	return fmt.Sprintf("%d hours", n)
}

// touchDown judges what the companion application has said; where it says nothing, mail that comes from TouchDown proves it.
func touchDown(f Facts) (Answer, string) {
	if f.Posture.TouchDown == nil && f.Device.Platform == platform.AndroidTouchDown {
		return Keeps, "Its mail is TouchDown's."
	}
	return told(f.Posture.TouchDown, false, "TouchDown is missing or not registered.", "TouchDown is registered.")
}

// system judges by the highest floor of today, and says which comes next.
func (r *Rule) system(d device.Device, now time.Time) (Answer, string) {
	floors := slices.DeleteFunc(slices.Clone(r.Floors), func(f Floor) bool { return f.Platform != d.Platform })
	if len(floors) == 0 {
		return Keeps, "No version is asked of its platform."
	}
	have := d.PlatformFacts().OSVersion()
	if have.IsZero() {
		return Unknown, "It does not tell the version of its system."
	}
	slices.SortFunc(floors, func(a, b Floor) int { return strings.Compare(a.From, b.From) })
	today := now.UTC().Format(time.DateOnly)
	var least platform.Version
	soon := ""
	for _, f := range floors {
		want := platform.ParseVersion(f.Version)
		switch {
		case f.From <= today && least.Less(want):
			least = want
		case f.From > today && have.Less(want) && soon == "":
			soon = fmt.Sprintf(" From %s on it must be %s.", f.From, want)
		}
	}
	if have.Less(least) {
		return Breaks, fmt.Sprintf("Its system's version %s is below %s.", have, least)
	}
	return Keeps, fmt.Sprintf("Its system's version is %s.%s", have, soon)
}

// apps judges the list of applications, which devices of the organization alone tell.
func (r *Rule) apps(p device.Posture) (Answer, string) {
	if p.Apps == nil {
		return Unknown, "It has not told which applications it has."
	}
	for _, wanted := range r.Apps {
		there := slices.ContainsFunc(p.Apps, func(a device.App) bool { return fits(wanted, a.ID) })
		if there && r.Condition == ForbiddenApp {
			return Breaks, fmt.Sprintf("It has a forbidden application (%s).", wanted)
		}
		if !there && r.Condition == MissingApp {
			return Breaks, fmt.Sprintf("It lacks an application (%s).", wanted)
		}
	}
	if r.Condition == ForbiddenApp {
		return Keeps, "It has no forbidden application."
	}
	return Keeps, "It has all required applications."
}

func fits(pattern, id string) bool {
	if start, any := strings.CutSuffix(pattern, "*"); any {
		return strings.HasPrefix(strings.ToLower(id), strings.ToLower(start))
	}
	return strings.EqualFold(pattern, id)
}
