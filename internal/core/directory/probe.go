package directory

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"drover/internal/base/ldapdir"
	"drover/internal/base/outbound"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

// Report is what a test of a source saw.
type Report struct {
	OK           bool
	Sentence     string
	Server       string // the one that answered
	Vendor       string
	TLS          string
	Certificates []outbound.Certificate
	People       int // at most 1,000 are counted
	Groups       int
	First        []Sample // a few entries by the mapping
	Steps        []Step
}

// Step is one thing that a test tried.
type Step struct {
	Name string
	OK   bool
	Text string // what was seen, or how to mend it
}

// Sample is one entry as the mapping reads it.
type Sample struct {
	Name        string
	DisplayName string
	Mail        string
	Phone       bool // there is one; it is not shown
	ID          string
	Disabled    bool
	Groups      []string
	Fault       string // why the entry cannot be taken, "" when it can
}

const (
	probeTime   = time.Minute
	maxCounted  = 1000
	firstPeople = 5
	soonExpired = 21 * 24 * time.Hour
)

// Test connects to a source and says what it saw. The result is kept with the source. It needs the right to see users too:
// the first entries are shown.
func (s *Providers) Test(ctx context.Context, c scope.Caller, id string) (Report, error) {
	if err := errors.Join(c.Require(scope.DirectoryEdit), c.Require(scope.UserRead)); err != nil {
		return Report{}, err
	}
	x, err := source(ctx, s.db, id)
	if err != nil {
		return Report{}, err
	}
	secret, err := s.secret(ctx, id)
	if err != nil {
		return Report{}, err
	}
	r := s.probe(ctx, x.Config, secret)
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE directory_source SET checked_at = $1, check_ok = $2, check_said = $3 WHERE id = $4",
			sqldb.Micros(s.clock.Now()), r.OK, r.Sentence, id)
		if err != nil {
			return err
		}
		return s.log.Append(ctx, tx, audit.Record{
			Action: "directory.tested", Caller: c, Subject: audit.Subject{Kind: "directory", ID: id}, After: map[string]any{"ok": r.OK},
		})
	})
	return r, err
}

// TestDraft is [Providers.Test] for what is not saved; the secret is given with it, never taken from a source that is.
func (s *Providers) TestDraft(ctx context.Context, c scope.Caller, conf Config, secret string) (Report, error) {
	if err := errors.Join(c.Require(scope.DirectoryEdit), c.Require(scope.UserRead)); err != nil {
		return Report{}, err
	}
	if conf.Name == "" {
		conf.Name = "draft"
	}
	if err := errors.Join(conf.check(), checkSecret(secret)); err != nil {
		return Report{}, err
	}
	return s.probe(ctx, conf, secret), nil
}

// probe is one test under way.
type probe struct {
	Report
	now time.Time
}

func (s *Providers) probe(ctx context.Context, conf Config, secret string) Report {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	p := &probe{now: s.clock.Now()}
	if conf.OIDC != nil {
		p.issuer(conf.OIDC)
	} else {
		p.ldap(ctx, *conf.LDAP, secret)
	}
	if p.OK && p.Sentence == "" {
		p.Sentence = fmt.Sprintf("The directory answers: %s people and %s groups.", counted(p.People), counted(p.Groups))
	}
	return p.Report
}

func counted(n int) string {
	if n >= maxCounted {
		return "1,000 or more"
	}
	return fmt.Sprint(n)
}

func (p *probe) ok(name, text string) { p.Steps = append(p.Steps, Step{name, true, text}) }

func (p *probe) failed(name, text string) {
	p.Steps = append(p.Steps, Step{name, false, text})
	p.OK, p.Sentence = false, text
}

func (p *probe) issuer(o *OIDCConfig) {
	seen := &answer{}
	is, err := (&issuers{}).of(Provider{Config: Config{OIDC: o}})
	if err == nil {
		seen.next, is.client.Transport = is.client.Transport, seen
		_, err = is.discover(o)
	}
	if err != nil {
		p.failed("discovery", undescribed(o, seen.status, err))
		return
	}
	p.OK, p.Sentence = true, "The provider answers and names itself as configured. Whether it knows Drover shows at the first sign-in."
	p.ok("discovery", p.Sentence)
}

// answer remembers the status of the last answer: the library puts it into the words of an error alone.
type answer struct {
	next   http.RoundTripper
	status int
}

func (a *answer) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := a.next.RoundTrip(r)
	if err == nil {
		a.status = res.StatusCode
	}
	return res, err
}

// undescribed says why a provider's description does not count; status is that of the answer, 0 where there was none.
func undescribed(o *OIDCConfig, status int, err error) string {
	at := strings.TrimSuffix(o.Issuer, "/") + "/.well-known/openid-configuration"
	if e, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return fmt.Sprintf("The provider's description at %s names the issuer %q, where %q was configured: give the issuer as the provider names itself.",
			at, sqldb.Clean(e.Discovered, maxText), o.Issuer)
	}
	switch status {
	case 0:
		return "The provider's description at " + at + " cannot be read: " + outbound.Mend(err, o.CA != "", "--ca")
	case http.StatusOK:
		return "What is at " + at + " is no description of a provider: check the issuer, with its path."
	default:
		return fmt.Sprintf("The provider's description is not at %s, where the server answers with HTTP %d: check the issuer, with its path.", at, status)
	}
}

func (p *probe) ldap(ctx context.Context, l LDAPConfig, secret string) {
	d, err := l.client(secret)
	if err != nil {
		p.failed("connect", "The certificates to trust cannot be read.")
		return
	}
	session, err := d.Open(ctx)
	if err != nil {
		if !errors.Is(err, ldapdir.ErrCredentials) {
			p.TLS, p.Certificates = outbound.Seen(d.Look(ctx))
		}
		p.failed("connect", "The directory cannot be read: "+mend(err, l.CA))
		return
	}
	defer session.Close()
	address, state := session.Server()
	p.Server = address
	p.TLS, p.Certificates = outbound.Seen(state)
	p.ok("connect", address+" answers, and accepts the one who searches.")
	if len(p.Certificates) > 0 {
		if left := p.Certificates[0].Expires.Sub(p.now); left < soonExpired {
			p.ok("certificate", fmt.Sprintf("Its certificate expires in %d days: have it renewed.", int(left.Hours()/24)))
		}
	}
	p.others(ctx, l, address)
	p.root(ctx, session)
	if p.people(ctx, session, l) && l.Groups.Base != "" {
		p.groups(ctx, session, l)
	}
}

// others tells how the other servers stand, all asked at once: a sign-in does without those that do not answer, but not for ever.
func (p *probe) others(ctx context.Context, l LDAPConfig, answers string) {
	steps := make([]Step, len(l.Servers))
	var asked sync.WaitGroup
	for i, server := range l.Servers {
		asked.Go(func() {
			one := l
			one.Servers = []string{server}
			address, _, err := Config{LDAP: &one}.Handshake(ctx)
			switch {
			case err != nil:
				steps[i] = Step{"connect", false, server + " does not take part: " + mend(err, l.CA)}
			case address != answers:
				steps[i] = Step{"connect", true, address + " answers too."}
			}
		})
	}
	asked.Wait()
	for _, x := range steps {
		if x.Name != "" {
			p.Steps = append(p.Steps, x)
		}
	}
}

func (p *probe) root(ctx context.Context, session *ldapdir.Session) {
	root, err := session.Root(ctx)
	if err != nil {
		return // not every server tells
	}
	p.Vendor = sqldb.Clean(root.Vendor, maxText)
	nested := "nested groups are followed by Drover"
	if root.InChain {
		nested = "it resolves nested groups itself"
	}
	p.ok("server", fmt.Sprintf("It is %s; %s.", or(p.Vendor, "of a kind that it does not tell"), nested))
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (p *probe) people(ctx context.Context, session *ldapdir.Session, l LDAPConfig) bool {
	var first []ldapdir.Entry
	err := session.Each(ctx, ldapdir.Search{
		Base: l.Users.Base, Filter: l.Users.Filter, Attributes: l.userAttributes(), Max: maxCounted,
	}, func(e ldapdir.Entry) error {
		if p.People++; p.People <= firstPeople {
			first = append(first, e)
		}
		return nil
	})
	if err != nil && !errors.Is(err, ldapdir.ErrTooMany) {
		p.failed("people", "The people cannot be read: "+mend(err, l.CA))
		return false
	}
	if p.People == 0 {
		p.failed("people", "There is nobody under this base with this filter: check both.")
		return false
	}
	for _, e := range first {
		x := p.sample(ctx, session, l, e)
		if p.First = append(p.First, x); x.Fault != "" {
			p.failed("people", x.Fault)
			return false
		}
	}
	p.OK = true
	p.ok("people", counted(p.People)+" people are found.")
	return true
}

func (p *probe) sample(ctx context.Context, session *ldapdir.Session, l LDAPConfig, e ldapdir.Entry) Sample {
	x := l.person(e, p.now)
	s := Sample{
		Name: sqldb.Clean(x.draft.Name, maxName), DisplayName: x.draft.DisplayName, Mail: x.draft.Mail, Phone: x.phone != "", ID: x.entry,
		Disabled: x.draft.Disabled, Groups: []string{},
	}
	switch {
	case x.entry == "":
		s.Fault = "The entries have no unique id in the attribute " + l.Attributes.ID + ": name the right one, or choose the right schema."
	case checkName(x.draft.Name) != nil:
		s.Fault = "The entries have no login name that fits in the attribute " + l.Attributes.Login + "."
	}
	if l.Groups.Base == "" {
		return s
	}
	if names, err := l.groupsOf(ctx, session, x); err == nil {
		s.Groups = names
	}
	return s
}

func (p *probe) groups(ctx context.Context, session *ldapdir.Session, l LDAPConfig) {
	err := session.Each(ctx, ldapdir.Search{
		Base: l.Groups.Base, Filter: l.Groups.Filter, Attributes: []string{l.Attributes.Group}, Max: maxCounted,
	}, func(ldapdir.Entry) error {
		p.Groups++
		return nil
	})
	if err != nil && !errors.Is(err, ldapdir.ErrTooMany) {
		p.failed("groups", "The groups cannot be read: "+mend(err, l.CA))
		return
	}
	p.ok("groups", counted(p.Groups)+" groups are found.")
}
