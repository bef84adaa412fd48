package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"drover/internal/base/outbound"
	"drover/internal/base/sqldb"
	"drover/internal/base/wbxml"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

// Step is one thing that a test tried.
type Step struct {
	Name string
	OK   bool
	Text string // what was seen, or how to mend it
}

// Certificate is one certificate that a server showed.
type Certificate = outbound.Certificate

// Report is what a test saw.
type Report struct {
	OK           bool
	Sentence     string
	Steps        []Step
	TLSVersion   string // "TLS 1.3", "" without TLS
	Certificates []Certificate
	Versions     []string // of ActiveSync
	Commands     []string
	// Provisioning is "own" when the server demands provisioning itself, "none" when it does not, and "unknown" when the
	// test had no credentials to find out.
	Provisioning string
}

// Credentials are used for one test and kept nowhere.
type Credentials struct {
	Name     string
	Password string
}

const (
	probeTimeout = 20 * time.Second
	probeBody    = 64 << 10
	soonExpired  = 21 * 24 * time.Hour
)

// Test connects to a server that is configured and says what it saw. The credentials, when given, are a user's: with
// them the test also sees the versions of servers that tell them to users alone, and whether the server has a policy
// of its own. The result is kept with the server.
func (s *Store) Test(ctx context.Context, c scope.Caller, id string, login *Credentials) (Report, error) {
	if err := c.Require(scope.UpstreamEdit); err != nil {
		return Report{}, err
	}
	u, err := one(ctx, s.with.DB, id)
	if err != nil {
		return Report{}, err
	}
	r := s.probe(ctx, u.Config, login)
	err = s.with.DB.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE upstream SET checked_at = $1, check_ok = $2, check_said = $3 WHERE id = $4",
			sqldb.Micros(s.with.Clock.Now()), r.OK, r.Sentence, id)
		if err != nil {
			return err
		}
		return s.with.Log.Append(ctx, tx, audit.Record{
			Action: "upstream.tested", Caller: c, Subject: audit.Subject{Kind: "upstream", ID: id}, After: map[string]any{"ok": r.OK},
		})
	})
	return r, err
}

// TestDraft is [Store.Test] for a configuration that is not saved.
func (s *Store) TestDraft(ctx context.Context, c scope.Caller, conf Config, login *Credentials) (Report, error) {
	if err := c.Require(scope.UpstreamEdit); err != nil {
		return Report{}, err
	}
	if conf.Name == "" {
		conf.Name = "draft"
	}
	if err := conf.check(); err != nil {
		return Report{}, err
	}
	return s.probe(ctx, conf, login), nil
}

// probe is one test under way.
type probe struct {
	conf   Config
	now    time.Time
	url    *url.URL
	client *http.Client
	login  *Credentials
	report Report
}

func (s *Store) probe(ctx context.Context, conf Config, login *Credentials) Report {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	p := &probe{conf: conf, now: s.with.Clock.Now(), login: login, report: Report{Provisioning: "unknown"}}
	u, err := url.Parse(conf.URL)
	if err != nil {
		return p.failed("connect", "The URL cannot be read.")
	}
	way, err := newTransport(conf, u)
	if err != nil {
		return p.failed("connect", "The certificates to trust cannot be read.")
	}
	defer way.CloseIdleConnections()
	p.url, p.client = u, &http.Client{Transport: way, CheckRedirect: noRedirect}
	answer, err := p.send(ctx, http.MethodOptions, "", nil)
	if err != nil {
		p.sawTLS(handshakeOf(ctx, conf, u))
		return p.failed("connect", outbound.Mend(err, conf.TLS == TLSPinned, "--ca"))
	}
	defer drain(answer)
	p.ok("connect", "The server answers at "+u.Host+".")
	p.sawTLS(answer.TLS)
	if !p.options(answer) {
		return p.report
	}
	if login != nil {
		p.provisioning(ctx)
	}
	p.report.OK = true
	p.report.Sentence = p.sentence()
	return p.report
}

func (p *probe) ok(name, text string) {
	p.report.Steps = append(p.report.Steps, Step{name, true, text})
}

func (p *probe) failed(name, text string) Report {
	p.report.Steps = append(p.report.Steps, Step{name, false, text})
	p.report.OK, p.report.Sentence = false, text
	return p.report
}

func (p *probe) send(ctx context.Context, method, query string, body []byte) (*http.Response, error) {
	u := *p.url
	u.RawQuery = query
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if p.conf.ServerName != "" {
		r.Host = p.conf.ServerName
	}
	if p.login != nil {
		r.SetBasicAuth(p.login.Name, p.login.Password)
	}
	r.Header.Set("User-Agent", "Drover")
	if body != nil {
		r.Header.Set("Content-Type", wbxml.ContentType)
		r.Header.Set("MS-ASProtocolVersion", newest(p.report.Versions))
	}
	return p.client.Do(r)
}

func drain(r *http.Response) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, probeBody))
	_ = r.Body.Close()
}

// options reads what the server says of itself (MS-ASHTTP section 2.2.4) and tells whether it is an ActiveSync server.
func (p *probe) options(r *http.Response) bool {
	p.report.Versions, p.report.Commands = words(r.Header.Get("MS-ASProtocolVersions")), words(r.Header.Get("MS-ASProtocolCommands"))
	switch {
	case len(p.report.Versions) > 0:
		p.ok("options", "It speaks ActiveSync "+strings.Join(p.report.Versions, ", ")+".")
		return p.carries()
	case r.StatusCode == http.StatusUnauthorized && p.login != nil:
		p.failed("options", "The server does not accept the name and password of the test: correct them, or test without.")
		return false
	case r.StatusCode == http.StatusUnauthorized:
		p.ok("options", "It asks for credentials before it tells its versions: give a user's name and password to see them.")
		return true
	case r.StatusCode >= 300 && r.StatusCode < 400:
		p.failed("options", "The server sends elsewhere, which Drover does not follow: enter the address it means.")
	case r.StatusCode == http.StatusNotFound:
		p.failed("options", "There is a web server, but nothing at this path: the path of ActiveSync is mostly "+defaultPath+".")
	case r.StatusCode >= 500:
		p.failed("options", fmt.Sprintf("The server answers, but with its own error %d: look into its log.", r.StatusCode))
	default:
		p.failed("options", "A web server answers, but it is no ActiveSync server: it names no version. Check host and path.")
	}
	return false
}

// carries tells whether there is a version that both the server and the gateway speak.
func (p *probe) carries() bool {
	if newest(p.report.Versions) != "" {
		return true
	}
	p.failed("versions", "The server speaks no version of ActiveSync that Drover can carry: those are "+strings.Join(Versions, ", ")+".")
	return false
}

// newest returns the newest version of the list that the gateway knows.
func newest(versions []string) string {
	for _, v := range slices.Backward(Versions) {
		if slices.Contains(versions, v) {
			return v
		}
	}
	return ""
}

func words(list string) []string {
	var out []string
	for w := range strings.SplitSeq(sqldb.Clean(list, 2048), ",") {
		if w = strings.TrimSpace(w); w != "" && len(out) < 64 {
			out = append(out, w)
		}
	}
	return out
}

// provisioning asks for the folders without a policy key: a server with a policy of its own refuses (MS-ASPROV section
// 3.1.5.2).
func (p *probe) provisioning(ctx context.Context) {
	if newest(p.report.Versions) == "" {
		return
	}
	body := wbxml.Elem(wbxml.FolderHierarchyFolderSync, wbxml.Leaf(wbxml.FolderHierarchySyncKey, "0")).Encode()
	query := url.Values{"Cmd": {"FolderSync"}, "User": {p.login.Name}, "DeviceId": {"DroverTest"}, "DeviceType": {"DroverTest"}}
	r, err := p.send(ctx, http.MethodPost, query.Encode(), body)
	if err != nil {
		p.failed("provisioning", "The server answers OPTIONS, but not a first command.")
		return
	}
	defer drain(r)
	const provisionNeeded = 449 // MS-ASHTTP section 2.2.2.1.1
	status := ""
	if r.StatusCode == http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(r.Body, probeBody))
		if n, perr := wbxml.Parse(text); err == nil && perr == nil {
			status = n.Child(wbxml.FolderHierarchyStatus).Value()
		}
	}
	switch {
	case r.StatusCode == provisionNeeded || slices.Contains([]string{"141", "142", "143", "144"}, status):
		p.report.Provisioning = "own"
		p.ok("provisioning", "It demands provisioning itself: Drover performs it for the devices, and the stricter value of both reaches them.")
	case status == "1":
		p.report.Provisioning = "none"
		p.ok("provisioning", "It has no policy of its own: devices get Drover's alone.")
	case r.StatusCode == http.StatusUnauthorized:
		p.failed("provisioning", "The server does not accept the name and password of the test.")
	default:
		p.ok("provisioning", "Whether it has a policy of its own could not be seen.")
	}
}

func (p *probe) sentence() string {
	for _, s := range slices.Backward(p.report.Steps) {
		if !s.OK {
			return s.Text
		}
	}
	if len(p.report.Versions) == 0 {
		return "The server answers and asks for credentials, as an ActiveSync server does."
	}
	return "The server answers and speaks ActiveSync up to " + newest(p.report.Versions) + "."
}

// sawTLS notes what a handshake showed.
func (p *probe) sawTLS(state *tls.ConnectionState) {
	if state == nil {
		return
	}
	p.report.TLSVersion, p.report.Certificates = outbound.Seen(state)
	if len(state.PeerCertificates) == 0 {
		return
	}
	if left := state.PeerCertificates[0].NotAfter.Sub(p.now); left > 0 && left < soonExpired {
		p.ok("certificate", fmt.Sprintf("Its certificate expires in %d days: have it renewed.", int(left.Hours()/24)))
	}
}

// handshakeOf looks at the certificate of a server that is not trusted, to show what it is. Nothing is sent over it.
func handshakeOf(ctx context.Context, conf Config, u *url.URL) *tls.ConnectionState {
	if u.Scheme != "https" {
		return nil
	}
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), "443")
	}
	name := conf.ServerName
	if name == "" {
		name = u.Hostname()
	}
	d := tls.Dialer{
		NetDialer: &net.Dialer{Timeout: dialTimeout, Control: outbound.Guard(u.Hostname())},
		Config:    &tls.Config{InsecureSkipVerify: true, ServerName: name, MinVersion: tls.VersionTLS10}, // it only looks
	}
	c, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil
	}
	defer func() { _ = c.Close() }()
	state := c.(*tls.Conn).ConnectionState()
	return &state
}
