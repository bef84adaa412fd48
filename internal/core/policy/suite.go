package policy

import (
	"time"
	"unicode/utf8"

	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/platform"
)

// Liability says who owns a device; a device of neither liability is treated as corporate.
type Liability = device.Liability

// The liabilities.
const (
	Corporate = device.Corporate
	Personal  = device.Personal
)

// Content is what one version of a suite says: the whole set of values for corporate and that for personal devices.
// Neither falls back to the other.
type Content struct {
	Corporate Values `json:"corporate"`
	Personal  Values `json:"personal"`
}

// For returns the values for devices of the liability.
func (c Content) For(l Liability) Values {
	if l == Personal {
		return c.Personal
	}
	return c.Corporate
}

// Equal tells whether both say the same.
func (c Content) Equal(d Content) bool {
	return c.Corporate.Equal(d.Corporate) && c.Personal.Equal(d.Personal)
}

// Validate checks both sets; a problem of kind Invalid that names every fault.
func (c Content) Validate() error {
	faults := append(c.Corporate.Validate("corporate."), c.Personal.Validate("personal.")...)
	if len(faults) == 0 {
		return nil
	}
	return problem.New(problem.Invalid, "policy.values",
		"Some values are out of bounds; each fault names its setting and the bounds.").WithFields(faults...)
}

// Warnings names the values of both sets that have no effect.
func (c Content) Warnings() []problem.Field {
	return append(c.Corporate.Warnings("corporate."), c.Personal.Warnings("personal.")...)
}

// Suite is a named set of rules. Version is its newest, which is the one in force.
type Suite struct {
	ID          string
	Name        string
	Description string
	Version     int
	Created     time.Time
	Changed     time.Time
	Retired     bool // it can be looked at, not assigned or changed
	Assigned    int  // assignments, capped at [page.MaxTotal]
}

// Version is one state of a suite's content, which is never changed.
type Version struct {
	Suite   string
	Number  int
	At      time.Time
	By      string // who made it: the caller's id
	Comment string // why, for people, behind what became of it
	From    int    // the version it repeats, when it was rolled back; else 0
	Content Content
}

// Bounds of a suite's texts, in characters.
const (
	maxName        = 100
	maxDescription = 2000
	maxComment     = 500
)

func checkTexts(name, description, comment string) error {
	var faults []problem.Field
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName || !clean(name) {
		faults = append(faults, problem.Field{Name: "name", Message: "The name has 1 to 100 characters in one line."})
	}
	if utf8.RuneCountInString(description) > maxDescription || !utf8.ValidString(description) {
		faults = append(faults, problem.Field{Name: "description", Message: "The description has at most 2,000 characters."})
	}
	if utf8.RuneCountInString(comment) > maxComment || !utf8.ValidString(comment) {
		faults = append(faults, problem.Field{Name: "comment", Message: "The comment has at most 500 characters."})
	}
	if len(faults) == 0 {
		return nil
	}
	return problem.New(problem.Invalid, "policy.text", "Some texts are too long or empty.").WithFields(faults...)
}

func clean(s string) bool {
	for _, r := range s {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// Difference is one value that two contents do not share. A nil side does not set it.
type Difference struct {
	Liability Liability        `json:"liability"`
	Setting   platform.Setting `json:"setting"`
	Before    *Value           `json:"before"`
	After     *Value           `json:"after"`
}

// Diff returns what changes from a to b, in the order of the catalogue.
func Diff(a, b Content) []Difference {
	var out []Difference
	for _, l := range []Liability{Corporate, Personal} {
		before, after := a.For(l), b.For(l)
		for _, d := range definitions {
			x, inA := before[d.Key]
			y, inB := after[d.Key]
			if inA == inB && x.Equal(y) {
				continue
			}
			out = append(out, Difference{Liability: l, Setting: d.Key, Before: pointer(x, inA), After: pointer(y, inB)})
		}
	}
	return out
}

func pointer(v Value, is bool) *Value {
	if !is {
		return nil
	}
	return &v
}
