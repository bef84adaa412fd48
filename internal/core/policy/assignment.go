package policy

import (
	"cmp"
	"slices"
	"time"

	"drover/internal/base/problem"
	"drover/internal/core/device"
)

// TargetKind says what a suite is assigned to.
type TargetKind string

// The kinds, the most specific first.
const (
	ToDevice  TargetKind = "device"
	ToUser    TargetKind = "user"
	ToGroup   TargetKind = "group" // a group of users or of devices
	ToDefault TargetKind = "default"
)

// Target is whom a suite is assigned to. The default's ID is "".
type Target struct {
	Kind TargetKind
	ID   string
}

func (t Target) check() error {
	switch {
	case t.Kind == ToDefault && t.ID == "":
		return nil
	case (t.Kind == ToDevice || t.Kind == ToUser || t.Kind == ToGroup) && t.ID != "" && len(t.ID) <= 64 && clean(t.ID):
		return nil
	}
	return problem.New(problem.Invalid, "policy.target",
		"A suite is assigned to a device, a user or a group by its id, or to the default without one.").WithField("target")
}

// checkPriority refuses a priority out of bounds, and one that would decide nothing.
func (t Target) checkPriority(priority int, field string) error {
	switch {
	case priority < -maxPriority || priority > maxPriority:
		return problem.New(problem.Invalid, "policy.priority", "The priority is from -1,000,000 to 1,000,000.").WithField(field)
	case priority != 0 && t.Kind != ToGroup:
		return problem.New(problem.Invalid, "policy.priority-target",
			"A priority decides between groups: leave it out for a device, a user or the default.").WithField(field)
	}
	return nil
}

// Assignment names the suite for one target. Priority decides between several groups of one device: the values of the
// greatest count before those of others, and of equals those of the group whose id comes first.
type Assignment struct {
	Target
	Suite    string
	Priority int
	At       time.Time
}

// maxPriority bounds a priority on both sides of 0.
const maxPriority = 1_000_000

// DeviceRef is what assignment needs to know of a device. Groups holds the ids of its own groups and of its user's.
type DeviceRef struct {
	Device    string
	User      string
	Groups    []string
	Liability Liability
}

// candidates returns the assignments that reach the device, the most specific first.
func (d DeviceRef) candidates(find func(Target) (Assignment, bool)) []Assignment {
	var out []Assignment
	add := func(t Target) {
		if a, ok := find(t); ok {
			out = append(out, a)
		}
	}
	if device.Quarantined(d.Groups) { // nobody has placed it yet
		add(Target{ToDefault, ""})
		return out
	}
	add(Target{ToDevice, d.Device})
	add(Target{ToUser, d.User})
	groups := len(out)
	for _, g := range d.Groups {
		add(Target{ToGroup, g})
	}
	slices.SortFunc(out[groups:], func(a, b Assignment) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.ID, b.ID))
	})
	add(Target{ToDefault, ""})
	return out
}
