package access

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"drover/internal/base/glob"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/platform"
)

// Kind says what a rule looks at.
type Kind string

// The kinds, with what the pattern holds.
const (
	Any         Kind = "any"          // nothing: the rule fits every device
	Platform    Kind = "platform"     // a platform's id: "ios"
	Model       Kind = "model"        // a glob: "SM-G9*"
	OS          Kind = "os"           // versions, of a platform or any: "ios 15..17.2", "..12", "14.."; from, and below
	Agent       Kind = "agent"        // a glob over the user agent: "Outlook*"
	User        Kind = "user"         // a user's id
	UserGroup   Kind = "user-group"   // a user group's id
	DeviceGroup Kind = "device-group" // a device group's id
	Device      Kind = "device"       // a device's id
)

// Rule lets devices in, or keeps them out.
type Rule struct {
	ID       string
	Position int    // from 1
	Name     string // for people, at most 128 bytes
	Kind     Kind
	Pattern  string // at most 256 bytes
	Action   device.Access
	Note     string    // shown to the owner of a device that the rule keeps out; at most 500 bytes
	Expires  time.Time // the rule fits nothing from then on; zero for never
	Version  int64
}

const (
	maxName    = 128
	maxPattern = 256
	maxNote    = 500
	maxWords   = 60
)

func invalid(field, message string) error {
	return problem.New(problem.Invalid, "access."+field, message).WithField(field)
}

func (r *Rule) check() error {
	r.Name, r.Pattern, r.Note = strings.TrimSpace(r.Name), strings.TrimSpace(r.Pattern), strings.TrimSpace(r.Note)
	if sqldb.Line(r.Name, maxName) != r.Name {
		return invalid("name", "A rule's name has at most 128 bytes and no control characters.")
	}
	if err := checkAction(r.Action, r.Note); err != nil {
		return err
	}
	if sqldb.Clean(r.Pattern, maxPattern) != r.Pattern {
		return invalid("pattern", "A pattern has at most 256 bytes.")
	}
	_, err := compile(*r)
	return err
}

func checkAction(a device.Access, note string) error {
	if !a.Known() {
		return invalid("action", "The action is allow, block or quarantine.")
	}
	if sqldb.Clean(note, maxNote) != note {
		return invalid("note", "A note has at most 500 bytes.")
	}
	return nil
}

// Facts are what rules look at.
type Facts struct {
	Device       string
	Platform     platform.ID
	Model        string
	OS           platform.Version
	UserAgent    string
	User         string
	UserGroups   []string
	DeviceGroups []string
}

// FactsOf returns what rules look at of a device, but for the groups.
func FactsOf(d device.Device) Facts {
	return Facts{
		Device: d.ID, Platform: d.Platform, Model: d.Model, OS: d.PlatformFacts().OSVersion(), UserAgent: d.UserAgent, User: d.Owner,
	}
}

// compiled is a rule ready to be asked: why says in words why the rule fits the facts, or why not.
type compiled struct {
	Rule
	fits func(Facts) (ok bool, why string)
}

func compile(r Rule) (compiled, error) {
	c := compiled{Rule: r}
	if r.Kind != Any && r.Pattern == "" {
		return c, invalid("pattern", "Say what the rule fits.")
	}
	if r.Kind == Any && r.Pattern != "" {
		return c, invalid("pattern", "A rule for any device has no pattern: leave it out, or say what it looks at.")
	}
	switch r.Kind {
	case Any:
		c.fits = func(Facts) (bool, string) { return true, "it fits every device" }
	case Platform:
		return c.platform()
	case Model:
		c.fits = globbed(r.Pattern, "model", func(f Facts) string { return f.Model })
	case Agent:
		c.fits = globbed(r.Pattern, "user agent", func(f Facts) string { return f.UserAgent })
	case OS:
		return c.os()
	case User:
		c.fits = equal(r.Pattern, "its owner", func(f Facts) string { return f.User })
	case Device:
		c.fits = equal(r.Pattern, "it", func(f Facts) string { return f.Device })
	case UserGroup:
		c.fits = member(r.Pattern, "its owner", func(f Facts) []string { return f.UserGroups })
	case DeviceGroup:
		c.fits = member(r.Pattern, "it", func(f Facts) []string { return f.DeviceGroups })
	default:
		return c, invalid("kind", "A rule looks at any, platform, model, os, agent, user, user-group, device-group or device.")
	}
	return c, nil
}

func (c compiled) platform() (compiled, error) {
	id := platform.ID(c.Pattern)
	if !id.Known() {
		return c, invalid("pattern", "There is no such platform.")
	}
	c.fits = func(f Facts) (bool, string) {
		if f.Platform == id {
			return true, "its platform is " + id.Name()
		}
		return false, fmt.Sprintf("its platform is %s, not %s", f.Platform.Name(), id.Name())
	}
	return c, nil
}

func globbed(pattern, what string, value func(Facts) string) func(Facts) (bool, string) {
	folded := sqldb.Fold(pattern)
	return func(f Facts) (bool, string) {
		v := value(f)
		if glob.Match(folded, sqldb.Fold(v)) {
			return true, fmt.Sprintf("its %s %q fits %q", what, short(v), pattern)
		}
		return false, fmt.Sprintf("its %s %q does not fit %q", what, short(v), pattern)
	}
}

// short cuts what a device says of itself to what a sentence takes.
func short(s string) string {
	if cut := sqldb.Clean(s, maxWords); cut != s {
		return cut + "..."
	}
	return s
}

func equal(pattern, who string, value func(Facts) string) func(Facts) (bool, string) {
	return func(f Facts) (bool, string) {
		if value(f) == pattern {
			return true, who + " is the one that the rule names"
		}
		return false, who + " is not the one that the rule names"
	}
}

func member(pattern, who string, groups func(Facts) []string) func(Facts) (bool, string) {
	return func(f Facts) (bool, string) {
		if slices.Contains(groups(f), pattern) {
			return true, who + " is in the group that the rule names"
		}
		return false, who + " is not in the group that the rule names"
	}
}

// os compiles "PLATFORM FROM..BELOW", where the platform and either end may be missing.
func (c compiled) os() (compiled, error) {
	bad := invalid("pattern", `Write versions like "ios 15..17.2" (from 15, and below 17.2), "..12" or "14..".`)
	id, span := platform.ID(""), c.Pattern
	if before, after, ok := strings.Cut(c.Pattern, " "); ok {
		id, span = platform.ID(before), strings.TrimSpace(after)
		if !id.Known() {
			return c, invalid("pattern", "There is no such platform.")
		}
	}
	low, high, ok := strings.Cut(span, "..")
	from, fromOK := version(low)
	below, belowOK := version(high)
	if !ok || !fromOK || !belowOK || (from.IsZero() && below.IsZero()) || (!from.IsZero() && !below.IsZero() && !from.Less(below)) {
		return c, bad
	}
	c.fits = func(f Facts) (bool, string) {
		switch {
		case id != "" && f.Platform != id:
			return false, fmt.Sprintf("its platform is %s, not %s", f.Platform.Name(), id.Name())
		case f.OS.IsZero():
			return false, "it does not tell the version of its system"
		case !from.IsZero() && f.OS.Less(from):
			return false, fmt.Sprintf("its system's version %s is below %s", f.OS, from)
		case !below.IsZero() && !f.OS.Less(below):
			return false, fmt.Sprintf("its system's version %s is not below %s", f.OS, below)
		}
		return true, fmt.Sprintf("its system's version %s is within %s", f.OS, span)
	}
	return c, nil
}

// version reads one end of a span; an empty end is open.
func version(s string) (platform.Version, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return platform.Version{}, true
	}
	if strings.Trim(s, "0123456789.") != "" {
		return platform.Version{}, false
	}
	v := platform.ParseVersion(s)
	return v, !v.IsZero()
}
