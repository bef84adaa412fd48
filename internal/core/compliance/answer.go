package compliance

import (
	"fmt"
	"math"
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
		return r.system(f.Device)
	case ForbiddenApp, MissingApp:
		return r.apps(f.Posture)
	case TooMany:
		return decided(f.Owned > r.Count, fmt.Sprintf("Its owner has %d devices, more than %d.", f.Owned, r.Count),
			fmt.Sprintf("Its owner has %d of at most %d devices.", f.Owned, r.Count))
	case Personal:
		return decided(f.Device.Liability == device.Personal, "It is personal.", "It is the organization's.")
	case OutsideArea:
		place, known := f.Places[r.ID]
		if !known {
			return Unknown, "It has not told where it is."
		}
		return r.placed(place, f.Now)
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
		return Unknown, "It has not told."
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
	hours := int(now.Sub(last).Hours())
	return decided(hours >= r.Hours, fmt.Sprintf("%s was last heard of %d hours ago.", who, hours),
		fmt.Sprintf("%s was heard of within %d hours.", who, r.Hours))
}

func (r *Rule) system(d device.Device) (Answer, string) {
	least, asked := r.Versions[d.Platform]
	if !asked {
		return Keeps, "No version is asked of its platform."
	}
	have, want := d.PlatformFacts().OSVersion(), platform.ParseVersion(least)
	if have.IsZero() {
		return Unknown, "It does not tell the version of its system."
	}
	return decided(have.Less(want), fmt.Sprintf("Its system's version %s is below %s.", have, want), fmt.Sprintf("Its system's version is %s.", have))
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

// placed judges the last position, unless it is too old to tell where the device is.
func (r *Rule) placed(p Place, now time.Time) (Answer, string) {
	if hours := int(now.Sub(p.At).Hours()); hours >= r.Area.Hours {
		return Unknown, fmt.Sprintf("Its last position is %d hours old, and one counts for %d.", hours, r.Area.Hours)
	}
	return decided(!p.Inside, "It is outside the area.", "It is inside the area.")
}

func (a *Area) valid() bool {
	return math.Abs(a.Latitude) <= 90 && math.Abs(a.Longitude) <= 180 && a.Metres >= 100 && a.Metres <= 5e6
}

const earth = 6_371_009 // metres, the mean radius

// contains tells whether a position is within the area, by the great circle.
func (a *Area) contains(latitude, longitude float64) bool {
	const degree = math.Pi / 180
	dLat, dLon := (latitude-a.Latitude)*degree, (longitude-a.Longitude)*degree
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(a.Latitude*degree)*math.Cos(latitude*degree)*math.Pow(math.Sin(dLon/2), 2)
	return 2*earth*math.Asin(math.Sqrt(min(h, 1))) <= a.Metres
}
