package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"drover/internal/core/platform"
)

// Kind is the type of a setting's value.
type Kind string

// The kinds.
const (
	KindBool   Kind = "bool"
	KindNumber Kind = "number" // a count in the setting's unit
	KindChoice Kind = "choice" // one of the setting's options, by number
	KindList   Kind = "list"   // texts, each once, in order
	KindText   Kind = "text"   // one line
	KindFiles  Kind = "files"  // of computers, each with its content
)

// Value is one setting's value: a bool, a number (also for a choice), a text, a list, or files. The zero Value is none of them
// and valid for no setting. A value is a bound, below which the user may choose a stricter one, unless it is locked.
type Value struct {
	kind   byte // 'b', 'n', 't', 'l', 'f', or 0
	locked bool
	n      int64
	list   []string // the texts of a list; the one text; each file as JSON
}

// Bool makes a value of yes or no.
func Bool(b bool) Value {
	if b {
		return Value{kind: 'b', n: 1}
	}
	return Value{kind: 'b'}
}

// Number makes a number, or the choice of that number.
func Number(n int64) Value { return Value{kind: 'n', n: n} }

// List makes a list; it is sorted and each text kept once, so that equal lists are equal values.
func List(texts ...string) Value {
	sorted := slices.Sorted(slices.Values(texts))
	return Value{kind: 'l', list: slices.Compact(sorted)}
}

// Text makes a text.
func Text(s string) Value { return Value{kind: 't', list: []string{s}} }

// Lock returns the value as the only one that the user may have.
func (v Value) Lock() Value { v.locked = true; return v }

// Unlock returns the value as a bound.
func (v Value) Unlock() Value { v.locked = false; return v }

// Locked tells whether the user may choose no other value.
func (v Value) Locked() bool { return v.locked }

// Line returns the text, "" for any other kind.
func (v Value) Line() string {
	if v.kind != 't' {
		return ""
	}
	return v.list[0]
}

// IsTrue tells whether the value is a yes.
func (v Value) IsTrue() bool { return v.kind == 'b' && v.n == 1 }

// Int returns the number; 1 and 0 for yes and no.
func (v Value) Int() int64 { return v.n }

// Texts returns the list.
func (v Value) Texts() []string { return slices.Clone(v.list) }

// Equal tells whether both are the same value.
func (v Value) Equal(w Value) bool {
	return v.kind == w.kind && v.locked == w.locked && v.n == w.n && slices.Equal(v.list, w.list)
}

// String writes the value for logs and tables.
func (v Value) String() string {
	switch v.kind {
	case 'b':
		return strconv.FormatBool(v.n == 1)
	case 'n':
		return strconv.FormatInt(v.n, 10)
	case 't':
		return v.list[0]
	case 'l':
		return fmt.Sprintf("%q", v.list)
	case 'f':
		return fmt.Sprintf("%q", paths(v.Files()))
	}
	return ""
}

// locked is a locked value as JSON.
type locked struct {
	Locked *Value `json:"locked"`
}

// MarshalJSON writes true, 3, "a" or ["a","b"], and {"locked":3} for a locked value.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.locked {
		bound := v.Unlock()
		return json.Marshal(locked{&bound})
	}
	switch v.kind {
	case 't':
		return json.Marshal(v.list[0])
	case 'b':
		return json.Marshal(v.n == 1)
	case 'n':
		return json.Marshal(v.n)
	case 'l':
		if v.list == nil {
			return []byte("[]"), nil
		}
		return json.Marshal(v.list)
	case 'f':
		return []byte("[" + strings.Join(v.list, ",") + "]"), nil
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads what MarshalJSON writes; whether the value fits its setting is [Values.Validate]'s to say.
func (v *Value) UnmarshalJSON(text []byte) error {
	var b bool
	var n int64
	var l []string
	var s string
	switch text = bytes.TrimSpace(text); {
	case len(text) > 0 && text[0] == '{':
		return v.unmarshalLocked(text)
	case len(text) > 0 && text[0] == '"':
		if err := json.Unmarshal(text, &s); err != nil {
			return err
		}
		*v = Text(s)
	case len(text) > 0 && text[0] == '[' && bytes.HasPrefix(bytes.TrimSpace(text[1:]), []byte("{")):
		return v.unmarshalFiles(text)
	case len(text) > 0 && text[0] == '[':
		if err := json.Unmarshal(text, &l); err != nil {
			return err
		}
		*v = List(l...)
	case bytes.Equal(text, []byte("true")), bytes.Equal(text, []byte("false")):
		if err := json.Unmarshal(text, &b); err != nil {
			return err
		}
		*v = Bool(b)
	default:
		if err := json.Unmarshal(text, &n); err != nil || bytes.Equal(text, []byte("null")) {
			return errValue
		}
		*v = Number(n)
	}
	return nil
}

var errValue = errors.New(`a policy value is true, false, a whole number, a text, a list of texts or of files, or {"locked": VALUE}`)

// unmarshalLocked reads {"locked": VALUE}, of which VALUE is not locked again.
func (v *Value) unmarshalLocked(text []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	inner := bytes.TrimSpace(raw["locked"])
	if len(raw) != 1 || len(inner) == 0 || inner[0] == '{' {
		return errValue
	}
	if err := v.UnmarshalJSON(inner); err != nil {
		return err
	}
	*v = v.Lock()
	return nil
}

// Values is a set of settings. A setting that is not in it has its default.
type Values map[platform.Setting]Value

// Clone returns a copy.
func (vs Values) Clone() Values {
	c := make(Values, len(vs))
	for k, v := range vs {
		c[k] = v
	}
	return c
}

// Equal tells whether both set the same settings to the same values.
func (vs Values) Equal(ws Values) bool {
	if len(vs) != len(ws) {
		return false
	}
	for k, v := range vs {
		if w, ok := ws[k]; !ok || !v.Equal(w) {
			return false
		}
	}
	return true
}

// on tells whether a setting of yes or no is yes, by its value or its default.
func (vs Values) on(s platform.Setting) bool {
	if v, ok := vs[s]; ok {
		return v.IsTrue()
	}
	return definitions[byKey[s]].Default.IsTrue()
}

// inForce drops the values that have no effect because the setting they need is off: with no password required, no
// length counts (MS-ASPROV 2.2.2.28).
func (vs Values) inForce() Values {
	c := make(Values, len(vs))
	for s, v := range vs {
		if i, ok := byKey[s]; ok && definitions[i].effective(vs) {
			c[s] = v
		}
	}
	return c
}
