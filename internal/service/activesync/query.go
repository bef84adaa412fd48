package activesync

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// The bounds of a request line. A device's own name has at most 32 characters by MS-ASHTTP section 2.2.1.1.1.1.3; a
// GUID in its long form has more.
const (
	maxQuery  = 8 << 10
	maxDevice = 64
	maxUser   = 320
)

// The faults of a request line.
var (
	errQuery   = errors.New("activesync: the request line cannot be read")
	errCommand = errors.New("activesync: the command is not known")
	errDevice  = errors.New("activesync: the device names itself badly or not at all")
)

// Query is a request line: who asks for what. What the gateway does not act on is not read; the line is forwarded as it
// came, byte for byte.
type Query struct {
	Raw        string // as it came, without the question mark
	Base64     bool
	Command    Command
	Version    Version // of the base64 form; zero in the plain form, where a header tells it
	DeviceID   string
	DeviceType string
	User       string // "" where it is left to the credentials
	PolicyKey  uint32 // of the base64 form; zero where there is none
	KeyField   bool   // the base64 form has room for a policy key
}

// ParseQuery reads a request line in the plain form, or in the base64 form of 12.1 and later (MS-ASHTTP section
// 2.2.1.1.1) however it was misspelt on its way: percent-encoded, "+" turned into a space, URL-safe, unpadded, folded.
func ParseQuery(raw string) (Query, error) {
	if len(raw) > maxQuery {
		return Query{}, errQuery
	}
	q := Query{Raw: raw}
	var err error
	if plainForm(raw) {
		err = q.plain()
	} else {
		err = q.base64()
	}
	if err != nil {
		return Query{}, err
	}
	return q, q.check()
}

// plainForm tells a list of parameters from base64, whose only "=" stand at its end.
func plainForm(raw string) bool {
	return strings.ContainsAny(strings.TrimRight(raw, "="), "=&")
}

func (q *Query) plain() error {
	command := ""
	for pair := range strings.SplitSeq(q.Raw, "&") {
		key, value, _ := strings.Cut(pair, "=")
		var target *string
		switch {
		case strings.EqualFold(key, "Cmd"):
			target = &command
		case strings.EqualFold(key, "User"):
			target = &q.User
		case strings.EqualFold(key, "DeviceId"):
			target = &q.DeviceID
		case strings.EqualFold(key, "DeviceType"):
			target = &q.DeviceType
		default:
			continue
		}
		text, err := url.QueryUnescape(value)
		if err != nil || *target != "" && *target != text { // two answers to one question: no telling which one upstream takes
			return errQuery
		}
		*target = text
	}
	var known bool
	if q.Command, known = parseCommand(command); !known {
		return errCommand
	}
	return nil
}

func (q *Query) base64() error {
	data, err := decodeBase64(q.Raw)
	if err != nil {
		return errQuery
	}
	r := fields{data: data}
	q.Base64 = true
	q.Version = Version(r.byte())
	q.Command = Command(r.byte())
	r.take(2) // the locale
	q.DeviceID = deviceName(r.counted())
	switch key := r.counted(); len(key) {
	case 0:
	case 4:
		q.KeyField = true
		q.PolicyKey = binary.LittleEndian.Uint32(key)
	default:
		return errQuery
	}
	q.DeviceType = string(r.counted())
	for len(r.data) > 0 && !r.short {
		tag, value := r.byte(), r.counted()
		if tag == tagUser {
			q.User = string(value)
		}
	}
	if r.short || q.Version.String() == "" || q.Version < V121 {
		return errQuery
	}
	if q.Command.String() == "" || q.Command > 200 {
		return errCommand
	}
	return nil
}

// tagUser is the one command parameter of the base64 form that the gateway reads (MS-ASHTTP section 2.2.1.1.1.2.6).
const tagUser = 8

func (q *Query) check() error {
	if q.DeviceID == "" || len(q.DeviceID) > maxDevice || !printable(q.DeviceID) {
		return errDevice
	}
	if len(q.DeviceType) > maxDevice || !printable(q.DeviceType) {
		return errDevice
	}
	if len(q.User) > maxUser || hasControl(q.User) {
		return errQuery
	}
	return nil
}

// deviceName returns the device's name; some clients send a GUID as its 16 bytes, which the plain form spells in hex.
func deviceName(b []byte) string {
	if printable(string(b)) {
		return string(b)
	}
	return strings.ToUpper(hex.EncodeToString(b))
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r > 0x7E })
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7F || r == '\uFFFD' })
}

var standardAlphabet = strings.NewReplacer("-", "+", "_", "/", " ", "+", "\r", "", "\n", "")

func decodeBase64(raw string) ([]byte, error) {
	text, err := url.PathUnescape(raw) // unlike in a form, "+" stands for itself
	if err != nil {
		return nil, err
	}
	text = strings.TrimRight(standardAlphabet.Replace(text), "=")
	return base64.RawStdEncoding.DecodeString(text)
}

// forward returns the line as the mail server is to get it: as it came where that is as the specification asks, and in
// the standard alphabet, padded, where it was misspelt on its way. Mail servers are less patient than we are.
func (q Query) forward() string {
	if !q.Base64 {
		return q.Raw
	}
	if _, err := base64.StdEncoding.Strict().DecodeString(q.Raw); err == nil {
		return q.Raw
	}
	data, err := decodeBase64(q.Raw)
	if err != nil {
		return q.Raw
	}
	return base64.StdEncoding.EncodeToString(data)
}

// withPolicyKey returns the base64 line with another policy key in it, in the standard alphabet and padded.
func (q Query) withPolicyKey(key uint32) (string, error) {
	data, err := decodeBase64(q.Raw)
	if err != nil {
		return "", errQuery
	}
	r := fields{data: data}
	head := r.take(4)
	id := r.counted()
	r.counted()
	if r.short {
		return "", errQuery
	}
	out := append(make([]byte, 0, len(data)+4), head...)
	out = append(append(out, byte(len(id))), id...)
	out = binary.LittleEndian.AppendUint32(append(out, 4), key)
	out = append(out, r.data...)
	return base64.StdEncoding.EncodeToString(out), nil
}

// policyKey reads the key of the plain form's header; no header and "0" mean that there is none.
func policyKey(header string) (uint32, error) {
	if header == "" {
		return 0, nil
	}
	key, err := strconv.ParseUint(strings.TrimSpace(header), 10, 32)
	return uint32(key), err
}

// fields takes bytes off a slice; it turns short when they run out.
type fields struct {
	data  []byte
	short bool
}

func (f *fields) take(n int) []byte {
	if n > len(f.data) {
		f.data, f.short = nil, true
		return make([]byte, 0)
	}
	b := f.data[:n]
	f.data = f.data[n:]
	return b
}

func (f *fields) byte() byte {
	if b := f.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (f *fields) counted() []byte { return f.take(int(f.byte())) }

// plainQuery names another command for the same device in the plain form.
func plainQuery(c Command, q Query, user string) string {
	return "Cmd=" + c.String() + "&User=" + url.QueryEscape(user) + "&DeviceId=" + url.QueryEscape(q.DeviceID) +
		"&DeviceType=" + url.QueryEscape(q.DeviceType)
}
