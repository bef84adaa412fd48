package compliance

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Templates are the mails that owners get. What [Placeholders] names is replaced.
type Templates struct {
	BreachSubject     string `json:"breachSubject"`
	Breach            string `json:"breach"`
	RestrictedSubject string `json:"restrictedSubject"`
	Restricted        string `json:"restricted"`
	RestoredSubject   string `json:"restoredSubject"`
	Restored          string `json:"restored"`
	ReleasedSubject   string `json:"releasedSubject"`
	Released          string `json:"released"`
}

// NoticeSetting keeps the templates.
var NoticeSetting = zone.Setting[Templates]{
	Name: "compliance.notices", Right: scope.ComplianceEdit, Check: Templates.check,
	Default: Templates{
		BreachSubject:     "{device} does not meet the rules",
		Breach:            "Your device {device} does not meet the rule \"{rule}\".\n\n{because}\n\nWhat to do: {mend}\n{until}{then}",
		RestrictedSubject: "{device} is kept from mail",
		Restricted:        "Your device {device} does not meet the rule \"{rule}\" and gets no mail until it does.\n\n{because}\n\nWhat to do: {mend}\n{then}",
		RestoredSubject:   "{device} meets the rules again",
		Restored:          "Your device {device} meets the rule \"{rule}\" again. There is nothing more to do.\n",
		ReleasedSubject:   "{device} is not held to a rule any more",
		Released:          "Your device {device} is not held to the rule \"{rule}\" for now.\n\n{because}\n\nThere is nothing to do.\n",
	},
}

// Placeholder is what is replaced in a template: its name stands in braces.
type Placeholder struct {
	Name  string // "device"
	Words string // what stands there in a mail

	of func(change) string
}

// Placeholders lists what is replaced in a template.
func Placeholders() []Placeholder { return slices.Clone(placeholders) }

var placeholders = []Placeholder{
	{"device", "The name of the device", func(c change) string { return oneLine(c.device.Name) }},
	{"rule", "The name of the rule", func(c change) string { return oneLine(c.rule.Name) }},
	{"because", "Why the device breaks it, in a sentence", func(c change) string { return c.because }},
	{"mend", "What the owner does about it", mendOf},
	{"until", "From when on mail is kept from the device, in a sentence; nothing where the rule keeps no mail from it", untilOf},
	{"then", "On which days the organization's data is erased from the device, and it is taken out of service, in sentences; nothing where the rule does neither", thenOf},
}

func mendOf(c change) string {
	d, _ := describe(c.rule.Condition)
	return d.Mend
}

func untilOf(c change) string {
	if c.rule.Access == "" {
		return ""
	}
	return "Without it the device is kept from mail from " + c.rule.due(c.breach.since).UTC().Format("2 January 2006, 15:04 UTC") + " on.\n"
}

func thenOf(c change) string {
	var text string
	for _, x := range []struct {
		words string
		due   time.Time
	}{
		{"the organization's data is erased from the device", c.rule.wipeDue(c.breach.since)},
		{"the device is taken out of service", c.rule.retireDue(c.breach.since)},
	} {
		if !x.due.IsZero() {
			text += "Without it " + x.words + " on " + x.due.UTC().Format("2 January 2006") + ".\n"
		}
	}
	return text
}

// oneLine is for the head of a mail, which nothing that a device or a person has named may end.
func oneLine(v string) string { return strings.Join(strings.Fields(v), " ") }

func fill(text string, c change) string {
	var pairs []string
	for _, p := range placeholders {
		pairs = append(pairs, "{"+p.Name+"}", p.of(c))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

const (
	maxSubject = 200
	maxBody    = 4000
)

// check says what is wrong with the first template that cannot be sent, by its name in JSON.
func (t Templates) check() error {
	for _, x := range []struct{ field, text string }{
		{"breachSubject", t.BreachSubject},
		{"restrictedSubject", t.RestrictedSubject},
		{"restoredSubject", t.RestoredSubject},
		{"releasedSubject", t.ReleasedSubject},
	} {
		if strings.TrimSpace(x.text) == "" || len(x.text) > maxSubject || strings.ContainsAny(x.text, "\r\n") {
			return badNotice(x.field, "A subject is one line of 1 to 200 bytes.")
		}
		if err := checkBraces(x.field, x.text); err != nil {
			return err
		}
	}
	for _, x := range []struct{ field, text string }{
		{"breach", t.Breach},
		{"restricted", t.Restricted},
		{"restored", t.Restored},
		{"released", t.Released},
	} {
		if strings.TrimSpace(x.text) == "" || len(x.text) > maxBody {
			return badNotice(x.field, "A text has 1 to 4000 bytes.")
		}
		if err := checkBraces(x.field, x.text); err != nil {
			return err
		}
	}
	return nil
}

func badNotice(field, words string) error {
	return problem.New(problem.Invalid, "compliance.notices", words).WithField(field)
}

// braced is what looks like a placeholder.
var braced = regexp.MustCompile(`\{[A-Za-z]{1,32}\}`)

// checkBraces finds a placeholder that nothing replaces: its owner would read it as it is.
func checkBraces(field, text string) error {
	var names []string
	for _, p := range placeholders {
		names = append(names, "{"+p.Name+"}")
	}
	for _, found := range braced.FindAllString(text, -1) {
		if !slices.Contains(names, found) {
			return badNotice(field, fmt.Sprintf("Nothing replaces %s: there are %s.", found, strings.Join(names, ", ")))
		}
	}
	return nil
}

// Preview fills templates with the values of a device, a rule and a breach that stand for those of a mail. It changes nothing.
func (s *Store) Preview(_ context.Context, c scope.Caller, t Templates) (Templates, error) {
	if _, err := c.Scope(scope.ComplianceRead); err != nil {
		return Templates{}, err
	}
	if err := t.check(); err != nil {
		return Templates{}, err
	}
	sample := change{
		rule:    Rule{Name: "Encrypted storage", Condition: NotEncrypted, Access: device.Quarantine, Grace: 48, WipeAfter: 7},
		device:  device.Device{Name: "Office phone"},
		because: "Its storage is not encrypted.", breach: breach{since: s.with.Clock.Now()},
	}
	for _, at := range []*string{&t.BreachSubject, &t.RestrictedSubject, &t.RestoredSubject, &t.ReleasedSubject} {
		*at = oneLine(fill(*at, sample))
	}
	for _, at := range []*string{&t.Breach, &t.Restricted, &t.Restored, &t.Released} {
		*at = fill(*at, sample)
	}
	return t, nil
}
