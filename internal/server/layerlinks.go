package server

import (
	"context"
	"crypto/tls"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/outbound"
	"drover/internal/base/page"
)

const (
	linkTime     = 5 * time.Second // for one connection
	linksAtOnce  = 8
	suitesAtOnce = 100
)

func pageOf(after string) page.Request { return page.Request{Limit: suitesAtOnce, After: after} }

// link is one way to another server.
type link struct {
	name, to, ca, page string
	plain              bool // it has no TLS, by its configuration
	dial               func(context.Context) (*tls.ConnectionState, error)
}

// linkFindings connects to every other server that the zone talks to.
func (s *Server) linkFindings(ctx context.Context) ([]adminv1.SecurityFinding, error) {
	links, err := s.links(ctx)
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
	if s.tell.sender == nil {
		found = append(found, adminv1.SecurityFinding{
			Name: "Mail server for notices", State: stateAttention, Words: "None is configured: notices go to the log alone.", Mend: "Name one: --smtp.",
		})
	}
	return found, nil
}

func (s *Server) links(ctx context.Context) (links []link, err error) {
	servers, err := s.zone.Upstream.List(ctx, layersCaller)
	if err != nil {
		return nil, err
	}
	for _, u := range servers {
		l := link{name: "Mail server " + u.Name, to: u.URL, ca: u.CA, page: "/mail-servers", dial: u.Handshake}
		l.plain = strings.HasPrefix(u.URL, "http://")
		links = append(links, l)
	}
	sources, err := s.zone.Directories.List(ctx, layersCaller)
	if err != nil {
		return nil, err
	}
	for _, x := range sources {
		l := link{name: "Directory " + x.Name, page: "/directories", dial: func(ctx context.Context) (*tls.ConnectionState, error) {
			_, state, err := x.Handshake(ctx)
			return state, err
		}}
		if x.LDAP != nil {
			l.to, l.ca = string(x.LDAP.Mode)+" "+strings.Join(x.LDAP.Servers, ", "), x.LDAP.CA
		} else {
			l.to, l.ca = x.OIDC.Issuer, x.OIDC.CA
		}
		links = append(links, l)
	}
	if sender := s.tell.sender; sender != nil {
		links = append(links, link{name: "Mail server for notices", to: sender.Address(), dial: sender.Handshake})
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
	if l.plain {
		return l.unprotected(f)
	}
	f.Facts = append(f.Facts, fact("trusted by", trust(l.ca)))
	ctx, cancel := context.WithTimeout(ctx, linkTime)
	defer cancel()
	state, err := l.dial(ctx)
	switch {
	case err != nil:
		f.State, f.Words, f.Mend = stateBad, "There is no connection that can be trusted now.", outbound.Mend(err, l.ca != "")
	case state == nil:
		f.State, f.Words = stateGood, "It is on this machine, and needs no TLS."
	default:
		version, chain := outbound.Seen(state)
		f.Facts = append(f.Facts, fact("protocol", version), fact("cipher", tls.CipherSuiteName(state.CipherSuite)))
		for i, c := range chain {
			f.Facts = append(f.Facts, fact([]string{"certificate", "issued by"}[min(i, 1)], c.Subject+", ends "+c.Expires.Format(time.RFC3339)))
		}
		f.State, f.Words = judgeEnd(firstEnd(chain), now)
		if f.State != stateGood {
			f.Mend = "Have it renewed by whoever runs that server."
		}
	}
	return f
}

// firstEnd is when the first of the certificates ends.
func firstEnd(chain []outbound.Certificate) time.Time {
	var first time.Time
	for _, c := range chain {
		if first.IsZero() || c.Expires.Before(first) {
			first = c.Expires
		}
	}
	return first
}

func (l link) unprotected(f adminv1.SecurityFinding) adminv1.SecurityFinding {
	u, err := url.Parse(l.to)
	if err == nil && loopback(u.Hostname()) {
		f.State, f.Words = stateGood, "It is on this machine, and needs no TLS."
		return f
	}
	f.State, f.Words, f.Mend = stateBad, "Passwords and mail go to another machine without TLS.", "Change its address to https://."
	return f
}

// loopback tells whether a host is this machine.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
