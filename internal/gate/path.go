package gate

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"drover/internal/base/problem"
)

const (
	maxPath   = 2 << 10 // octets of the path as sent
	maxTarget = 8 << 10 // path and query: a sign-in answer with its token fits
)

var errPath = problem.New(problem.Malformed, "request.path", "The path of this request is not one that Drover reads.")

// requestPath returns the one form of a request's path on which the gate routes. It works on what was sent, before
// anybody has decoded or cleaned it. Only the origin form is read (RFC 9112 section 3.2.1).
func requestPath(r *http.Request) (string, error) {
	target := r.RequestURI
	if target == "" { // not from the network
		target = r.URL.RequestURI()
	}
	if len(target) > maxTarget {
		return "", errPath
	}
	raw, _, _ := strings.Cut(target, "?")
	return normalize(raw)
}

// normalize decodes a path once. It refuses every path that two readers could read in two ways: one with an empty, "."
// or ".." segment, a segment of dots, a semicolon, a backslash, a slash, percent sign, question or number sign in
// encoded form, a control character, an octet that RFC 3986 wants encoded, or text that is not UTF-8.
func normalize(raw string) (string, error) {
	if raw == "" || raw[0] != '/' || len(raw) > maxPath {
		return "", errPath
	}
	if plain(raw) {
		return raw, checkSegments(raw)
	}
	decoded, err := decode(raw)
	if err != nil {
		return "", err
	}
	return decoded, checkSegments(decoded)
}

// plain tells whether a path is made of unreserved octets alone, as nearly all are, and so decodes to itself.
func plain(raw string) bool {
	for i := range len(raw) {
		if c := raw[i]; c != '/' && !unreserved[c] {
			return false
		}
	}
	return true
}

func decode(raw string) (string, error) {
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c != '%' {
			if c != '/' && !unreserved[c] && !delimiter[c] {
				return "", errPath
			}
			b.WriteByte(c)
			continue
		}
		if i+2 >= len(raw) {
			return "", errPath
		}
		high, low := hexValue[raw[i+1]], hexValue[raw[i+2]]
		if high < 0 || low < 0 {
			return "", errPath
		}
		i += 2
		c = byte(high)<<4 | byte(low)
		if strings.IndexByte(`/\%;?#`, c) >= 0 {
			return "", errPath
		}
		b.WriteByte(c)
	}
	path := b.String()
	if !utf8.ValidString(path) || strings.ContainsFunc(path, unicode.IsControl) {
		return "", errPath
	}
	return path, nil
}

// checkSegments refuses empty segments and segments of dots. A slash at the end is part of the path.
func checkSegments(path string) error {
	start := 1
	for i := 1; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			continue
		}
		segment := path[start:i]
		if segment == "" && i < len(path) || segment != "" && strings.Trim(segment, ".") == "" {
			return errPath
		}
		start = i + 1
	}
	return nil
}

// unreserved and delimiter are the octets of a path that stand for themselves (RFC 3986 section 3.3), less the
// semicolon, which some servers take for the start of parameters.
var unreserved, delimiter = octets("-._~", true), octets("!$&'()*+,=:@", false)

func octets(set string, alphanumeric bool) (t [256]bool) {
	for _, c := range []byte(set) {
		t[c] = true
	}
	for c := range 256 {
		b := byte(c)
		if alphanumeric && ('a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9') {
			t[c] = true
		}
	}
	return t
}

var hexValue = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i, c := range []byte("0123456789abcdef") {
		t[c] = int8(i)
	}
	for i, c := range []byte("ABCDEF") {
		t[c] = int8(10 + i)
	}
	return t
}()
