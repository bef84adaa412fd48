package directory

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"drover/internal/base/ldapdir"
	"drover/internal/base/outbound"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/admin"
)

// Kind says what a source is.
type Kind string

// The kinds of sources that are set up. Local users and those of mail servers need none.
const (
	KindLDAP Kind = "ldap"
	KindOIDC Kind = "oidc"
)

// Config is what an administrator says of a source.
type Config struct {
	Name string      `json:"-"` // 1 to 128 bytes, unique without regard to case
	Kind Kind        `json:"kind"`
	LDAP *LDAPConfig `json:"ldap,omitempty"`
	OIDC *OIDCConfig `json:"oidc,omitempty"`
	// Join lets people who are not known yet become users when they sign in.
	Join bool `json:"join"`
	// Roles make members of the source's groups administrators.
	Roles []Mapping `json:"roles"`
}

// Mapping gives a role to the members of one group of a source.
type Mapping struct {
	Group string   `json:"group"` // the group's name there
	Role  string   `json:"role"`
	Scope []string `json:"scope"` // device groups the role is limited to; nil for the whole zone
}

// Schema names how a directory describes people.
type Schema string

// The schemas.
const (
	OpenLDAP        Schema = "openldap" // inetOrgPerson, groupOfNames, entryUUID
	ActiveDirectory Schema = "ad"
	DS389           Schema = "389ds" // 389 Directory Server and its kin: nsUniqueId
)

// LDAPConfig says how a directory is reached and read.
type LDAPConfig struct {
	Servers    []string     `json:"servers"` // HOST or HOST:PORT, 1 to 8, asked in turn
	Mode       ldapdir.Mode `json:"mode"`
	CA         string       `json:"ca,omitempty"` // PEM; "" trusts the authorities of this machine
	ServerName string       `json:"serverName,omitempty"`
	Timeout    int          `json:"timeout"`  // in seconds, 1 to 120
	BindName   string       `json:"bindName"` // who searches; "" for nobody
	Schema     Schema       `json:"schema"`
	Users      Branch       `json:"users"`
	Groups     Branch       `json:"groups"` // no groups are read without a base
	Attributes Attributes   `json:"attributes"`
	Import     Import       `json:"import"`
}

// Branch says where entries are, and which.
type Branch struct {
	Base   string `json:"base"`
	Filter string `json:"filter"`
}

// Attributes names what is read of an entry. What is left empty is what the schema has.
type Attributes struct {
	Login       string `json:"login"`
	DisplayName string `json:"displayName"`
	Mail        string `json:"mail"`
	Phone       string `json:"phone"` // "-" for none: it is kept sealed, and only where it is wanted
	ID          string `json:"id"`    // names an entry for ever, whatever it is called
	Group       string `json:"group"` // a group's name
	Member      string `json:"member"`
}

// Import says when the users and groups of a directory are taken over, and when rather not.
type Import struct {
	Every int `json:"every"` // minutes, 15 to 10,080; 0 means by hand alone
	// Grace is for how many imports in a row, and GraceHours for how long at the least, an entry is missed before its user is
	// disabled.
	Grace      int `json:"grace"`
	GraceHours int `json:"graceHours"`
	// Share is the percentage of known entries that may vanish at once, 1 to 100; when more do, the import stops.
	Share int `json:"share"`
}

// OIDCConfig says how an OpenID Connect provider is used.
type OIDCConfig struct {
	Issuer   string   `json:"issuer"` // as its tokens name it, exactly
	ClientID string   `json:"clientId"`
	CA       string   `json:"ca,omitempty"`
	Scopes   []string `json:"scopes"` // besides openid
	Claims   Claims   `json:"claims"`
	Return   bool     `json:"return,omitempty"` // it knows where people come back to after they have signed out there
}

// Claims names what is read of a token. People must not be able to change the login name themselves.
type Claims struct {
	Login       string `json:"login"`
	DisplayName string `json:"displayName"`
	Mail        string `json:"mail"`
	Groups      string `json:"groups"`
}

const (
	maxSources = 20
	maxServers = 8
	maxText    = 500
	maxFilter  = 2000
	maxRoles   = 50
	maxSecret  = 1000

	minEvery = 15
	maxEvery = 7 * 24 * 60
)

// schemas are what the attributes and filters are where nothing else is said.
var schemas = map[Schema]struct {
	attributes    Attributes
	users, groups string
}{
	OpenLDAP: {
		Attributes{Login: "uid", DisplayName: "cn", Mail: "mail", Phone: "mobile", ID: "entryUUID", Group: "cn", Member: "member"},
		"(objectClass=inetOrgPerson)", "(objectClass=groupOfNames)",
	},
	ActiveDirectory: {
		Attributes{Login: "sAMAccountName", DisplayName: "displayName", Mail: "mail", Phone: "mobile", ID: "objectGUID", Group: "cn", Member: "member"},
		// Without Administrator, Guest and krbtgt, which every domain has.
		"(&(objectCategory=person)(objectClass=user)(!(isCriticalSystemObject=TRUE)))", "(objectClass=group)",
	},
	DS389: {
		Attributes{Login: "uid", DisplayName: "cn", Mail: "mail", Phone: "mobile", ID: "nsUniqueId", Group: "cn", Member: "uniqueMember"},
		"(objectClass=inetOrgPerson)", "(objectClass=groupOfUniqueNames)",
	},
}

func bad(field, message string) *problem.Error {
	return problem.New(problem.Invalid, "directory."+field, message).WithField(field)
}

// check completes and checks what was said.
// faults are all that is wrong in one problem, so that people need not mend one after the other.
func faults(errs ...error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	var fields []problem.Field
	for _, err := range errs {
		p := problem.From(err)
		if p.Field != "" {
			fields = append(fields, problem.Field{Name: p.Field, Message: p.Message})
		}
		fields = append(fields, p.Fields...)
	}
	return problem.New(problem.Invalid, "directory.faults", "Some of what was said of the directory cannot be; each fault names its field.").
		WithFields(fields...)
}

func (c *Config) check() error {
	return faults(c.checkName(), c.checkKind(), c.checkRoles())
}

func (c *Config) checkName() error {
	c.Name = strings.TrimSpace(c.Name)
	if c.Name == "" || sqldb.Line(c.Name, maxGroupName) != c.Name {
		return bad("name", "A directory's name has 1 to 128 bytes and no control characters.")
	}
	return nil
}

func (c *Config) checkKind() error {
	switch {
	case c.Kind == KindLDAP && c.LDAP != nil && c.OIDC == nil:
		return c.LDAP.check()
	case c.Kind == KindOIDC && c.OIDC != nil && c.LDAP == nil:
		return c.OIDC.check()
	}
	return bad("kind", "A directory is of the kind ldap or oidc, and says how that one is reached.")
}

func (c *Config) checkRoles() error {
	if len(c.Roles) > maxRoles {
		return bad("roles", "At most 50 groups give a role.")
	}
	if len(c.Roles) > 0 && c.LDAP != nil && c.LDAP.Groups.Base == "" {
		return bad("roles", "Say where the directory's groups are: without them nobody gets a role.")
	}
	for i := range c.Roles {
		m := &c.Roles[i]
		m.Group = strings.TrimSpace(m.Group)
		if m.Group == "" || sqldb.Clean(m.Group, maxText) != m.Group || m.Role == "" || len(m.Role) > maxMail ||
			(m.Scope != nil && (len(m.Scope) == 0 || len(m.Scope) > 100)) {
			return bad("roles", "Each line names a group of the directory, a role, and 1 to 100 device groups; left out, the role reaches the whole zone.")
		}
	}
	return nil
}

func (l *LDAPConfig) check() error {
	l.complete()
	return faults(l.checkServers(), l.checkReach(), checkTrust(l.CA, l.ServerName), l.checkUsers(), l.checkGroups(), l.checkAttributes(), l.Import.check())
}

func (l *LDAPConfig) checkServers() error {
	if len(l.Servers) == 0 || len(l.Servers) > maxServers {
		return bad("servers", "Name 1 to 8 servers, in the order in which they are asked.")
	}
	for _, s := range l.Servers {
		if !isServer(s) {
			return bad("servers", "A server must look like ldap.example.org or ldap.example.org:636.")
		}
	}
	return nil
}

func (l *LDAPConfig) checkReach() error {
	var errs []error
	if l.Mode != ldapdir.LDAPS && l.Mode != ldapdir.StartTLS {
		errs = append(errs, bad("mode", "The mode is ldaps or starttls: passwords never cross the network in clear."))
	}
	if _, known := schemas[l.Schema]; !known {
		errs = append(errs, bad("schema", "The schema is openldap, ad or 389ds."))
	}
	if l.Timeout < 1 || l.Timeout > 120 {
		errs = append(errs, bad("timeout", "The timeout is 1 to 120 seconds."))
	}
	if sqldb.Clean(l.BindName, maxText) != l.BindName {
		errs = append(errs, bad("bindName", "The name that searches has at most 500 bytes."))
	}
	return faults(errs...)
}

func (l *LDAPConfig) complete() {
	if l.Mode == "" {
		l.Mode = ldapdir.LDAPS
	}
	if l.Timeout == 0 {
		l.Timeout = 10
	}
	if l.Schema == "" {
		l.Schema = OpenLDAP
	}
	for i, s := range l.Servers {
		l.Servers[i] = strings.TrimSpace(s)
	}
	l.CA, l.BindName, l.ServerName = strings.TrimSpace(l.CA), strings.TrimSpace(l.BindName), strings.TrimSpace(l.ServerName)
	d := schemas[l.Schema]
	def := func(s *string, value string) {
		if *s = strings.TrimSpace(*s); *s == "" {
			*s = value
		}
	}
	def(&l.Users.Filter, d.users)
	def(&l.Groups.Filter, d.groups)
	a := &l.Attributes
	def(&a.Login, d.attributes.Login)
	def(&a.DisplayName, d.attributes.DisplayName)
	def(&a.Mail, d.attributes.Mail)
	def(&a.Phone, d.attributes.Phone)
	def(&a.ID, d.attributes.ID)
	def(&a.Group, d.attributes.Group)
	def(&a.Member, d.attributes.Member)
	if l.Import == (Import{}) {
		l.Import = Import{Every: 60, Grace: 3, GraceHours: 24, Share: 20}
	}
}

func isServer(s string) bool {
	host := s
	if h, port, err := net.SplitHostPort(s); err == nil {
		if n, err := net.LookupPort("tcp", port); err != nil || n == 0 {
			return false
		}
		host = h
	}
	host = strings.Trim(host, "[]")
	return host != "" && len(host) <= 253 && !strings.ContainsAny(host, "/@? \t\r\n\x00") && sqldb.Clean(host, 253) == host
}

func checkTrust(ca, serverName string) error {
	var errs []error
	if ca != "" {
		if _, err := outbound.Pool(ca); err != nil {
			errs = append(errs, bad("ca", "The certificates must be PEM (-----BEGIN CERTIFICATE----- and so on), no private keys, at most 64 KiB.").WithDetail(err))
		}
	}
	if serverName != "" && !isServer(serverName) {
		errs = append(errs, bad("serverName", "The server name must look like ldap.example.org."))
	}
	return faults(errs...)
}

func (l *LDAPConfig) checkUsers() error {
	if l.Users.Base == "" || len(l.Users.Base) > maxText || !ldapdir.IsDN(l.Users.Base) {
		return bad("users", "Say where the people are: a name such as ou=people,dc=example,dc=org.")
	}
	return checkFilter("userFilter", l.Users.Filter)
}

func (l *LDAPConfig) checkGroups() error {
	if len(l.Groups.Base) > maxText || !ldapdir.IsDN(l.Groups.Base) {
		return bad("groups", "The place of the groups must be a name such as ou=groups,dc=example,dc=org.")
	}
	return checkFilter("groupFilter", l.Groups.Filter)
}

func checkFilter(field, filter string) error {
	if len(filter) > maxFilter || !ldapdir.IsFilter(filter) {
		return bad(field, "The filter must look like (objectClass=inetOrgPerson), with a bracket for each that is opened.")
	}
	return nil
}

func (l *LDAPConfig) checkAttributes() error {
	var errs []error
	a := l.Attributes
	for _, x := range [][2]string{
		{"login", a.Login}, {"displayName", a.DisplayName}, {"mail", a.Mail}, {"phone", a.Phone}, {"id", a.ID}, {"group", a.Group}, {"member", a.Member},
	} {
		field, name := x[0], x[1]
		if !ldapdir.IsAttribute(name) && (field != "phone" || name != "-") {
			errs = append(errs, bad("attributes."+field, "An attribute is called by letters, digits and hyphens; the phone number's may be - for none."))
		}
	}
	return faults(errs...)
}

func (i Import) check() error {
	var errs []error
	if i.Every != 0 && (i.Every < minEvery || i.Every > maxEvery) {
		errs = append(errs, bad("every", "An import runs every 15 to 10,080 minutes; 0 means by hand alone."))
	}
	if i.Grace < 1 || i.Grace > 100 {
		errs = append(errs, bad("grace", "A missing entry is awaited for 1 to 100 imports."))
	}
	if i.GraceHours < 0 || i.GraceHours > 24*90 {
		errs = append(errs, bad("graceHours", "A missing entry is awaited for 0 to 2,160 hours."))
	}
	if i.Share < 1 || i.Share > 100 {
		errs = append(errs, bad("share", "The share of entries that may vanish at once is 1 to 100 percent."))
	}
	return faults(errs...)
}

func (o *OIDCConfig) check() error {
	o.Issuer, o.ClientID, o.CA = strings.TrimSpace(o.Issuer), strings.TrimSpace(o.ClientID), strings.TrimSpace(o.CA)
	def := func(s *string, value string) {
		if *s = strings.TrimSpace(*s); *s == "" {
			*s = value
		}
	}
	def(&o.Claims.Login, "preferred_username")
	def(&o.Claims.DisplayName, "name")
	def(&o.Claims.Mail, "email")
	def(&o.Claims.Groups, "groups")
	if len(o.Scopes) == 0 {
		o.Scopes = []string{"profile", "email", "groups"}
	}
	u, err := url.Parse(o.Issuer)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(o.Issuer) > maxText || u.Scheme != "https" {
		return bad("issuer", "The issuer must be an https URL, exactly as the provider names itself.")
	}
	if o.ClientID == "" || sqldb.Clean(o.ClientID, maxText) != o.ClientID {
		return bad("clientId", "Name the client that the provider knows Drover by.")
	}
	for _, list := range [][]string{o.Scopes, {o.Claims.Login, o.Claims.DisplayName, o.Claims.Mail, o.Claims.Groups}} {
		for _, word := range list {
			if word == "" || len(word) > maxMail || len(list) > maxServers || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
				return bad("scopes", "Scopes and claims are at most 8 words without spaces (RFC 6749 section 3.3).")
			}
		}
	}
	return checkTrust(o.CA, "")
}

// clients keeps the directories of sources, so that each remembers which of its servers answers: to find out anew at every
// sign-in costs the whole time-out of each that hangs.
type clients struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]*ldapdir.Directory
}

// of returns the directory of a source as it is configured now.
func (c *clients) of(l LDAPConfig, secret string) (*ldapdir.Directory, error) {
	text, err := json.Marshal([]any{l, secret})
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(text)
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := c.known[key]; d != nil {
		return d, nil
	}
	d, err := l.client(secret)
	if err != nil {
		return nil, err
	}
	if c.known == nil || len(c.known) >= 2*maxSources {
		c.known = make(map[[sha256.Size]byte]*ldapdir.Directory)
	}
	c.known[key] = d
	return d, nil
}

// client is the directory by LDAP, with the password of the one who searches.
func (l LDAPConfig) client(password string) (*ldapdir.Directory, error) {
	return ldapdir.New(ldapdir.Config{
		Servers: l.Servers, Mode: l.Mode, CA: l.CA, ServerName: l.ServerName, Timeout: time.Duration(l.Timeout) * time.Second,
		Name: l.BindName, Password: password,
	})
}

// grants are the roles that groups of a source give, by their names there.
func (c Config) grants(groups []string) []admin.Grant {
	in := make(map[string]bool, len(groups))
	for _, g := range groups {
		in[sqldb.Fold(g)] = true
	}
	var out []admin.Grant
	for _, m := range c.Roles {
		if !in[sqldb.Fold(m.Group)] {
			continue
		}
		out = append(out, admin.Grant{Role: m.Role, Groups: m.Scope})
	}
	return out
}

// Handshake connects to the source as a search or a sign-in would, says nothing, and returns the address that answers and
// what the handshake has shown.
func (c Config) Handshake(ctx context.Context) (address string, state *tls.ConnectionState, err error) {
	if c.LDAP != nil {
		d, err := c.LDAP.client("")
		if err != nil {
			return "", nil, err
		}
		return d.Handshake(ctx)
	}
	u, err := url.Parse(c.OIDC.Issuer)
	if err != nil {
		return "", nil, err
	}
	state, err = outbound.Handshake(ctx, u.Host, "", c.OIDC.CA)
	return u.Host, state, err
}
