package inventory

import (
	"strings"

	"drover/internal/base/problem"
)

// ops in the order in which they are looked for: the longer before those they begin with.
var ops = []Op{AtMost, AtLeast, IsNot, Below, Above, Is, Contains}

// ParseTest reads a test as people write it: "openssl<3.0.15" of software, "openssl>=3.0,<3.0.15" for a range of versions, "system.os~debian" of a fact, "openssl" for any
// version, "!openssl" for devices without it. "dpkg:openssl" names where the software comes from.
func ParseTest(text string) (Test, error) {
	text = strings.TrimSpace(text)
	if name, missing := strings.CutPrefix(text, "!"); missing {
		t := softwareTest(name)
		t.Op = Missing
		return t, t.check()
	}
	bounds := strings.Split(text, ",")
	left, op, value := cutOp(bounds[0])
	if isFact(left) {
		left, op, value = cutOp(text) // a comma is part of what is compared with
		t := Test{Fact: left, Op: op, Value: value}
		return t, t.check()
	}
	t := softwareTest(left)
	t.Op, t.Value = op, value
	for _, b := range bounds[1:] {
		rest, op, value := cutOp(b)
		if rest != "" {
			return t, errTest
		}
		t.And = append(t.And, Bound{op, value})
	}
	return t, t.check()
}

// ParseBounds reads a range of versions as people write it: ">=3.0,<3.0.15". An empty text is no bound.
func ParseBounds(text string) ([]Bound, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	t, err := ParseTest("x" + text)
	if err != nil || t.Op == Any || t.Name != "x" {
		return nil, problem.New(problem.Invalid, "inventory.bounds", `A range of versions is written as ">=3.0,<3.0.15".`).WithField("within")
	}
	return append([]Bound{{t.Op, t.Value}}, t.And...), nil
}

// cutOp cuts a text at the first comparison in it.
func cutOp(text string) (left string, op Op, value string) {
	for i := range text {
		for _, o := range ops {
			if strings.HasPrefix(text[i:], string(o)) {
				return strings.TrimSpace(text[:i]), o, strings.TrimSpace(text[i+len(o):])
			}
		}
	}
	return strings.TrimSpace(text), Any, ""
}

var errTest = problem.New(problem.Invalid, "inventory.test",
	`A question is written as "openssl<3.0.15", "openssl>=3.0,<3.0.15", "system.os~debian", "openssl", or "!openssl" for those without it.`).WithField("test")

func (t Test) check() error {
	wrong := t.Op != Any && t.Op != Missing && t.Value == "" || t.Fact == string(Software) && t.Name == "" || len(t.And) > maxBounds
	for _, b := range t.And {
		wrong = wrong || b.Op == Any || b.Value == "" || t.Op == Any || t.Op == Missing
	}
	if wrong {
		return errTest
	}
	return nil
}

func isFact(name string) bool {
	section, field, ok := strings.Cut(name, ".")
	d, err := Describe(Section(section))
	if !ok || err != nil || !d.Single {
		return false
	}
	_, known := d.Field(field)
	return known
}

func softwareTest(name string) Test {
	t := Test{Fact: string(Software), Name: strings.TrimSpace(name)}
	if source, rest, ok := strings.Cut(t.Name, ":"); ok {
		t.Source, t.Name = strings.TrimSpace(source), strings.TrimSpace(rest)
	}
	return t
}
