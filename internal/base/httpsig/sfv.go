package httpsig

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
)

// The bounds of what is read. A device's own signature needs a tenth of it.
const (
	maxHeader  = 4 << 10
	maxMembers = 8
	maxItems   = 32
	maxParams  = 12
)

var errField = errors.New("the field is no structured field as it should be")

// scanner reads structured fields (RFC 9651 section 4.2), as far as signatures use them.
type scanner struct {
	text string
	at   int
}

func (s *scanner) end() bool { return s.at >= len(s.text) }

func (s *scanner) peek() byte {
	if s.end() {
		return 0
	}
	return s.text[s.at]
}

// take reads one expected character.
func (s *scanner) take(c byte) bool {
	if s.peek() != c || s.end() {
		return false
	}
	s.at++
	return true
}

func (s *scanner) spaces(set string) {
	for !s.end() && strings.IndexByte(set, s.peek()) >= 0 {
		s.at++
	}
}

// key reads the name of a member or parameter.
func (s *scanner) key() (string, error) {
	begin := s.at
	for !s.end() && keyChar(s.peek(), s.at == begin) {
		s.at++
	}
	if s.at == begin {
		return "", errField
	}
	return s.text[begin:s.at], nil
}

func keyChar(c byte, first bool) bool {
	if c >= 'a' && c <= 'z' || c == '*' {
		return true
	}
	return !first && (c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.')
}

// quoted reads a string.
func (s *scanner) quoted() (string, error) {
	if !s.take('"') {
		return "", errField
	}
	var b strings.Builder
	for !s.end() {
		c := s.peek()
		s.at++
		switch {
		case c == '"':
			return b.String(), nil
		case c == '\\':
			if c = s.peek(); c != '"' && c != '\\' {
				return "", errField
			}
			s.at++
		case c < ' ' || c > '~':
			return "", errField
		}
		b.WriteByte(c)
	}
	return "", errField
}

// integer reads a whole number of at most 15 digits.
func (s *scanner) integer() (int64, error) {
	begin := s.at
	s.take('-')
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.at++
	}
	digits := strings.TrimPrefix(s.text[begin:s.at], "-")
	if digits == "" || len(digits) > 15 || s.peek() == '.' {
		return 0, errField
	}
	return strconv.ParseInt(s.text[begin:s.at], 10, 64)
}

// octets reads a byte sequence.
func (s *scanner) octets() ([]byte, error) {
	if !s.take(':') {
		return nil, errField
	}
	length := strings.IndexByte(s.text[s.at:], ':')
	if length < 0 {
		return nil, errField
	}
	b, err := base64.StdEncoding.DecodeString(s.text[s.at : s.at+length])
	if err != nil || strings.ContainsAny(s.text[s.at:s.at+length], "\r\n") {
		return nil, errField
	}
	s.at += length + 1
	return b, nil
}

// param is a parameter with its value in canonical form.
type param struct {
	key, text string
	quoted    string // of strings
	number    int64  // of whole numbers
	kind      byte   // 's', 'n' or 'b'
}

// params reads parameters: strings, whole numbers, and the true that stands for no value.
func (s *scanner) params() ([]param, error) {
	var list []param
	for s.take(';') {
		s.spaces(" ")
		p, err := s.param()
		if err != nil || len(list) == maxParams {
			return nil, errField
		}
		for _, q := range list {
			if q.key == p.key {
				return nil, errField // the standard takes the last; two of a kind only ever deceive
			}
		}
		list = append(list, p)
	}
	return list, nil
}

func (s *scanner) param() (p param, err error) {
	if p.key, err = s.key(); err != nil {
		return p, err
	}
	if !s.take('=') {
		p.kind = 'b'
		return p, nil
	}
	if s.peek() == '"' {
		p.kind = 's'
		p.quoted, err = s.quoted()
		p.text = quote(p.quoted)
		return p, err
	}
	p.kind = 'n'
	p.number, err = s.integer()
	p.text = strconv.FormatInt(p.number, 10)
	return p, err
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quote(s string) string { return `"` + escapes.Replace(s) + `"` }

func writeParams(b *strings.Builder, list []param) {
	for _, p := range list {
		b.WriteString(";" + p.key)
		if p.kind != 'b' {
			b.WriteString("=" + p.text)
		}
	}
}

// dictionary reads a dictionary; value reads what stands behind each "=". A member that comes twice is refused.
func dictionary(lines []string, value func(key string, s *scanner) error) error {
	s := &scanner{text: strings.Join(lines, ", ")}
	if len(s.text) > maxHeader {
		return errField
	}
	s.spaces(" ")
	seen := make(map[string]bool, 2)
	for !s.end() {
		key, err := s.key()
		if err != nil || seen[key] || len(seen) == maxMembers || !s.take('=') {
			return errField
		}
		seen[key] = true
		if err := value(key, s); err != nil {
			return err
		}
		s.spaces(" \t")
		if s.end() {
			return nil
		}
		if !s.take(',') {
			return errField
		}
		s.spaces(" \t")
		if s.end() {
			return errField
		}
	}
	return nil
}
