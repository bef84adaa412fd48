package directory

import (
	"net/mail"
	"strings"
	"time"

	"drover/internal/base/csvsafe"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// Source says where a user came from.
type Source string

// The sources.
const (
	Local      Source = "local"      // added or imported by an administrator
	ActiveSync Source = "activesync" // first seen when a mail server accepted the credentials
	LDAP       Source = "ldap"       // kept in step with a directory server
	OIDC       Source = "oidc"       // known to an OpenID Connect provider
)

// User owns devices.
type User struct {
	ID          string
	Name        string // the login name, unique without regard to case
	DisplayName string
	Mail        string
	Source      Source
	Disabled    bool
	HasPassword bool // for Drover's own login; a mail server's password is never kept
	Created     time.Time
	Changed     time.Time
	Version     int64
}

// Draft is what an administrator says of a user.
type Draft struct {
	Name        string // 1 to 256 bytes; cannot be changed later, since partnerships hang on it
	DisplayName string // at most 256 bytes
	Mail        string // an address, or ""
	Disabled    bool
}

const (
	maxName = 256
	maxMail = 254 // RFC 5321 section 4.5.3.1.3, less the angle brackets
)

func (d *Draft) check() error {
	d.Name, d.DisplayName, d.Mail = strings.TrimSpace(d.Name), strings.TrimSpace(d.DisplayName), strings.TrimSpace(d.Mail)
	if err := checkName(d.Name); err != nil {
		return err
	}
	if !printable(d.DisplayName, maxName) || csvsafe.Formula(d.DisplayName) {
		return problem.New(problem.Invalid, "user.display-name",
			"A display name has at most 256 bytes, no control characters, and does not begin with = + - or @.").WithField("displayName")
	}
	return checkMail(d.Mail)
}

func checkName(name string) error {
	// The colon ends the name in HTTP Basic (RFC 7617 section 2).
	if name == "" || !printable(name, maxName) || strings.Contains(name, ":") || csvsafe.Formula(name) {
		return problem.New(problem.Invalid, "user.name",
			"A user name has 1 to 256 bytes, no colon, no control characters, and does not begin with = + - or @.").WithField("name")
	}
	return nil
}

func checkMail(s string) error {
	if s == "" {
		return nil
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > maxMail || csvsafe.Formula(s) {
		return problem.New(problem.Invalid, "user.mail", "The mail address must look like anna@example.org.").WithField("mail")
	}
	return nil
}

func printable(s string, limit int) bool {
	return len(s) <= limit && sqldb.Line(s, limit) == s
}

func searchText(parts ...string) string { return sqldb.Fold(strings.Join(parts, "\n")) }
