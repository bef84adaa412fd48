package inventory

import (
	"strings"

	"drover/internal/base/problem"
)

// ops in the order in which they are looked for: the longer before those they begin with.
var ops = []Op{AtMost, AtLeast, IsNot, Below, Above, Is, Contains}

// ParseTest reads a test as people write it: "openssl<3.0.15" of software, "system.os~debian" of a fact, "openssl" for any
// version, "!openssl" for devices without it. "dpkg:openssl" names where the software comes from.
func ParseTest(text string) (Test, error) {
	text = strings.TrimSpace(text)
	if name, missing := strings.CutPrefix(text, "!"); missing {
		t := softwareTest(name)
		t.Op = Missing
		return t, t.check()
	}
	at, op := len(text), Any
	for i := range text {
		for _, o := range ops {
			if op == Any && strings.HasPrefix(text[i:], string(o)) {
				at, op = i, o
			}
		}
	}
	left, value := strings.TrimSpace(text[:at]), ""
	if op != Any {
		value = strings.TrimSpace(text[at+len(op):])
	}
	t := Test{Fact: left, Op: op, Value: value}
	if !isFact(left) {
		t = softwareTest(left)
		t.Op, t.Value = op, value
	}
	return t, t.check()
}

func (t Test) check() error {
	if t.Op != Any && t.Op != Missing && t.Value == "" || t.Fact == string(Software) && t.Name == "" {
		return problem.New(problem.Invalid, "inventory.test",
			`A question is written as "openssl<3.0.15", "system.os~debian", "openssl", or "!openssl" for those without it.`).WithField("test")
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
