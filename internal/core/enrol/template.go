package enrol

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"drover/internal/base/csvsafe"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// Template makes names of computers: text with {host} (up to its first dot), {fqdn}, {serial}, {model}, {platform},
// {user} (the owner's name), {attribute:NAME} and {number}, which counts up for the template: {number:4} has four digits at
// least. The empty template is "{host}".
type Template string

const (
	maxTemplate = 128
	maxDigits   = 9
	// maxComputerName bounds a name in bytes, with room for what tells it from another.
	maxComputerName = 100
	plainName       = "computer" // of what tells nothing of itself
)

var token = regexp.MustCompile(`\{[^{}]*\}`)

func (t Template) check() error {
	bad := problem.New(problem.Invalid, "registration.name",
		"A name is text with {host}, {fqdn}, {serial}, {model}, {platform}, {user}, {attribute:NAME}, {number} or {number:4}, of at most 128 bytes.").
		WithField("name")
	if plain(string(t), maxTemplate) != string(t) {
		return bad
	}
	for _, k := range token.FindAllString(string(t), -1) {
		if !knownToken(k) {
			return bad
		}
	}
	if strings.ContainsAny(token.ReplaceAllString(string(t), ""), "{}") {
		return bad
	}
	return nil
}

func knownToken(k string) bool {
	name, of, more := strings.Cut(strings.Trim(k, "{}"), ":")
	switch name {
	case "host", "fqdn", "serial", "model", "platform", "user":
		return !more
	case "attribute":
		return of != ""
	case "number":
		n, err := strconv.Atoi(of)
		return !more || err == nil && n >= 1 && n <= maxDigits
	}
	return false
}

// counts tells whether the template has a number.
func (t Template) counts() bool { return strings.Contains(string(t), "{number") }

// fill makes the name. What the computer tells never becomes a formula, a line or a token.
func (t Template) fill(f ComputerFacts, owner string, number int64) string {
	if t == "" {
		t = "{host}"
	}
	name := token.ReplaceAllStringFunc(string(t), func(k string) string {
		name, of, _ := strings.Cut(strings.Trim(k, "{}"), ":")
		switch name {
		case "host":
			host, _, _ := strings.Cut(f.Host, ".")
			return host
		case "fqdn":
			return f.Host
		case "serial":
			return f.Serial
		case "model":
			return f.Model
		case "platform":
			return f.Platform
		case "user":
			return owner
		case "attribute":
			return f.Attributes[sqldb.Fold(of)]
		}
		digits, _ := strconv.Atoi(of) // checked; none is 0
		return fmt.Sprintf("%0*d", digits, number)
	})
	name = strings.TrimFunc(plain(name, maxComputerName), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("-_.", r) })
	for csvsafe.Formula(name) {
		name = strings.TrimSpace(string([]rune(name)[1:]))
	}
	if name == "" {
		return plainName
	}
	return name
}

// name makes the name of a computer that comes in. One that another has already gets a number behind it; where two come
// at the same moment on two servers they may yet be called the same, which harms nothing: devices are known by their ids.
func (s *Store) name(ctx context.Context, tx *sqldb.Tx, id string, t Template, f ComputerFacts, owner string) (string, error) {
	var number int64
	if t.counts() {
		var err error
		if number, err = s.number(ctx, tx, t); err != nil {
			return "", err
		}
	}
	name := t.fill(f, owner, number)
	for free := name; ; {
		taken, err := s.with.Devices.Named(ctx, tx, free, id)
		if err != nil || !taken {
			return free, err
		}
		if number, err = s.number(ctx, tx, Template(name)); err != nil {
			return "", err
		}
		free = name + "-" + strconv.FormatInt(number+1, 10)
	}
}

// number counts up for a template.
func (s *Store) number(ctx context.Context, tx *sqldb.Tx, t Template) (int64, error) {
	return sqldb.One(ctx, tx, sqldb.Scan1[int64], `INSERT INTO registration_number (template, last) VALUES ($1, 1)
		ON CONFLICT (template) DO UPDATE SET last = registration_number.last + 1 RETURNING last`, string(t))
}
