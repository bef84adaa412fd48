package httpsig

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The header fields of RFC 9421 section 4 and RFC 9530 section 2.
const (
	inputField     = "Signature-Input"
	signatureField = "Signature"
	digestField    = "Content-Digest"
)

// Component is one part of a message that a signature covers: a header field in lower case, or a derived one that begins
// with "@" (RFC 9421 section 2). Param is the name that "@query-param" asks for.
type Component struct {
	Name  string
	Param string
}

// Fields are components without parameters.
func Fields(names ...string) []Component {
	list := make([]Component, len(names))
	for i, n := range names {
		list[i] = Component{Name: n}
	}
	return list
}

func (c Component) String() string {
	if c.Param == "" {
		return quote(c.Name)
	}
	return quote(c.Name) + ";name=" + quote(c.Param)
}

// Input says what one signature covers, and its parameters (RFC 9421 section 2.3). Zero values are left out.
type Input struct {
	Label      string // "sig1": tells the signatures of one message apart
	Components []Component
	Created    time.Time // whole seconds
	Expires    time.Time // whole seconds
	Nonce      string
	Alg        string
	KeyID      string
	Tag        string

	params []param // as they came, in their order; nil for what we make ourselves
}

// Covers tells whether the signature covers the component.
func (in Input) Covers(name string) bool {
	return slices.Contains(in.Components, Component{Name: name})
}

// text writes the value of "@signature-params" (RFC 9421 section 2.3), which is that of the header's member too.
func (in Input) text() string {
	var b strings.Builder
	b.WriteByte('(')
	for i, c := range in.Components {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(c.String())
	}
	b.WriteByte(')')
	list := in.params
	if list == nil {
		list = in.ownParams()
	}
	writeParams(&b, list)
	return b.String()
}

func (in Input) ownParams() []param {
	var list []param
	number := func(key string, t time.Time) {
		if !t.IsZero() {
			list = append(list, param{key: key, kind: 'n', text: strconv.FormatInt(t.Unix(), 10)})
		}
	}
	text := func(key, value string) {
		if value != "" {
			list = append(list, param{key: key, kind: 's', text: quote(value)})
		}
	}
	number("created", in.Created)
	number("expires", in.Expires)
	text("nonce", in.Nonce)
	text("alg", in.Alg)
	text("keyid", in.KeyID)
	text("tag", in.Tag)
	return list
}

// Signed is a signature as it came.
type Signed struct {
	Input
	Signature []byte
}

// Parse reads the signatures of a message: at most 8 of at most 32 components, in 4 KiB. It fails when anything in the two
// fields is not as RFC 9421 section 4 asks, when a signature has no input, and on components with parameters that this
// package does not know.
func Parse(h http.Header) ([]Signed, error) {
	var list []Signed
	err := dictionary(h.Values(inputField), func(key string, s *scanner) error {
		in, err := parseInput(s)
		in.Label = key
		list = append(list, Signed{Input: in})
		return err
	})
	if err != nil {
		return nil, err
	}
	err = dictionary(h.Values(signatureField), func(key string, s *scanner) error {
		i := slices.IndexFunc(list, func(x Signed) bool { return x.Label == key })
		if i < 0 {
			return errField
		}
		var err error
		list[i].Signature, err = s.octets()
		return err
	})
	if err != nil || slices.ContainsFunc(list, func(x Signed) bool { return x.Signature == nil }) {
		return nil, errField
	}
	return list, nil
}

func parseInput(s *scanner) (in Input, err error) {
	if !s.take('(') {
		return in, errField
	}
	for {
		s.spaces(" ")
		if s.take(')') {
			break
		}
		c, err := parseComponent(s)
		if err != nil || len(in.Components) == maxItems || slices.Contains(in.Components, c) {
			return in, errField
		}
		in.Components = append(in.Components, c)
		if next := s.peek(); next != ' ' && next != ')' {
			return in, errField
		}
	}
	if in.params, err = s.params(); err != nil {
		return in, err
	}
	return in, in.learn()
}

func parseComponent(s *scanner) (c Component, err error) {
	if c.Name, err = s.quoted(); err != nil || c.Name == "" || c.Name != strings.ToLower(c.Name) {
		return c, errField
	}
	list, err := s.params()
	if err != nil || len(list) == 0 {
		return c, err
	}
	if c.Name != "@query-param" || len(list) != 1 || list[0].key != "name" || list[0].quoted == "" {
		return c, errField
	}
	c.Param = list[0].quoted
	return c, nil
}

// learn takes the parameters that the standard names.
func (in *Input) learn() error {
	for _, p := range in.params {
		kind := byte('s')
		switch p.key {
		case "created":
			in.Created, kind = time.Unix(p.number, 0).UTC(), 'n'
		case "expires":
			in.Expires, kind = time.Unix(p.number, 0).UTC(), 'n'
		case "nonce":
			in.Nonce = p.quoted
		case "alg":
			in.Alg = p.quoted
		case "keyid":
			in.KeyID = p.quoted
		case "tag":
			in.Tag = p.quoted
		default:
			kind = p.kind
		}
		if p.kind != kind {
			return errField
		}
	}
	return nil
}
