package upstream

import (
	"slices"
	"strings"

	"drover/internal/base/sqldb"
)

// login is a name as a device gives it, taken apart: "EXAMPLE\anna", "anna@example.org", "anna".
type login struct {
	local   string
	windows string // "" where there is none
	domain  string
}

func parseLogin(name string) login {
	name = sqldb.Fold(name)
	if windows, local, ok := strings.Cut(name, `\`); ok {
		return login{local: local, windows: windows}
	}
	if i := strings.LastIndexByte(name, '@'); i > 0 {
		return login{local: name[:i], domain: name[i+1:]}
	}
	return login{local: name}
}

// foreign tells whether the name names a domain that is not the server's.
func (s *Server) foreign(l login) bool {
	switch {
	case l.domain != "":
		return !slices.Contains(s.Domains, l.domain)
	case l.windows != "":
		return l.windows != sqldb.Fold(s.WindowsDomain) && !slices.Contains(s.Domains, l.windows)
	}
	return false
}

// user returns the name under which Drover knows the user: one for all ways of writing it. A foreign domain stays part
// of the name, so that nobody becomes somebody else by adding one.
func (s *Server) user(l login) string {
	if s.foreign(l) {
		if l.domain != "" {
			return l.local + "@" + l.domain
		}
		return l.windows + `\` + l.local
	}
	if s.Names == Plain {
		return l.local
	}
	if l.domain != "" {
		return l.local + "@" + l.domain
	}
	return l.local + "@" + s.Domains[0]
}

// mail returns the user's mail address as far as the name tells it, or "".
func (s *Server) mail(l login) string {
	if l.domain != "" {
		return l.local + "@" + l.domain
	}
	if len(s.Domains) > 0 && !s.foreign(l) {
		return l.local + "@" + s.Domains[0]
	}
	return ""
}
