package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/ldapdir"
	"drover/internal/base/mail"
	"drover/internal/base/outbound"
	"drover/internal/base/syslog"
	"drover/internal/core/directory"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/release"
	"drover/internal/core/upstream"
)

const (
	linkTime    = 5 * time.Second // for one connection
	linksAtOnce = 8
)

// link is one way to another server.
type link struct {
	name, to, ca, page string
	option             string // by which authorities are given for it, "" for --ca
	plain              string // where it has no TLS by its configuration: what can be read or changed on the way
	local              bool   // it leads to this machine
	dial               func(context.Context) (*tls.ConnectionState, error)
}

// linkFindings connects to every other server that the zone talks to.
func (s *Server) linkFindings(ctx context.Context) ([]adminv1.SecurityFinding, error) {
	links, err := s.links(ctx)
	if err != nil {
		return nil, err
	}
	check, err := s.zone.Updates.State(ctx, layersCaller)
	if err != nil {
		return nil, err
	}
	found := make([]adminv1.SecurityFinding, len(links))
	slots := make(chan struct{}, linksAtOnce)
	var wait sync.WaitGroup
	for i, l := range links {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			found[i] = l.look(ctx, s.zone.Clock.Now())
		})
	}
	wait.Wait()
	held, err := s.zone.Policies.InForce(ctx, layersCaller)
	if err != nil {
		return nil, err
	}
	found = append(found, judgeDuress(held, s.tell.sender != nil))
	if s.tell.sender == nil {
		found = append(found, adminv1.SecurityFinding{
			Name: "Mail server for notices", State: stateAttention, Words: "None is configured: notices go to the log alone.", Mend: "Name one: --smtp.",
		})
	}
	found = append(found, unusedLinks()...)
	return append(found, judgeUpdates(check, s.zone.Clock.Now())), nil
}

// unusedLinks are those that others of this kind need and this zone does not.
func unusedLinks() []adminv1.SecurityFinding {
	return []adminv1.SecurityFinding{
		{Name: "Certificate server (SCEP)", State: stateOff, Words: "None is asked: the zone's own authority signs the keys of devices."},
		{
			Name: "Push service", State: stateOff,
			Words: "None is used: applications and agents wait at the zone's own doors, and nobody outside learns of it.",
		},
	}
}

// judgeDuress judges whether a call for help is heard where a suite in force promises it.
func judgeDuress(held []policy.Holding, mail bool) adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{Name: "Duress notifications", State: stateOff, Words: "No suite that is assigned has them.", Page: "/policies"}
	suites := asking(held, func(e *policy.Effective) bool { return e.Value(platform.LockDuress).IsTrue() })
	if len(suites) == 0 {
		return f
	}
	f.Facts = []adminv1.SecurityFact{fact("promised by", strings.Join(suites, ", "))}
	if mail {
		f.State, f.Words = stateGood, "They go out by the mail server for notices."
		return f
	}
	f.State, f.Words, f.Mend = stateBad, "No mail server is configured: nobody is told that a user calls for help.", "Name one: --smtp."
	return f
}

func (s *Server) links(ctx context.Context) (links []link, err error) {
	servers, err := s.zone.Upstream.List(ctx, layersCaller)
	if err != nil {
		return nil, err
	}
	for _, u := range servers {
		l := link{name: "Mail server " + u.Name, to: u.URL, page: "/mail-servers", dial: u.Handshake}
		if u.TLS == upstream.TLSPinned {
			l.ca = u.CA
		}
		if at, err := url.Parse(u.URL); err == nil && at.Scheme == "http" {
			l.plain, l.local = "Passwords and mail go", outbound.Loopback(at.Hostname())
		}
		links = append(links, l)
	}
	sources, err := s.zone.Directories.List(ctx, layersCaller)
	if err != nil {
		return nil, err
	}
	for _, x := range sources {
		links = append(links, directoryLinks(x)...)
	}
	if sender := s.tell.sender; sender != nil {
		links = append(links, noticeLink(sender))
	}
	logs, err := s.syslogLinks()
	return append(links, logs...), err
}

func noticeLink(sender *mail.Sender) link {
	return link{name: "Mail server for notices", to: sender.Address(), ca: sender.CA(), option: "--smtp-ca", dial: sender.Handshake}
}

// directoryLinks has one link to each server of a directory: the one that takes over tomorrow must be as good as today's.
func directoryLinks(x directory.Provider) (links []link) {
	handshake := func(c directory.Config) func(context.Context) (*tls.ConnectionState, error) {
		return func(ctx context.Context) (*tls.ConnectionState, error) {
			_, state, err := c.Handshake(ctx)
			return state, err
		}
	}
	if x.LDAP == nil {
		return []link{{name: "Directory " + x.Name, to: x.OIDC.Issuer, ca: x.OIDC.CA, page: "/directories", dial: handshake(x.Config)}}
	}
	for _, server := range x.LDAP.Servers {
		one, alone := x.Config, *x.LDAP
		alone.Servers = []string{server}
		one.LDAP = &alone
		links = append(links, link{
			name: "Directory " + x.Name + " at " + server, to: string(alone.Mode) + " " + server, ca: alone.CA, page: "/directories", dial: handshake(one),
		})
	}
	return links
}

// syslogLinks has one link to each syslog server, whatever is sent there.
func (s *Server) syslogLinks() (links []link, err error) {
	cfg := s.zone.Config
	for _, x := range []struct{ name, to string }{{"Syslog server for the server log", cfg.LogSyslog}, {"Syslog server for signed heads", cfg.AuditSyslog}} {
		if x.to == "" {
			continue
		}
		to, err := syslog.Parse(x.to, cfg.SyslogCA)
		if err != nil {
			return nil, err
		}
		l := link{name: x.name, to: to.String(), ca: cfg.SyslogCA, option: "--syslog-ca", local: to.Local(), dial: to.Handshake}
		if !to.Protected() {
			l.plain = "What is logged goes"
		}
		links = append(links, l)
	}
	return links, nil
}

func trust(ca string) string {
	if ca != "" {
		return "the authorities that were given with it alone"
	}
	return "the authorities of this machine"
}

// look connects and judges what the handshake has shown.
func (l link) look(ctx context.Context, now time.Time) adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{Name: l.name, Page: l.page, Facts: []adminv1.SecurityFact{fact("address", l.to)}}
	if l.plain != "" && !l.local {
		f.State, f.Words, f.Mend = stateBad, l.plain+" to another machine without TLS, for everybody between to read and to change.", "Give its address with TLS: https:// or tls://."
		return f
	}
	if l.plain != "" {
		f.State, f.Words = stateGood, "It is on this machine, and needs no TLS."
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, linkTime)
	defer cancel()
	state, err := l.dial(ctx)
	switch {
	case err != nil && outbound.Unreachable(err):
		f.State, f.Words, f.Mend = stateUnknown, "It does not answer, so that nothing can be told of it.", l.mend(err)
	case err != nil:
		f.State, f.Words, f.Mend = stateBad, "There is no connection that can be trusted.", l.mend(err)
	case state == nil:
		f.State, f.Words = stateGood, "It is on this machine, and needs no TLS."
	default:
		version, chain := outbound.Seen(state)
		f.Facts = append(f.Facts, fact("trusted by", trust(l.ca)), fact("protocol", version), fact("cipher", tls.CipherSuiteName(state.CipherSuite)))
		f.Facts = append(f.Facts, certificates(chain)...)
		if f.State, f.Words = judgeEnd(firstEnd(state), now); f.State != stateGood {
			f.Mend = "Have it renewed by whoever runs that server."
		}
	}
	return f
}

func (l link) mend(err error) string {
	if errors.Is(err, mail.ErrNoStartTLS) || errors.Is(err, ldapdir.ErrNoStartTLS) {
		return "The server offers no TLS at this port: have STARTTLS switched on there, or give the port where TLS begins at once."
	}
	return outbound.Mend(err, l.ca != "", cmp.Or(l.option, "--ca"))
}

// firstEnd is when the connection can no longer be trusted: the best of the verified chains ends with the first of its
// certificates. What else the server has sent along does not count.
func firstEnd(state *tls.ConnectionState) (end time.Time) {
	chains := state.VerifiedChains
	if len(chains) == 0 {
		chains = [][]*x509.Certificate{state.PeerCertificates}
	}
	for _, chain := range chains {
		var first time.Time
		for _, c := range chain {
			if first.IsZero() || c.NotAfter.Before(first) {
				first = c.NotAfter
			}
		}
		if first.After(end) {
			end = first
		}
	}
	return end
}

// stale is how long the check for updates may go without an answer that is believed.
const stale = 3 * 24 * time.Hour

// judgeUpdates judges the check for updates by its last answer: nobody connects to the host only to look at it.
func judgeUpdates(u release.State, now time.Time) adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{Name: "Update check", State: stateOff, Words: "Off: nothing is ever fetched.", Page: "/updates"}
	if !u.Config.Enabled {
		return f
	}
	f.Facts = []adminv1.SecurityFact{fact("address", u.Config.URL), fact("trusted by", trust(u.Config.CA)), fact("this version", u.Running)}
	if u.Config.Proxy != "" {
		f.Facts = append(f.Facts, fact("proxy", u.Config.Proxy))
	}
	if !u.Checked.IsZero() {
		f.Facts = append(f.Facts, moment("last asked", u.Checked))
	}
	if u.Peer.Protocol != "" {
		f.Facts = append(f.Facts, fact("protocol then", u.Peer.Protocol), fact("cipher then", u.Peer.Cipher))
		f.Facts = append(f.Facts, certificates(u.Peer.Certificates)...)
	}
	newer := u.Newer()
	switch {
	case u.Security():
		f.State, f.Words, f.Mend = stateBad, "A newer version with security fixes is there: "+newer[0].Version+".", "Install it: docs/operate.md says how."
	case u.Checked.IsZero():
		f.State, f.Words = stateUnknown, "The host has not been asked yet."
	case !u.OK:
		f.State, f.Words, f.Mend = stateAttention, "The last answer was not believed, or there was none.", u.Said
	case now.Sub(u.Answered) > stale || !now.Before(u.Manifest.Expires):
		f.State, f.Words, f.Mend = stateAttention, "What the host has said is out of date.", "Ask again, and look at this server's log."
	case len(newer) > 0:
		f.State, f.Words, f.Mend = stateAttention, "A newer version is there: "+newer[0].Version+".", "Read what it brings, and install it."
	case !u.Comparable():
		f.State, f.Words = stateUnknown, "This program was built from a working copy and cannot be compared with releases."
	default:
		f.State, f.Words = stateGood, "No newer version is known."
	}
	return f
}
