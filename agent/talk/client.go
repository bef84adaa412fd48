package talk

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"drover/api/agentv1"
	"drover/internal/base/clock"
	"drover/internal/base/httpsig"
)

// Refused is an answer that does not serve a request. Code is that of the problem (RFC 9457), "" where something between
// answered in another form.
type Refused struct {
	Status  int
	Code    string
	Message string
}

// Error says what was answered.
func (r *Refused) Error() string {
	if r.Message != "" {
		return r.Message
	}
	return fmt.Sprintf("the server answers %d %s", r.Status, http.StatusText(r.Status))
}

// IsRefused tells whether err is a refusal with one of the codes.
func IsRefused(err error, codes ...string) bool {
	r, ok := errors.AsType[*Refused](err)
	if !ok {
		return false
	}
	for _, c := range codes {
		if r.Code == c {
			return true
		}
	}
	return false
}

// IsOff tells whether the server does not offer what was asked for.
func IsOff(err error) bool {
	r, ok := errors.AsType[*Refused](err)
	return ok && r.Status == http.StatusNotFound
}

// Answered tells whether a server answered, whatever it said; what stands before it and finds it gone does not answer for it.
func Answered(err error) bool {
	r, refused := errors.AsType[*Refused](err)
	if !refused {
		return err == nil
	}
	return r.Status != http.StatusBadGateway && r.Status != http.StatusServiceUnavailable && r.Status != http.StatusGatewayTimeout
}

// Client sends signed requests to one server. It may be used by several goroutines.
type Client struct {
	server string
	zone   string // the zone's part of the tag
	http   *http.Client
	clock  clock.Clock

	mu     sync.Mutex
	key    crypto.Signer
	id     string
	offset time.Duration // of the server's clock from ours
	heard  time.Time     // when the server last answered
}

// Options say to whom a client talks, and as whom. All are needed but the offset.
type Options struct {
	Server string // https://zone.example.org
	Tag    string // the zone's part of the tag
	HTTP   *http.Client
	Clock  clock.Clock
	Key    crypto.Signer
	Offset time.Duration // of the server's clock from ours, as far as it is known
}

// New makes a client; nothing is sent.
func New(o Options) (*Client, error) {
	if err := checkURL(o.Server); err != nil {
		return nil, err
	}
	id, err := httpsig.Thumbprint(o.Key.Public())
	return &Client{
		server: strings.TrimSuffix(o.Server, "/"), zone: o.Tag, http: o.HTTP, clock: o.Clock, key: o.Key, id: id, offset: o.Offset,
	}, err
}

// As returns a client that signs with another key.
func (c *Client) As(key crypto.Signer) (*Client, error) {
	return New(Options{Server: c.server, Tag: c.zone, HTTP: c.http, Clock: c.clock, Key: key, Offset: c.Offset()})
}

// At returns a client of another server of the same zone.
func (c *Client) At(server string) (*Client, error) {
	next, err := New(Options{Server: server, Tag: c.zone, HTTP: c.http, Clock: c.clock, Key: c.key, Offset: c.Offset()})
	if err == nil {
		next.heard = c.Heard()
	}
	return next, err
}

// Server is the address that it talks to.
func (c *Client) Server() string { return c.server }

// KeyID names the key that it signs with.
func (c *Client) KeyID() string { return c.id }

// Offset is how far the server's clock is ahead of ours, as far as a refusal has told.
func (c *Client) Offset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset
}

// Now is the time by the server's clock, as far as it is known.
func (c *Client) Now() time.Time { return c.clock.Now().Add(c.Offset()) }

// Heard is when the server last answered by our clock, whatever it said; zero for never.
func (c *Client) Heard() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heard
}

// Close ends the connections that are idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Request is one request to a service.
type Request struct {
	Service string
	Method  string
	Path    string // with its query
	Body    any    // written as JSON; nil for none
	Raw     []byte // instead of Body, as octets
	ETag    string // of what is held
}

// Answer is what came.
type Answer struct {
	Fresh bool // false where what is held still holds
	ETag  string
}

// Do sends a request and reads the answer into out, nil for none. Where the server refuses it for the clock, the offset is
// learnt and the request signed once more.
func (c *Client) Do(ctx context.Context, r Request, out any) (Answer, error) {
	body := r.Raw
	if r.Body != nil {
		var err error
		if body, err = json.Marshal(r.Body); err != nil {
			return Answer{}, err
		}
	}
	answer, err := c.once(ctx, r, body, out)
	if IsRefused(err, "signature.clock") {
		return c.once(ctx, r, body, out)
	}
	return answer, err
}

func (c *Client) once(ctx context.Context, r Request, body []byte, out any) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, c.server+r.Path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	if r.ETag != "" {
		req.Header.Set("If-None-Match", r.ETag)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
		if r.Raw != nil {
			req.Header.Set("Content-Type", "application/octet-stream")
		}
		httpsig.SetDigest(req.Header, body)
	}
	if err := c.sign(req, r.Service); err != nil {
		return Answer{}, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	return c.take(res, out)
}

// sign signs a request whose header is complete.
func (c *Client) sign(r *http.Request, service string) error {
	covered := []string{"@method", "@path", "@query"}
	if r.Header.Get("Content-Digest") != "" {
		covered = append(covered, "content-digest", "content-type")
	}
	return httpsig.Sign(httpsig.Request(r), c.key, httpsig.Input{
		Label: "agent", Components: httpsig.Fields(covered...), Created: c.Now(), Nonce: rand.Text(), KeyID: c.id,
		Tag: agentv1.Tag(c.zone, service),
	})
}

func (c *Client) take(res *http.Response, out any) (Answer, error) {
	raw, err := read(res)
	if err != nil {
		return Answer{}, err
	}
	c.learn()
	switch {
	case res.StatusCode == http.StatusNotModified:
		return Answer{}, nil
	case res.StatusCode >= http.StatusMultipleChoices:
		err := refusal(res, raw)
		if IsRefused(err, "signature.clock") {
			c.learnClock(res)
		}
		return Answer{}, err
	case out == nil || len(raw) == 0:
		return Answer{Fresh: true}, nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return Answer{}, fmt.Errorf("the answer cannot be read: %w", err)
	}
	return Answer{Fresh: true, ETag: res.Header.Get("ETag")}, nil
}

func (c *Client) learn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = c.clock.Now()
}

// learnClock takes the server's time from its answer. It is used for signatures and times that are told, never to set the
// computer's clock.
func (c *Client) learnClock(res *http.Response) {
	at, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = at.Sub(c.clock.Now()).Truncate(time.Second)
}

func read(res *http.Response) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err == nil && len(raw) > maxAnswer {
		return nil, fmt.Errorf("the answer is larger than %d octets", maxAnswer)
	}
	return raw, err
}

func refusal(res *http.Response, raw []byte) error {
	var p struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	_ = json.Unmarshal(raw, &p) // what stands before the server may answer in another form
	if len(p.Detail) > 500 {
		p.Detail = p.Detail[:500]
	}
	return &Refused{Status: res.StatusCode, Code: p.Code, Message: p.Detail}
}
