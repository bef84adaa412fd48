package ldapdir

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// Search says what to look for.
type Search struct {
	Base       string
	Filter     string
	Attributes []string
	Only       bool // the entry Base alone, not what is below it
	Max        int  // more entries than this are [ErrTooMany]; 0 means one page
}

// pageSize is how many entries a server is asked for at once (RFC 2696): Active Directory gives no more than 1,000.
const pageSize = 500

var (
	// ErrTooMany says that a search found more than it may.
	ErrTooMany = errors.New("the search finds more entries than allowed")
	// ErrPartial says that the server kept entries back.
	ErrPartial = errors.New("the directory server gives only a part of the entries: raise its size limit for the account that searches")
	errEnded   = errors.New("the directory server ended the connection")
)

// maxValues bounds the values of one attribute that a server gives in parts.
const maxValues = 200_000

// Each calls fn for each entry found, page by page, in the order of the server but that entries with more values than it gives at
// once end their page; fn must not use the session. It fails when anything is missing at the end: what is kept in step with a
// directory must not take a part for the whole.
func (s *Session) Each(ctx context.Context, q Search, fn func(Entry) error) error {
	if q.Max == 0 {
		q.Max = pageSize
	}
	page := ldap.NewControlPaging(pageSize)
	for n := 0; ; {
		var parts []Entry
		more, err := s.page(ctx, q, page, func(raw *ldap.Entry) error {
			if n++; n > q.Max {
				return ErrTooMany
			}
			e := newEntry(raw)
			if len(e.rest) > 0 {
				parts = append(parts, e)
				return nil
			}
			return fn(e)
		})
		if err != nil {
			return err
		}
		for _, e := range parts {
			if err := s.complete(ctx, &e); err != nil {
				return err
			}
			if err := fn(e); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
	}
}

// complete asks for the values that the server has kept back, part by part.
func (s *Session) complete(ctx context.Context, e *Entry) error {
	for len(e.rest) > 0 {
		name := e.rest[0]
		e.rest = e.rest[1:]
		have := len(e.values[name])
		next := Search{Base: e.DN, Only: true, Filter: "(objectClass=*)", Attributes: []string{fmt.Sprintf("%s%s%d-*", name, inRange, have)}}
		_, err := s.page(ctx, next, ldap.NewControlPaging(pageSize), func(raw *ldap.Entry) error {
			e.add(raw)
			return nil
		})
		switch got := len(e.values[name]); {
		case err != nil:
			return err
		case got == have:
			return ErrPartial
		case got > maxValues:
			return ErrTooMany
		}
	}
	return nil
}

// All returns the entries found.
func (s *Session) All(ctx context.Context, q Search) ([]Entry, error) {
	var out []Entry
	err := s.Each(ctx, q, func(e Entry) error {
		out = append(out, e)
		return nil
	})
	return out, err
}

// page reads one page, and tells whether there is another.
func (s *Session) page(ctx context.Context, q Search, page *ldap.ControlPaging, fn func(*ldap.Entry) error) (more bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	within := ldap.ScopeWholeSubtree
	if q.Only {
		within = ldap.ScopeBaseObject
	}
	r := s.conn.SearchAsync(ctx, ldap.NewSearchRequest(q.Base, within, ldap.NeverDerefAliases, 0, 0, false, q.Filter, q.Attributes,
		[]ldap.Control{page}), 0)
	var cookie []byte
	for r.Next() {
		if c, ok := ldap.FindControl(r.Controls(), ldap.ControlTypePaging).(*ldap.ControlPaging); ok {
			cookie = c.Cookie
		}
		if r.Entry() == nil {
			continue // a referral to another server, which may be anybody's, or the end of the page
		}
		if err := fn(r.Entry()); err != nil {
			return false, err
		}
	}
	switch err := r.Err(); {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case ldap.IsErrorAnyOf(err, ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultTimeLimitExceeded, ldap.LDAPResultAdminLimitExceeded):
		return false, ErrPartial
	case err != nil:
		return false, err
	case s.conn.IsClosing():
		return false, errEnded
	}
	page.SetCookie(cookie)
	return len(cookie) > 0, nil
}

// Root is what a server says of itself.
type Root struct {
	Vendor string
	Bases  []string // where its entries begin
	// InChain says that it resolves nested groups itself: Active Directory's matching rule 1.2.840.113556.1.4.1941.
	InChain bool
	Paging  bool
}

// activeDirectory is the capability by which Active Directory makes itself known (MS-ADTS section 3.1.1.3.4.3.1).
const activeDirectory = "1.2.840.113556.1.4.800"

// Root reads what the server says of itself (RFC 4512 section 5.1).
func (s *Session) Root(ctx context.Context) (Root, error) {
	if s.root != nil {
		return *s.root, nil
	}
	list, err := s.All(ctx, Search{Only: true, Filter: "(objectClass=*)", Attributes: []string{
		"vendorName", "vendorVersion", "namingContexts", "supportedCapabilities", "supportedControl", "objectClass",
	}})
	if err != nil {
		return Root{}, err
	}
	if len(list) != 1 {
		return Root{}, fmt.Errorf("the directory server has %d roots", len(list))
	}
	e := list[0]
	r := Root{
		Vendor: e.First("vendorName"), Bases: e.All("namingContexts"),
		InChain: slices.Contains(e.All("supportedCapabilities"), activeDirectory),
		Paging:  slices.Contains(e.All("supportedControl"), ldap.ControlTypePaging),
	}
	switch {
	case r.InChain:
		r.Vendor = strings.TrimSpace("Active Directory " + r.Vendor) // Microsoft's own tells no name
	case r.Vendor == "" && slices.Contains(e.All("objectClass"), "OpenLDAProotDSE"):
		r.Vendor = "OpenLDAP"
	}
	s.root = &r
	return r, nil
}
