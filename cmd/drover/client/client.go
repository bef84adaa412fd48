// Package client talks to the admin API of a Drover server: with bounds on time and size, over TLS that it verifies, and
// without following redirects, since every request carries a token.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"drover/api/adminv1"
)

const (
	// base is where the API's paths begin.
	base = "/api/v1"
	// maxAnswer bounds what is read of one answer: exports of large zones are some tens of megabytes.
	maxAnswer = 256 << 20
	// requestTime bounds one attempt, from the connection to the last byte.
	requestTime = 60 * time.Second
	// attempts is how often a request that changes nothing is made before giving up.
	attempts = 3
	// maxWait bounds the wait between two attempts, whatever the server asks for.
	maxWait = 5 * time.Second
)

// Options say which server to talk to.
type Options struct {
	URL   string // https://HOST[:PORT]
	Token string // an API token
	CA    string // PEM file with the only authorities that are trusted; "" for the system's
	Agent string // what the server sees as User-Agent
}

// Client talks to one server. It may be used by many goroutines.
type Client struct {
	root  *url.URL
	token string
	agent string
	http  *http.Client
}

// Unreachable says that there was no answer of the API: no connection, no trust, or no time left.
type Unreachable struct{ Err error }

// Error says what happened and what to look at.
func (u *Unreachable) Error() string {
	var unknown x509.UnknownAuthorityError
	if errors.As(u.Err, &unknown) {
		return "the server's certificate is signed by nobody that is trusted here: name the zone's ca.pem by --server-ca or DROVER_CA"
	}
	return "the server cannot be reached: " + u.Err.Error()
}

// Unwrap returns the cause.
func (u *Unreachable) Unwrap() error { return u.Err }

// New returns a client. It connects to nobody yet.
func New(o Options) (*Client, error) {
	root, err := url.Parse(o.URL)
	if err != nil || root.Scheme != "https" || root.Host == "" || root.User != nil || strings.Trim(root.Path, "/") != "" {
		return nil, errors.New("the server's address must be an https:// URL without a path, such as https://127.0.0.1:7443")
	}
	if o.Token == "" || strings.ContainsAny(o.Token, "\r\n \t") {
		return nil, errors.New("an API token is needed: put it into DROVER_TOKEN, or name its file by --token-file")
	}
	trusted := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CA != "" {
		if trusted.RootCAs, err = roots(o.CA); err != nil {
			return nil, err
		}
	}
	return &Client{
		root: &url.URL{Scheme: root.Scheme, Host: root.Host}, token: o.Token, agent: o.Agent,
		http: &http.Client{
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, TLSClientConfig: trusted, ForceAttemptHTTP2: true, MaxIdleConns: 4,
				TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10,
			},
			// The API never redirects, and a token must not follow where anybody else points.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

func roots(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", file)
	}
	return pool, nil
}

// Request is one request to the API.
type Request struct {
	Method string
	Path   string // below the API's base, made with [Path]
	Query  url.Values
	Body   any           // sent as JSON; nil for none
	CSV    []byte        // sent instead of Body when it is not nil
	ETag   string        // the version that an edit is based on
	Once   bool          // the server is to do it once, however often it is sent
	Time   time.Duration // how long the server may work on it; 0 means [requestTime]
}

// Response is what the API answered.
type Response struct {
	Body []byte
	ETag string
}

// Path joins segments to a path below the API's base, each escaped.
func Path(segments ...string) string {
	escaped := make([]string, len(segments))
	for i, s := range segments {
		escaped[i] = url.PathEscape(s)
	}
	return "/" + strings.Join(escaped, "/")
}

// Do sends a request and reads its answer. What the API refuses is an *[adminv1.Problem]; no answer at all is an
// [Unreachable]. Requests that change nothing, or that the server does once, are tried again when there was no answer.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	body, kind, err := r.encode()
	if err != nil {
		return Response{}, err
	}
	key := ""
	if r.Once {
		key = rand.Text()
	}
	for attempt := 1; ; attempt++ {
		res, wait, err := c.try(ctx, r, body, kind, key)
		if wait < 0 || attempt == attempts || (r.Method != http.MethodGet && !r.Once) {
			return res, err
		}
		if pause(ctx, max(wait, time.Duration(attempt)*200*time.Millisecond)) != nil {
			return res, err
		}
	}
}

func (r Request) encode() (body []byte, kind string, err error) {
	switch {
	case r.CSV != nil:
		return r.CSV, "text/csv", nil
	case r.Body == nil:
		return nil, "", nil
	}
	body, err = json.Marshal(r.Body)
	return body, "application/json", err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(min(d, maxWait))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// try makes one attempt. Another may help after wait; a negative one means that none will.
func (c *Client) try(ctx context.Context, r Request, body []byte, kind, key string) (res Response, wait time.Duration, err error) {
	limit := r.Time
	if limit == 0 {
		limit = requestTime
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	target := c.root.String() + base + r.Path
	if len(r.Query) > 0 {
		target += "?" + r.Query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, target, bytes.NewReader(body))
	if err != nil {
		return res, -1, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("User-Agent", c.agent)
	for name, value := range map[string]string{"Content-Type": kind, "If-Match": r.ETag, "Idempotency-Key": key} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return res, again(err), &Unreachable{strip(err)}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return res, 0, &Unreachable{strip(err)}
	}
	if len(text) > maxAnswer {
		return res, -1, &Unreachable{errors.New("the answer is larger than is read here")}
	}
	if answer.StatusCode >= 300 {
		return res, retryAfter(answer), refusal(answer, text)
	}
	return Response{Body: text, ETag: answer.Header.Get("ETag")}, -1, nil
}

// again tells whether another attempt may help; a certificate will not change within seconds.
func again(err error) time.Duration {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return -1
	}
	return 0
}

// strip takes the URL out of an error, which people have given themselves.
func strip(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

var passing = []int{http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}

func retryAfter(answer *http.Response) time.Duration {
	if !slices.Contains(passing, answer.StatusCode) {
		return -1
	}
	seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
	if err != nil || seconds < 0 || seconds > 3600 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// refusal reads a problem (RFC 9457). An answer that is none comes from something that is no Drover.
func refusal(answer *http.Response, text []byte) error {
	p := &adminv1.Problem{}
	if err := json.Unmarshal(text, p); err != nil || p.Code == "" || p.Detail == "" {
		return &Unreachable{fmt.Errorf("what answers there is no Drover admin API (status %d)", answer.StatusCode)}
	}
	p.Status = answer.StatusCode
	return p
}

// Tag is the ETag of a version that an object told of itself.
func Tag(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }

// IsMissing tells whether the API has said that something is not there.
func IsMissing(err error) bool {
	p, ok := errors.AsType[*adminv1.Problem](err)
	return ok && p.Status == http.StatusNotFound
}

// IsRefused tells whether the API has said that the caller may not.
func IsRefused(err error) bool {
	p, ok := errors.AsType[*adminv1.Problem](err)
	return ok && p.Status == http.StatusForbidden
}

// Read gets a value.
func Read[T any](ctx context.Context, c *Client, path string, query url.Values) (v T, res Response, err error) {
	res, err = c.Do(ctx, Request{Method: http.MethodGet, Path: path, Query: query})
	if err != nil {
		return v, res, err
	}
	v, err = Decode[T](res)
	return v, res, err
}

// Decode reads the value of an answer.
func Decode[T any](res Response) (v T, err error) {
	if err := json.Unmarshal(res.Body, &v); err != nil {
		return v, fmt.Errorf("the server's answer is not what this program knows; is it another version? %w", err)
	}
	return v, nil
}

// pageSize is how much is asked for at once.
const pageSize = 500

// List reads a list page by page until it has limit rows; 0 means all. Next is empty when nothing is left.
func List[T any](ctx context.Context, c *Client, path string, query url.Values, limit int) (adminv1.Page[T], error) {
	all := adminv1.Page[T]{Items: []T{}}
	q := copied(query)
	for {
		size := pageSize
		if limit > 0 {
			size = min(size, limit-len(all.Items))
		}
		q.Set("limit", strconv.Itoa(size))
		page, _, err := Read[adminv1.Page[T]](ctx, c, path, q)
		if err != nil {
			return all, err
		}
		all.Items = append(all.Items, page.Items...)
		all.Next, all.Total, all.TotalCapped = page.Next, page.Total, page.TotalCapped
		if page.Next == "" || page.Next == q.Get("cursor") || (limit > 0 && len(all.Items) >= limit) {
			return all, nil
		}
		q.Set("cursor", page.Next)
	}
}

// Pages reads a list to its end and hands on one page after the other, so that only one is held.
func Pages[T any](ctx context.Context, c *Client, path string, query url.Values, page func(adminv1.Page[T]) error) error {
	q := copied(query)
	q.Set("limit", strconv.Itoa(pageSize))
	for {
		p, _, err := Read[adminv1.Page[T]](ctx, c, path, q)
		if err != nil {
			return err
		}
		if err := page(p); err != nil {
			return err
		}
		if p.Next == "" || p.Next == q.Get("cursor") {
			return nil
		}
		q.Set("cursor", p.Next)
	}
}

func copied(query url.Values) url.Values {
	q := url.Values{}
	maps.Copy(q, query)
	return q
}
