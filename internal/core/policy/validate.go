package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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
	if len(faults) > 0 {
		return faults
	}
	return vs.contradictions(prefix)
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
	if v.locked && !d.Lockable() {
		return d.Title + " cannot be locked: no client offers the user a choice."
	}
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
	case KindFiles:
		return d.checkFiles(v)
	case KindText:
		if v.kind != 't' {
			return d.Title + " is a text."
		}
		return d.checkText(v.list[0])
	}
	return ""
}

func (d *Definition) checkNumber(v Value) string {
	if v.kind == 'n' && (v.n == d.None || (v.n >= d.Min && v.n <= d.Max)) {
		return ""
	}
	unit := d.Unit
	if unit != "" {
		unit = " " + unit
	}
	return fmt.Sprintf("%s is a whole number from %d to %d%s, or %d for none.", d.Title, d.Min, d.Max, unit, d.None)
}

func (d *Definition) checkList(v Value) string {
	if v.kind != 'l' || int64(len(v.list)) > d.Max {
		return fmt.Sprintf("%s is a list of at most %d texts, written [one, another]; of one text, [one].", d.Title, d.Max)
	}
	for _, t := range v.list {
		if t == "" {
			return "No text of " + d.Title + " is empty."
		}
		if fault := d.checkText(t); fault != "" {
			return fault
		}
	}
	return ""
}

// checkText judges a text, or one of a list. An empty one sets nothing.
func (d *Definition) checkText(t string) string {
	if len(t) > maxText || !utf8.ValidString(t) || strings.ContainsFunc(t, unicode.IsControl) {
		return fmt.Sprintf("A text of %s has at most %d bytes and no control characters.", d.Title, maxText)
	}
	if f := formats[d.Format]; t != "" && f.fits != nil && !f.fits.MatchString(t) {
		return d.Title + ": " + f.words
	}
	return ""
}

// formats are what texts must look like, and the words that say so. The patterns have no repetition within another.
var formats = map[Format]struct {
	fits  *regexp.Regexp
	words string
}{
	FormatMail:     {regexp.MustCompile(`^[^\s@<>"(),:;\[\]\\]{1,64}@[A-Za-z0-9.-]{1,190}$`), "a mail address, such as security@example.org."},
	FormatPhone:    {regexp.MustCompile(`^[+0-9][0-9 #*]{0,31}$`), "digits, which may begin with +."},
	FormatHash:     {regexp.MustCompile(`^[0-9A-Fa-f]{40}$`), "a SHA-1 hash is 40 hexadecimal digits."},
	FormatPath:     {regexp.MustCompile(`^/?[^/.][^/]*(/[^/.][^/]*)*/?$`), "a path of folders, such as /Documents/Reports, none of which begins with a dot."},
	FormatEnding:   {regexp.MustCompile(`^[A-Za-z0-9]{1,16}$`), "the ending of a file's name, such as pdf, without a dot."},
	FormatPackage:  {regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$`), "the name of an application, such as org.example.reader."},
	FormatCountry:  {regexp.MustCompile(`^[A-Z]{2}$`), "two capital letters, such as DE."},
	FormatAbsolute: {absolute, "the whole path of a file, such as /etc/motd or C:\\Program Files\\notes.txt."},
	FormatAccount:  {regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N}_.$@ -]{0,63}$`), "the name of an account, such as ann."},
	FormatUnit:     {regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.@:-]{0,127}$`), "the name of a service, such as chrony."},
	FormatHostPort: {regexp.MustCompile(`^[A-Za-z0-9.-]{1,200}:[0-9]{1,5}$`), "host and port, such as proxy.example.org:3128."},
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
