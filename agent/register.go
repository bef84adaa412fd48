package agent

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"drover/agent/inventory"
	"drover/agent/store"
	"drover/agent/system"
	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/clock"
	"drover/internal/base/httpsig"
)

// Join is how a computer comes into a zone.
type Join struct {
	Server     string // https://zone.example.org
	Pin        string // of the zone's authority; "" where the system's own list vouches for the server
	Key        string // an authorization or registration key; "" where the computer is approved beforehand
	Attributes map[string]string
	Again      bool // leave the zone that the computer belongs to, as far as this machine knows of it
}

// ErrMember is returned when the computer belongs to a zone already.
var ErrMember = errors.New("this computer belongs to a zone already; --again registers it anew")

// Register brings the computer into a zone. Where it is broken off, the next one goes on with the same key; where the zone has
// not decided yet, see [Waits], what it was asked with is kept for [Knock] and [Resume].
func Register(ctx context.Context, s *store.Store, m system.Machine, c clock.Clock, version string, j Join) (store.Identity, error) {
	old, member, err := s.Identity()
	if err != nil {
		return old, err
	}
	if member && !j.Again {
		return old, ErrMember
	}
	id, err := ask(ctx, s, m, c, version, j, member)
	if ctx.Err() != nil {
		return id, err
	}
	if kept := settle(s, c, j, member, err); kept != nil {
		return id, errors.Join(err, kept)
	}
	return id, err
}

// ask asks once. Where the computer is a member of a zone, it leaves that one when the new one lets it in.
func ask(ctx context.Context, s *store.Store, m system.Machine, c clock.Clock, version string, j Join, member bool) (old store.Identity, err error) {
	d, authority, err := talk.Discover(ctx, j.Server, j.Pin)
	if err != nil {
		return old, err
	}
	facts, err := inventory.Facts(ctx, m, version)
	if err != nil {
		return old, err
	}
	facts.Attributes = j.Attributes
	keyOf := s.Key
	if member { // a copy of another machine's disk has that machine's key
		keyOf = s.JoinKey
	}
	key, err := keyOf()
	if err != nil {
		return old, err
	}
	client, err := talk.New(talk.Options{Server: j.Server, Tag: d.Tag, HTTP: talk.HTTPClient(authority), Clock: c, Key: key})
	if err != nil {
		return old, err
	}
	defer client.Close()
	id, err := register(ctx, client, key, j, facts)
	if err != nil {
		return old, err
	}
	id.Since = c.Now()
	if member {
		if err := s.TakeJoinKey(id); err != nil {
			return old, err
		}
		if err := s.Forget(); err != nil { // another zone's versions and orders say nothing here
			return old, err
		}
	}
	offset := client.Offset()
	if err := s.Change(func(st *store.State) { st.Offset = offset }); err != nil {
		return old, err
	}
	return id, s.SetIdentity(id)
}

func register(ctx context.Context, client *talk.Client, key crypto.Signer, j Join, facts agentv1.Facts) (store.Identity, error) {
	csr, err := request(key)
	if err != nil {
		return store.Identity{}, err
	}
	var r agentv1.Registered
	_, err = client.Do(ctx, talk.Request{
		Service: agentv1.ServiceRegistration, Method: http.MethodPost, Path: agentv1.PathRegister,
		Body: agentv1.Registration{Key: j.Key, CSR: csr, Facts: facts},
	}, &r)
	if err != nil {
		return store.Identity{}, err
	}
	id := store.Identity{
		URL: j.Server, Pinned: j.Pin != "", Device: r.Device, Name: r.Name, Zone: r.Zone, Tag: r.Tag, Authority: r.Authority, Signing: r.Signing,
	}
	return id, certified(&id, key.Public(), r.Key)
}

func request(key crypto.Signer) ([]byte, error) {
	return x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
}

// certified takes the key that the zone has certified into the identity, when it is ours and the zone's authority says so.
func certified(id *store.Identity, key crypto.PublicKey, k agentv1.Key) error {
	cert, err := x509.ParseCertificate(k.Certificate)
	if err != nil {
		return errors.New("the server's answer holds no certificate that can be read")
	}
	authority, err := x509.ParseCertificate(id.Authority)
	if err != nil {
		return errors.New("the server's answer holds no authority that can be read")
	}
	if cert.CheckSignatureFrom(authority) != nil {
		return errors.New("the certificate is not of the zone's authority")
	}
	ours, err := httpsig.Thumbprint(key)
	if err != nil {
		return err
	}
	theirs, err := httpsig.Thumbprint(cert.PublicKey)
	if err != nil || ours != theirs || k.ID != ours {
		return errors.New("the certificate is of another key than ours")
	}
	id.Key = k.ID
	if id.RenewFrom, err = time.Parse(time.RFC3339, k.RenewFrom); err != nil {
		return err
	}
	id.Expires, err = time.Parse(time.RFC3339, k.Expires)
	return err
}

// Client returns a client for the zone that the computer belongs to.
func Client(s *store.Store, id store.Identity, c clock.Clock) (*talk.Client, error) {
	key, err := s.Key()
	if err != nil {
		return nil, err
	}
	var authority *x509.Certificate
	if id.Pinned {
		if authority, err = x509.ParseCertificate(id.Authority); err != nil {
			return nil, err
		}
	}
	st, err := s.State()
	if err != nil {
		return nil, err
	}
	return talk.New(talk.Options{
		Server: id.URL, Tag: id.Tag, HTTP: talk.HTTPClient(authority), Clock: c, Key: key, Offset: st.Offset,
	})
}

// renew changes the key when it is time, or goes on with a change that was broken off. It returns the client that signs with
// the key that counts.
func renew(ctx context.Context, s *store.Store, c *talk.Client, asked bool) (*talk.Client, error) {
	id, member, err := s.Identity()
	if err != nil || !member {
		return c, err
	}
	begun := s.Renewing()
	if !begun && !asked && c.Now().Before(id.RenewFrom) {
		return c, nil
	}
	key, err := s.NextKey()
	if err != nil {
		return c, err
	}
	next, err := c.As(key)
	if err != nil {
		return c, err
	}
	var k agentv1.Key
	if begun { // the answer may have been lost: the new key asks whether it counts
		_, err = next.Do(ctx, talk.Request{Service: agentv1.ServiceRegistration, Method: http.MethodGet, Path: agentv1.PathKey}, &k)
		if err != nil && !talk.IsRefused(err, "key.unknown") {
			return c, err
		}
	}
	if k.ID == "" {
		csr, err := request(key)
		if err != nil {
			return c, err
		}
		if _, err := c.Do(ctx, talk.Request{
			Service: agentv1.ServiceRegistration, Method: http.MethodPost, Path: agentv1.PathKey, Body: agentv1.Renewal{CSR: csr},
		}, &k); err != nil {
			return c, err
		}
	}
	if err := certified(&id, key.Public(), k); err != nil {
		return c, errors.Join(err, s.ForgetNextKey())
	}
	return next, s.TakeNextKey(id)
}
