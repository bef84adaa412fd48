package easclient

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Version is a protocol version as the headers spell it.
type Version string

// The versions this client speaks.
const (
	V25  Version = "2.5"
	V120 Version = "12.0"
	V121 Version = "12.1"
	V140 Version = "14.0"
	V141 Version = "14.1"
	V160 Version = "16.0"
	V161 Version = "16.1"
)

// Versions are all versions, oldest first.
var Versions = []Version{V25, V120, V121, V140, V141, V160, V161}

// ParseVersion accepts the spellings of Versions.
func ParseVersion(s string) (Version, error) {
	if slices.Contains(Versions, Version(s)) {
		return Version(s), nil
	}
	return "", fmt.Errorf("protocol version %q is none of %v", s, Versions)
}

// AtLeast says whether v is w or newer.
func (v Version) AtLeast(w Version) bool {
	return slices.Index(Versions, v) >= slices.Index(Versions, w)
}

// wire is the version byte of a base64 query: 121 for 12.1.
func (v Version) wire() byte {
	n, _ := strconv.ParseUint(strings.ReplaceAll(string(v), ".", ""), 10, 8)
	return byte(n)
}

// Form is a way to spell the query string: the two of the specification and those that are met in the wild.
type Form string

// The forms. Those called base64 need version 12.1 or later.
const (
	Plain         Form = "plain"          // ?Cmd=Sync&User=u&DeviceId=d&DeviceType=t
	PlainReversed Form = "plain-reversed" // the parameters in the opposite order
	PlainLower    Form = "plain-lower"    // the parameter names in lower case
	Base64        Form = "base64"         // MS-ASHTTP section 2.2.1.1.1.1
	Base64Space   Form = "base64-space"   // + sent as a space
	Base64NoPad   Form = "base64-nopad"   // without the = at the end
	Base64URL     Form = "base64-url"     // - and _ instead of + and /
	Base64Escaped Form = "base64-escaped" // %2B, %2F and %3D
	Base64User    Form = "base64-user"    // with the User parameter, which is optional there
)

// Forms are all forms.
var Forms = []Form{Plain, PlainReversed, PlainLower, Base64, Base64Space, Base64NoPad, Base64URL, Base64Escaped, Base64User}

// ParseForm accepts the spellings of Forms.
func ParseForm(s string) (Form, error) {
	if slices.Contains(Forms, Form(s)) {
		return Form(s), nil
	}
	return "", fmt.Errorf("query form %q is none of %v", s, Forms)
}

// IsBase64 says whether the form carries version and policy key itself, so that their headers must not be sent.
func (f Form) IsBase64() bool { return strings.HasPrefix(string(f), "base64") }

// MisspeltForms are the forms beside Plain and Base64 that a server of the version has to accept.
func MisspeltForms(v Version) []Form {
	return slices.DeleteFunc(slices.Clone(Forms), func(f Form) bool {
		return f == Plain || f == Base64 || f.IsBase64() && !v.AtLeast(V121)
	})
}

// commandCodes are the codes of MS-ASHTTP section 2.2.1.1.1.2.
var commandCodes = map[string]byte{
	"Sync": 0, "SendMail": 1, "SmartForward": 2, "SmartReply": 3, "GetAttachment": 4, "FolderSync": 9,
	"FolderCreate": 10, "FolderDelete": 11, "FolderUpdate": 12, "MoveItems": 13, "GetItemEstimate": 14,
	"MeetingResponse": 15, "Search": 16, "Settings": 17, "Ping": 18, "ItemOperations": 19, "Provision": 20,
	"ResolveRecipients": 21, "ValidateCert": 22,
}

// parameterTags are the tags of MS-ASHTTP section 2.2.1.1.1.1.1 for what the plain form has as names. SaveInSent
// and AcceptMultiPart are bits of the Options byte (tag 7).
var parameterTags = map[string]byte{
	"AttachmentName": 0, "CollectionId": 1, "ItemId": 3, "LongId": 4, "Occurrence": 6, "User": 8,
}

const tagOptions, optionSaveInSent = 7, 0x01

// Param is one more parameter of a query.
type Param struct{ Name, Value string }

// query is what a request line says.
type query struct {
	command              string
	user                 string
	deviceID, deviceType string
	version              Version
	policyKey            string // decimal; "" sends none
	more                 []Param
}

// localeEnglish is the locale identifier of every base64 query of this client.
const localeEnglish = 0x0409

func (q query) encode(f Form) (string, error) {
	if !f.IsBase64() {
		return q.plain(f), nil
	}
	raw, err := q.bytes(f)
	if err != nil {
		return "", err
	}
	s := base64.StdEncoding.EncodeToString(raw)
	switch f {
	case Base64Space:
		return strings.ReplaceAll(s, "+", "%20"), nil
	case Base64NoPad:
		return strings.TrimRight(s, "="), nil
	case Base64URL:
		return base64.URLEncoding.EncodeToString(raw), nil
	case Base64Escaped:
		return url.QueryEscape(s), nil
	default:
		return s, nil
	}
}

func (q query) plain(f Form) string {
	params := append([]Param{
		{"Cmd", q.command}, {"User", q.user}, {"DeviceId", q.deviceID}, {"DeviceType", q.deviceType},
	}, q.more...)
	if f == PlainReversed {
		slices.Reverse(params)
	}
	var parts []string
	for _, p := range params {
		if f == PlainLower {
			p.Name = strings.ToLower(p.Name)
		}
		parts = append(parts, p.Name+"="+url.QueryEscape(p.Value))
	}
	return strings.Join(parts, "&")
}

func (q query) bytes(f Form) ([]byte, error) {
	if !q.version.AtLeast(V121) {
		return nil, fmt.Errorf("version %s has no base64 query", q.version)
	}
	command, ok := commandCodes[q.command]
	if !ok {
		return nil, fmt.Errorf("command %s has no code for a base64 query", q.command)
	}
	b := []byte{q.version.wire(), command}
	b = binary.LittleEndian.AppendUint16(b, localeEnglish)
	var err error
	if b, err = appendField(b, q.deviceID, nil); err != nil {
		return nil, err
	}
	if b, err = appendKey(b, q.policyKey); err != nil {
		return nil, err
	}
	b, err = appendField(b, q.deviceType, err)
	if f == Base64User {
		b, err = appendField(append(b, parameterTags["User"]), q.user, err)
	}
	for _, p := range q.more {
		if p.Name == "SaveInSent" {
			b = append(b, tagOptions, 1, optionSaveInSent)
			continue
		}
		tag, ok := parameterTags[p.Name]
		if !ok {
			return nil, fmt.Errorf("parameter %s has no tag for a base64 query", p.Name)
		}
		b, err = appendField(append(b, tag), p.Value, err)
	}
	return b, err
}

// appendField writes a length byte and the text; an earlier error is passed on.
func appendField(b []byte, s string, err error) ([]byte, error) {
	if err == nil && len(s) > 255 {
		err = fmt.Errorf("%.20q... is too long for a base64 query", s)
	}
	return append(append(b, byte(len(s))), s...), err
}

func appendKey(b []byte, key string) ([]byte, error) {
	if key == "" {
		return append(b, 0), nil
	}
	n, err := strconv.ParseUint(key, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("policy key %q is no 32-bit number", key)
	}
	return binary.LittleEndian.AppendUint32(append(b, 4), uint32(n)), nil
}
