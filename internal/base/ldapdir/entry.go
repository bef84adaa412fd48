package ldapdir

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// Entry is one entry of a directory, with the attributes that were asked for.
type Entry struct {
	DN     string
	values map[string][][]byte // by the attribute's name in lower case
	rest   []string            // the attributes of which the server has more values
}

func newEntry(e *ldap.Entry) Entry {
	out := Entry{DN: e.DN, values: make(map[string][][]byte, len(e.Attributes))}
	out.add(e)
	return out
}

// inRange begins the option by which Active Directory gives a part of the values of an attribute, "member;range=0-1499" and so
// on; the bounds of the last part end with an asterisk (MS-ADTS section 3.1.1.3.1.3.3).
const inRange = ";range="

// add takes in what a server gives of an entry.
func (e *Entry) add(raw *ldap.Entry) {
	for _, a := range raw.Attributes {
		name, bounds, part := strings.Cut(strings.ToLower(a.Name), inRange)
		e.values[name] = append(e.values[name], a.ByteValues...)
		if part && !strings.HasSuffix(bounds, "-*") {
			e.rest = append(e.rest, name)
		}
	}
}

// First returns the first value of an attribute as text, "" when there is none.
func (e Entry) First(attribute string) string {
	if v := e.values[strings.ToLower(attribute)]; len(v) > 0 {
		return string(v[0])
	}
	return ""
}

// All returns the values of an attribute as texts.
func (e Entry) All(attribute string) []string {
	list := e.values[strings.ToLower(attribute)]
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

const (
	objectGUID = "objectguid"
	maxID      = 128
)

// ID returns the value of the attribute that names an entry for ever, in one form: lower case, and Active Directory's
// objectGUID as its tools write it, the first three groups with their octets turned round (MS-DTYP section 2.3.4). It is ""
// when there is none that can be kept.
func (e Entry) ID(attribute string) string {
	v := e.values[strings.ToLower(attribute)]
	if len(v) == 0 || len(v[0]) > maxID {
		return ""
	}
	b := v[0]
	if strings.ToLower(attribute) != objectGUID {
		return strings.ToLower(strings.TrimSpace(string(b)))
	}
	if len(b) != 16 {
		return ""
	}
	return fmt.Sprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%x-%x",
		b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8:10], b[10:])
}

// ByID returns the filter for the entry with an id that [Entry.ID] gave; one that matches nothing for any other text.
func ByID(attribute, id string) string {
	if strings.ToLower(attribute) != objectGUID {
		return Equal(attribute, id)
	}
	b, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(b) != 16 {
		return nothing
	}
	raw := []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6]}
	var f strings.Builder
	for _, x := range append(raw, b[8:]...) {
		fmt.Fprintf(&f, `\%02x`, x)
	}
	return "(" + attribute + "=" + f.String() + ")"
}

// nothing is the filter that matches no entry: each has an object class.
const nothing = "(!(objectClass=*))"

// Equal returns the filter for entries whose attribute has this value, whatever is in it. The attribute is not escaped; see
// [IsAttribute].
func Equal(attribute, value string) string {
	return "(" + attribute + "=" + ldap.EscapeFilter(value) + ")"
}

// And returns the filter that needs all of some filters; empty ones do not count.
func And(filters ...string) string { return "(&" + strings.Join(filters, "") + ")" }

// Or returns the filter that needs one of some filters.
func Or(filters ...string) string { return "(|" + strings.Join(filters, "") + ")" }

// IsFilter tells whether a text is a filter (RFC 4515).
func IsFilter(s string) bool {
	if !strings.HasPrefix(s, "(") || !strings.HasSuffix(s, ")") {
		return false
	}
	_, err := ldap.CompileFilter(s)
	return err == nil
}

// IsAttribute tells whether a text is an attribute's name (RFC 4512 section 1.4), without options.
func IsAttribute(s string) bool {
	if s == "" || len(s) > 64 || s[0] == '-' || (s[0] >= '0' && s[0] <= '9') {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	})
}

// IsDN tells whether a text is a distinguished name (RFC 4514). The empty name, a directory's root, is one.
func IsDN(s string) bool {
	_, err := ldap.ParseDN(s)
	return err == nil
}

// Key returns a form of a DN in which two spellings of one name are equal.
func Key(dn string) string {
	p, err := ldap.ParseDN(dn)
	if err != nil {
		return strings.ToLower(dn)
	}
	return strings.ToLower(p.String())
}
