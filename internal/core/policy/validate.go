package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"drover/internal/base/problem"
	"drover/internal/core/platform"
)

// maxText bounds one text of a list, in bytes.
const maxText = 260

// Validate checks every value against its setting. The problem it returns names each fault by prefix and key, with the
// bounds that hold.
func (vs Values) Validate(prefix string) []problem.Field {
	var faults []problem.Field
	for _, key := range slices.Sorted(maps.Keys(vs)) {
		d, ok := Find(key)
		if !ok {
			faults = append(faults, problem.Field{Name: prefix + printable(key), Message: "There is no such setting."})
			continue
		}
		if fault := d.check(vs[key]); fault != "" {
			faults = append(faults, problem.Field{Name: prefix + string(key), Message: fault})
		}
	}
	return faults
}

// printable keeps an unknown key short and printable in the answer that names it.
func printable(key platform.Setting) string {
	s := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, string(key))
	return s[:min(len(s), 60)]
}

// check returns what is wrong with a value, as a sentence, or "".
func (d *Definition) check(v Value) string {
	switch d.Kind {
	case KindBool:
		if v.kind != 'b' {
			return d.Title + " is true or false."
		}
	case KindNumber:
		return d.checkNumber(v)
	case KindChoice:
		if v.kind != 'n' || !slices.ContainsFunc(d.Options, func(o Option) bool { return o.Number == v.n }) {
			return d.Title + " is one of " + d.optionWords() + "."
		}
	case KindList:
		return d.checkList(v)
	}
	return ""
}

func (d *Definition) checkNumber(v Value) string {
	if v.kind == 'n' && (v.n == d.None || (v.n >= d.Min && v.n <= d.Max)) {
		return ""
	}
	return fmt.Sprintf("%s is a whole number from %d to %d %s, or %d for none.", d.Title, d.Min, d.Max, d.Unit, d.None)
}

func (d *Definition) checkList(v Value) string {
	if v.kind != 'l' || int64(len(v.list)) > d.Max {
		return fmt.Sprintf("%s is a list of at most %d texts.", d.Title, d.Max)
	}
	for _, t := range v.list {
		if t == "" || len(t) > maxText || strings.ContainsFunc(t, unicode.IsControl) {
			return fmt.Sprintf("Each text of %s has 1 to %d bytes and no control characters.", d.Title, maxText)
		}
		if d.Key == platform.ApprovedApps && !isHash(t) {
			return "Each text of " + d.Title + " is a SHA-1 hash: 40 hexadecimal digits."
		}
	}
	return ""
}

func isHash(t string) bool {
	return len(t) == 40 && strings.Trim(strings.ToLower(t), "0123456789abcdef") == ""
}

func (d *Definition) optionWords() string {
	words := make([]string, len(d.Options))
	for i, o := range d.Options {
		words[i] = fmt.Sprintf("%d (%s)", o.Number, o.Words)
	}
	return strings.Join(words, ", ")
}

// Warnings names the values that have no effect, and why: they are valid, and often left over.
func (vs Values) Warnings(prefix string) []problem.Field {
	var out []problem.Field
	for _, d := range definitions {
		if _, ok := vs[d.Key]; !ok || d.effective(vs) {
			continue
		}
		out = append(out, problem.Field{Name: prefix + string(d.Key), Message: d.idle(vs)})
	}
	return out
}

// idle says in words why the setting has no effect beside the other values.
func (d *Definition) idle(vs Values) string {
	need, ok := Find(d.Needs)
	for ok && vs.on(need.Key) {
		need, ok = Find(need.Needs)
	}
	return fmt.Sprintf("It has no effect while %q is off.", need.Title)
}
