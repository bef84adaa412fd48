package easclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"sync"
	"time"
)

// Media types of request bodies.
const (
	typeWBXML = "application/vnd.ms-sync.wbxml"
	typeMail  = "message/rfc822"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20

// Client is one device of one user towards one server. Its fields are set before the first call and PolicyKey by the
// provisioning calls; it is not safe for use by several goroutines, because a real device is not either.
type Client struct {
	URL        string // whole, for example https://host/Microsoft-Server-ActiveSync
	User       string
	Password   string
	Bearer     string // sent instead of user and password when set
	QueryUser  string // the User parameter where it is not User
	DeviceID   string
	DeviceType string
	UserAgent  string
	Version    Version
	Form       Form

	// PolicyKey is sent with every command but OPTIONS, Ping and Autodiscover (MS-ASHTTP section 2.2.1.1.2.4),
	// and with a Provision only when that acknowledges. "" sends none.
	PolicyKey string

	// Cross decodes every frame with wbxml2xml of libwbxml too, and fails the call when the two differ.
	Cross bool

	// Frame, when set, is told of every WBXML frame that is sent or received.
	Frame func(sent bool, frame []byte)

	HTTP *http.Client
}

// NewHTTP makes an HTTP client that trusts the certificates of the PEM file, or the system's when caFile is "".
// Answers may take as long as the context of a call allows, since Ping and Sync are held.
func NewHTTP(caFile string) (*http.Client, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", caFile)
		}
	}
	return &http.Client{
		Transport: &http.Transport{TLSClientConfig: conf, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute},
		// A redirect is an answer to look at, never to follow with credentials.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// Request is one command.
type Request struct {
	Command     string
	Params      []Param
	Body        []byte
	ContentType string // typeWBXML when "" and there is a body
	Key         string // the policy key of this request
	OnSent      func() // called once, on a goroutine of its own, when the request is written whole
}

// Reply is an answer; an HTTP status other than 200 is not an error.
type Reply struct {
	HTTP   int
	Header http.Header
	Body   []byte
	Tree   *Node // nil when the body is empty or no WBXML
}

// Status is the text of the Status that is a child of the root, or "" where there is none (an empty body, say).
func (r *Reply) Status() string { return r.Tree.Get("Status") }

// Send does one command. The error is for what is no answer at all: no connection, a broken frame, a frame that
// libwbxml reads differently.
func (c *Client) Send(ctx context.Context, r Request) (*Reply, error) {
	req, err := c.request(ctx, r)
	if err != nil {
		return nil, err
	}
	if isWBXML(req.Header.Get("Content-Type")) {
		if err := c.frame(ctx, true, r.Body); err != nil {
			return nil, fmt.Errorf("%s: request: %w", r.Command, err)
		}
	}
	reply, err := c.do(req, r.OnSent)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Command, err)
	}
	if len(reply.Body) == 0 || !isWBXML(reply.Header.Get("Content-Type")) {
		return reply, nil
	}
	if reply.Tree, err = Decode(reply.Body); err != nil {
		return reply, fmt.Errorf("%s: answer: %w", r.Command, err)
	}
	if err := c.frame(ctx, false, reply.Body); err != nil {
		return reply, fmt.Errorf("%s: answer: %w", r.Command, err)
	}
	return reply, nil
}

func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	q := query{
		command: r.Command, user: c.User, deviceID: c.DeviceID, deviceType: c.DeviceType,
		version: c.Version, policyKey: r.Key, more: r.Params,
	}
	if c.QueryUser != "" {
		q.user = c.QueryUser
	}
	raw, err := q.encode(c.Form)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	req.URL.RawQuery = raw
	c.identify(req)
	if !c.Form.IsBase64() {
		req.Header.Set("MS-ASProtocolVersion", string(c.Version))
		if r.Key != "" {
			req.Header.Set("X-MS-PolicyKey", r.Key)
		}
	}
	if len(r.Body) > 0 && r.ContentType == "" {
		r.ContentType = typeWBXML
	}
	if r.ContentType != "" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	return req, nil
}

// identify sets what every request of the device carries.
func (c *Client) identify(req *http.Request) {
	req.Header.Set("User-Agent", c.UserAgent)
	if c.Bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.Bearer)
		return
	}
	req.SetBasicAuth(c.User, c.Password)
}

func (c *Client) do(req *http.Request, onSent func()) (*Reply, error) {
	if onSent != nil {
		var once sync.Once // a request is written again when a kept connection turns out to be closed
		req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
			WroteRequest: func(info httptrace.WroteRequestInfo) {
				if info.Err == nil {
					once.Do(func() { go onSent() })
				}
			},
		}))
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxAnswer {
		return nil, errors.New("the answer is over 64 MiB")
	}
	return &Reply{HTTP: res.StatusCode, Header: res.Header, Body: body}, nil
}

func (c *Client) frame(ctx context.Context, sent bool, frame []byte) error {
	if len(frame) == 0 {
		return nil
	}
	if c.Frame != nil {
		c.Frame(sent, frame)
	}
	if !c.Cross {
		return nil
	}
	return CrossDecode(ctx, frame)
}

// isWBXML knows the registered media type and the short one that old servers send.
func isWBXML(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	mediaType = strings.TrimSpace(mediaType)
	return strings.EqualFold(mediaType, typeWBXML) || strings.EqualFold(mediaType, "application/vnd.ms-sync")
}

// Options asks for versions and commands; it carries neither query nor policy key.
func (c *Client) Options(ctx context.Context) (*Reply, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodOptions, c.URL, nil)
	if err != nil {
		return nil, err
	}
	c.identify(req)
	return c.do(req, nil)
}

// List splits a comma-separated answer header such as MS-ASProtocolVersions.
func (r *Reply) List(header string) []string {
	var list []string
	for part := range strings.SplitSeq(r.Header.Get(header), ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// During makes a held call and runs do while it is held, from the moment on when the request is sent. It returns when
// both have ended; an error of do ends the call.
func During(ctx context.Context, do func() error, call func(ctx context.Context, onSent func()) (*Reply, error)) (*Reply, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	reply, err := call(ctx, func() {
		err := do()
		if err != nil {
			cancel(err)
		}
		done <- err
	})
	if err == nil {
		return reply, <-done
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return reply, err
}
