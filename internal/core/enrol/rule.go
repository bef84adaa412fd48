package enrol

import (
	"fmt"
	"slices"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// Verdict says what becomes of a computer at the door.
type Verdict string

// The verdicts.
const (
	Admit      Verdict = "admit"      // it comes in and is put where the place says
	Quarantine Verdict = "quarantine" // it comes in, into the folder of the unplaced, which nothing but the default policy reaches
	ToReview   Verdict = "review"     // an administrator decides first
	Refuse     Verdict = "refuse"
)

// Verdicts lists the verdicts from the most to the least welcoming.
var Verdicts = []Verdict{Admit, Quarantine, ToReview, Refuse}

// Known tells whether v is one of them.
func (v Verdict) Known() bool { return slices.Contains(Verdicts, v) }

// Rule decides over the computers that meet all of its conditions; without one it meets all. The first rule that fits
// wins.
type Rule struct {
	ID         string
	Position   int    // from 1
	Name       string // for people, 1 to 128 bytes
	Enabled    bool
	Conditions []Condition // at most 20
	Verdict    Verdict
	Place      Place  // for [Admit]
	Note       string // for administrators, at most 500 bytes
	Version    int64
}

// Default decides where no rule does.
type Default struct {
	Verdict Verdict `json:"verdict"`
	Place   Place   `json:"place"`
}

const (
	maxRules    = 200
	maxRuleName = 128
	maxNote     = 500
)

// check cleans a rule and says what is wrong with it; whether its folder and groups are there is asked of the database.
func (r *Rule) check() error {
	r.Name, r.Note = strings.TrimSpace(r.Name), strings.TrimSpace(r.Note)
	if r.Name == "" || sqldb.Line(r.Name, maxRuleName) != r.Name {
		return invalidRule("name", "A rule has a name of 1 to 128 bytes and no control characters.")
	}
	if sqldb.Clean(r.Note, maxNote) != r.Note {
		return invalidRule("note", "A note has at most 500 bytes.")
	}
	if len(r.Conditions) > maxConditions {
		return invalidRule("conditions", fmt.Sprintf("A rule has at most %d conditions.", maxConditions))
	}
	r.Conditions = slices.Clone(r.Conditions)
	for i := range r.Conditions {
		if err := r.Conditions[i].check(); err != nil {
			return err
		}
	}
	return checkVerdict(r.Verdict, &r.Place)
}

// checkVerdict judges a verdict with its place, which goes with [Admit] alone.
func checkVerdict(v Verdict, p *Place) error {
	if !v.Known() {
		return invalidRule("verdict", "A rule admits, quarantines, asks for review, or refuses.")
	}
	if v != Admit && !p.empty() {
		return invalidRule("place", "Only a computer that is admitted is put anywhere.")
	}
	return p.check()
}

func (d Default) check() error { return checkVerdict(d.Verdict, &d.Place) }

// audited is what of a rule the audit log keeps.
func (r Rule) audited() map[string]any {
	return map[string]any{
		"position": r.Position, "name": r.Name, "enabled": r.Enabled, "conditions": r.Conditions, "verdict": r.Verdict, "place": r.Place,
	}
}

// Origin says where a decision comes from.
type Origin string

// The origins.
const (
	FromRule     Origin = "rule"
	FromKey      Origin = "key"      // the key says where
	FromApproval Origin = "approval" // a computer that was approved beforehand
	FromDefault  Origin = "default"
)

// Decision says what becomes of a computer, and why.
type Decision struct {
	Verdict Verdict
	Place   Place
	Origin  Origin // of the place where there is one, otherwise of the verdict
	Rule    string // the id of the rule that fitted, "" for none
	Because string // a sentence
}

// Step is one rule on the way to a decision.
type Step struct {
	Position int
	Name     string
	Matched  bool
	Sentence string
}

// Trail is a decision with every rule that was asked before it.
type Trail struct {
	Decision
	Steps []Step
}

// decide asks the rules in their order, then the default. shown is what the key or the approval that the computer has
// shown says of its place. It counts before the place of a rule and before the default as a whole, but opens nothing that
// a rule keeps shut.
func decide(rules []Rule, otherwise Default, x Coming, shown Shown) Trail {
	t := Trail{}
	fitted := Rule{Verdict: ""}
	for _, r := range rules {
		step := r.ask(x)
		t.Steps = append(t.Steps, step)
		if step.Matched {
			fitted = r
			t.Decision = Decision{Verdict: r.Verdict, Place: r.Place, Origin: FromRule, Rule: r.ID, Because: step.Sentence}
			break
		}
	}
	if fitted.Verdict == "" {
		t.Decision = Decision{
			Verdict: otherwise.Verdict, Place: otherwise.Place, Origin: FromDefault,
			Because: otherwise.Verdict.past() + " by the zone's default, because no rule fits.",
		}
	}
	if shown.Place.empty() || t.Origin == FromRule && t.Verdict != Admit {
		return t
	}
	t.Place = shown.Place.over(t.Place)
	if t.Verdict != Admit {
		t.Verdict, t.Because = Admit, "No rule fits."
	}
	t.Origin = shown.Origin
	t.Because += " " + shown.Origin.sentence()
	return t
}

// Shown is what a computer's key, or the approval of it, says of its place.
type Shown struct {
	Place  Place
	Origin Origin // [FromKey] or [FromApproval]
}

func (o Origin) sentence() string {
	if o == FromApproval {
		return "Its approval says where it is put."
	}
	return "Its key says where it is put."
}

// ask tells whether the rule fits.
func (r Rule) ask(x Coming) Step {
	s := Step{Position: r.Position, Name: r.Name}
	if !r.Enabled {
		s.Sentence = fmt.Sprintf("Rule %d does not fit, because it is switched off.", r.Position)
		return s
	}
	reasons := make([]string, len(r.Conditions))
	for i, c := range r.Conditions {
		ok, why := c.fits(x)
		if !ok {
			s.Sentence = fmt.Sprintf("Rule %d does not fit, because %s.", r.Position, why)
			return s
		}
		reasons[i] = why
	}
	if len(reasons) == 0 {
		reasons = []string{"it fits every computer"}
	}
	s.Matched = true
	s.Sentence = fmt.Sprintf("%s by rule %d, because %s.", r.Verdict.past(), r.Position, strings.Join(reasons, ", and "))
	return s
}

func (v Verdict) past() string {
	switch v {
	case Admit:
		return "Admitted"
	case Quarantine:
		return "Put into quarantine"
	case ToReview:
		return "Left to an administrator"
	case Refuse:
	}
	return "Refused"
}

var errNoRule = problem.New(problem.NotFound, "registration.rule", "There is no such rule.")
