package activesync

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/roundtrip"
	"drover/internal/base/wbxml"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

// zoneFake is core as the gateway sees it, in memory.
type zoneFake struct {
	mu        sync.Mutex
	revision  int64
	stale     bool
	devices   map[place]*Standing
	enrol     error
	enrolled  []Contact
	asked     int // readings of Standing
	orders    map[string]Order
	later     map[string]bool // devices with an order that is not due yet
	outcomes  []Outcome
	untold    map[string]Order // wipes of the mail server that were carried out, by device
	told      []Information
	sightings []Sighting
	values    policy.Values // of the policy that new devices get; nil for none
	access    Access
	times     *policy.Times
	fault     error          // of every call that writes
	memory    map[place]Keys // what Standing still takes for the keys of a device, until FreshStanding is asked
}

func (z *zoneFake) Current() (int64, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.stale {
		return 0, problem.New(problem.Unavailable, "zone.stale", "Stale.").WithRetry(5 * time.Second)
	}
	return z.revision, nil
}

var errUnknown = problem.New(problem.NotFound, "device.unknown", "There is no such device.")

func (z *zoneFake) Standing(_ context.Context, upstream, user, device string, _ Version) (*Standing, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked++
	s := z.devices[place{upstream, user, device}]
	if s == nil {
		return nil, errUnknown
	}
	c := *s
	if k, ok := z.memory[place{upstream, user, device}]; ok {
		c.Keys = k
	}
	c.Access = z.access
	c.Status = statusDeviceBlocked
	c.Times = z.times
	c.Notice = notice
	c.Wiped = z.untold[c.Device] != NoOrder && z.access == Blocked
	c.Required = z.values != nil
	c.Policy = policy.NewEffective(policy.Origin{}, z.values)
	if s.Upstream != nil {
		c.Policy = c.Policy.WithUpstream(upstream, s.Upstream.Values)
		c.Required = c.Required || len(s.Upstream.Values) > 0
	}
	return &c, nil
}

func (z *zoneFake) FreshStanding(ctx context.Context, upstream, user, device string, v Version) (*Standing, error) {
	z.mu.Lock()
	delete(z.memory, place{upstream, user, device})
	z.mu.Unlock()
	return z.Standing(ctx, upstream, user, device, v)
}

func (*zoneFake) Remember(context.Context, []Seat) error { return nil }

func (z *zoneFake) Enrol(_ context.Context, c Contact) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.enrol != nil {
		return z.enrol
	}
	z.enrolled = append(z.enrolled, c)
	z.devices[place{c.Upstream, c.User, c.DeviceID}] = &Standing{Device: "id-" + c.DeviceID, User: c.User}
	return nil
}

func (z *zoneFake) PendingWipe(_ context.Context, device string, key uint32) (*Standing, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for p, s := range z.devices {
		if p.device == device && s.Keys.Final == key && key != 0 && z.orders[s.Device] != NoOrder {
			c := *s
			return &c, nil
		}
	}
	return nil, errUnknown
}

func (z *zoneFake) change(device string, f func(*Standing)) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.fault != nil {
		return z.fault
	}
	for _, s := range z.devices {
		if s.Device == device {
			f(s)
		}
	}
	return nil
}

func (z *zoneFake) KeepKeys(_ context.Context, device string, k Keys) error {
	return z.change(device, func(s *Standing) { s.Keys = k })
}

func (z *zoneFake) KeepInformation(_ context.Context, device string, i Information) error {
	return z.change(device, func(*Standing) { z.told = append(z.told, i) })
}

func (z *zoneFake) KeepUpstream(_ context.Context, device, _ string, p UpstreamPolicy) error {
	return z.change(device, func(s *Standing) { s.Upstream = &p })
}

func (z *zoneFake) Pending(device string) bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.orders[device] != NoOrder || z.later[device]
}

func (z *zoneFake) Next(_ context.Context, device string) (Order, string, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.orders[device], "order of " + device, nil
}

func (z *zoneFake) Report(_ context.Context, o Outcome) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.outcomes = append(z.outcomes, o)
	device := strings.TrimPrefix(o.OrderID, "order of ")
	order := z.orders[device]
	delete(z.orders, device)
	if !o.Done {
		return nil
	}
	z.access = Blocked
	for _, s := range z.devices {
		if s.Device == device && s.Upstream != nil && s.Upstream.Wipe != NoOrder && !o.Unauthenticated {
			z.untold[device] = order
		}
	}
	return nil
}

func (z *zoneFake) Untold(_ context.Context, device, _ string) (Order, string, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.untold[device], "order of " + device, nil
}

func (z *zoneFake) Told(_ context.Context, orderID string) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	delete(z.untold, strings.TrimPrefix(orderID, "order of "))
	return nil
}

func (z *zoneFake) Seen(s Sighting) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.sightings = append(z.sightings, s)
}

// set changes the zone and raises its revision.
func (z *zoneFake) set(f func()) {
	z.mu.Lock()
	defer z.mu.Unlock()
	f()
	z.revision++
}

func read[T any](z *zoneFake, f func() T) T {
	z.mu.Lock()
	defer z.mu.Unlock()
	return f()
}

// mailFake is a mail server: it authenticates, remembers what it was sent, and answers as it is told.
type mailFake struct {
	*httptest.Server
	mu       sync.Mutex
	requests []sent
	handle   func(w http.ResponseWriter, r *http.Request, cmd string, body []byte) bool // true when it has answered
	password string
	gate     chan struct{} // nothing is answered before it is closed; nil holds nothing back
}

type sent struct {
	Command string
	Query   string
	Header  http.Header
	Body    []byte
}

func newMail(t testing.TB) *mailFake {
	m := &mailFake{password: "secret"}
	m.Server = httptest.NewServer(m)
	t.Cleanup(m.Close)
	return m
}

func (m *mailFake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client broke off
	}
	cmd := "OPTIONS"
	if r.Method == http.MethodPost {
		q, err := ParseQuery(r.URL.RawQuery)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		cmd = q.Command.String()
	}
	m.mu.Lock()
	m.requests = append(m.requests, sent{cmd, r.URL.RawQuery, r.Header.Clone(), body})
	password, handle, gate := m.password, m.handle, m.gate
	m.mu.Unlock()
	if gate != nil {
		<-gate
	}
	if _, got, _ := r.BasicAuth(); got != password {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if handle != nil && handle(w, r, cmd, body) {
		return
	}
	if cmd == "OPTIONS" {
		w.Header().Set("MS-ASProtocolVersions", "2.5,12.0,12.1,14.0,14.1,16.0,16.1,99.9")
		w.Header().Set("MS-ASProtocolCommands", "Sync,FolderSync,Ping")
		return
	}
	w.Header().Set("Content-Type", wbxml.ContentType)
	_, _ = io.WriteString(w, answerTo(cmd))
}

// answerTo is what the mail server says to a command: a frame that only it writes.
func answerTo(cmd string) string {
	return string(wbxml.Leaf(wbxml.AirSyncSync, "answer to "+cmd).Encode())
}

func (m *mailFake) on(f func(w http.ResponseWriter, r *http.Request, cmd string, body []byte) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.handle = f
}

func (m *mailFake) setPassword(s string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.password = s
}

// seen returns what arrived of a command.
func (m *mailFake) seen(cmd string) []sent {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []sent
	for _, s := range m.requests {
		if s.Command == cmd {
			list = append(list, s)
		}
	}
	return list
}

// upstreamsFake sends everybody to one mail server; "DOM\alice" and "alice@example.test" are alice.
type upstreamsFake struct{ up Upstream }

func (u upstreamsFake) Choose(name string) (Upstream, string, error) {
	name = strings.ToLower(name)
	name = strings.TrimPrefix(name, `dom\`)
	name, domain, _ := strings.Cut(name, "@")
	if domain != "" && domain != "example.test" {
		return Upstream{}, "", problem.New(problem.NotFound, "upstream.none", "No mail server.")
	}
	return u.up, name, nil
}

func (u upstreamsFake) Bearer() (Upstream, bool) { return u.up, u.up.Subject != nil }

// world is a gateway between a zone and a mail server.
type world struct {
	t     testing.TB
	zone  *zoneFake
	mail  *mailFake
	bus   *bus.Bus
	clock *clock.Fake
	log   *bytes.Buffer
	g     *Gateway
	front *httptest.Server
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func newWorld(t testing.TB, change ...func(*Upstream)) *world {
	t.Helper()
	w := &world{t: t, mail: newMail(t), bus: bus.New(), clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), log: &bytes.Buffer{}}
	w.zone = &zoneFake{revision: 1, devices: map[place]*Standing{}, orders: map[string]Order{}, untold: map[string]Order{}, access: Allowed}
	u, err := url.Parse(w.mail.URL + Path)
	if err != nil {
		t.Fatal(err)
	}
	up := Upstream{ID: "mail", URL: u, Timeout: 10 * time.Second, Transport: roundtrip.New(&http.Transport{DisableCompression: true})}
	for _, f := range change {
		f(&up)
	}
	log := slog.New(slog.NewTextHandler(&lockedWriter{w: w.log}, nil))
	w.g = New(Options{Core: w.zone, Upstreams: upstreamsFake{up}, Revision: w.zone, Bus: w.bus, Clock: w.clock, Log: log})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { w.g.Run(ctx) })
	w.front = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			w.g.serveOptions(rw, r)
			return
		}
		w.g.serveCommand(rw, r)
	}))
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		w.front.Close()
	})
	return w
}

// phone is a mail client made for these tests: a device of one user at one version, with a plain or base64 request line.
type phone struct {
	w        *world
	user     string
	password string
	id       string
	version  Version
	base64   bool
	key      uint32
}

func (w *world) phone(v Version) *phone {
	return &phone{w: w, user: "alice", password: "secret", id: "DEV1", version: v}
}

func (p *phone) query(c Command) string {
	if !p.base64 {
		return "Cmd=" + c.String() + "&User=" + url.QueryEscape(p.user) + "&DeviceId=" + p.id + "&DeviceType=Phone"
	}
	b := []byte{byte(p.version), byte(c), 0x09, 0x04, byte(len(p.id))}
	b = append(b, p.id...)
	b = append(b, 4)
	b = binary.LittleEndian.AppendUint32(b, p.key)
	b = append(append(b, 5), "Phone"...)
	return base64.StdEncoding.EncodeToString(b)
}

type got struct {
	status int
	header http.Header
	body   []byte
	err    error
}

func (p *phone) request(c Command, body []byte) *http.Request {
	r, err := http.NewRequest(http.MethodPost, p.w.front.URL+Path+"?"+p.query(c), bytes.NewReader(body))
	if err != nil {
		p.w.t.Fatal(err)
	}
	r.SetBasicAuth(p.user, p.password)
	r.Header.Set("Content-Type", wbxml.ContentType)
	r.Header.Set("User-Agent", "Phone/1")
	if !p.base64 {
		r.Header.Set("MS-ASProtocolVersion", p.version.String())
		r.Header.Set("X-MS-PolicyKey", strconv.FormatUint(uint64(p.key), 10))
	}
	return r
}

func do(r *http.Request) got {
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return got{err: err}
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return got{response.StatusCode, response.Header, body, err}
}

func (p *phone) post(c Command, body []byte) got {
	p.w.t.Helper()
	g := do(p.request(c, body))
	if g.err != nil {
		p.w.t.Fatalf("%v: %v", c, g.err)
	}
	return g
}

func (p *phone) send(c Command, n *wbxml.Node) got { p.w.t.Helper(); return p.post(c, n.Encode()) }

var folderSync0 = wbxml.Elem(wbxml.FolderHierarchyFolderSync, wbxml.Leaf(wbxml.FolderHierarchySyncKey, "0"))

func (p *phone) folderSync() got { p.w.t.Helper(); return p.send(FolderSync, folderSync0) }

// status is what an answer says in the way of its version: the HTTP status up to 12.1, the Status of the body after.
func (g got) code(t testing.TB, v Version) int {
	t.Helper()
	if v < V140 || g.status != http.StatusOK || g.header.Get("Content-Type") != wbxml.ContentType {
		return g.status
	}
	root, err := wbxml.Parse(g.body)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range root.Children {
		if c.Tag.Name() == "Status" {
			n, err := strconv.Atoi(c.Value())
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	return g.status
}

// either is 449 up to 12.1 and status after.
func either(v Version, status Status) int {
	if v < V140 {
		return status.http()
	}
	return int(status)
}

// aboutMe is what a client tells of itself with its first Provision, as it must from 14.1 on.
var aboutMe = wbxml.Elem(wbxml.SettingsDeviceInformation, wbxml.Elem(wbxml.SettingsSet, wbxml.Leaf(wbxml.SettingsModel, "Model 1")))

func (p *phone) provision(children ...*wbxml.Node) *wbxml.Node {
	p.w.t.Helper()
	if p.version >= V141 && len(children) == 1 && children[0].Child(wbxml.ProvisionPolicy).Child(wbxml.ProvisionStatus) == nil {
		children = append([]*wbxml.Node{aboutMe}, children...)
	}
	g := p.send(Provision, wbxml.Elem(wbxml.ProvisionProvision, children...))
	if g.status != http.StatusOK {
		p.w.t.Fatalf("Provision: HTTP %d", g.status)
	}
	root, err := wbxml.Parse(g.body)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return root
}

func policies(children ...*wbxml.Node) *wbxml.Node {
	return wbxml.Elem(wbxml.ProvisionPolicies, wbxml.Elem(wbxml.ProvisionPolicy, children...))
}

func (p *phone) kind() *wbxml.Node {
	return wbxml.Leaf(wbxml.ProvisionPolicyType, policyType(p.version))
}

func policyOf(root *wbxml.Node) *wbxml.Node {
	return root.Child(wbxml.ProvisionPolicies).Child(wbxml.ProvisionPolicy)
}

func (p *phone) keyOf(root *wbxml.Node) uint32 {
	p.w.t.Helper()
	key, err := policyKey(policyOf(root).Child(wbxml.ProvisionPolicyKey).Value())
	if err != nil || key == 0 {
		p.w.t.Fatalf("there is no policy key: %v, %s", err, foreign(p.w.t.(*testing.T), root.Encode()))
	}
	return key
}

// enrol goes through both phases and keeps the final key.
func (p *phone) enrol() *wbxml.Node {
	p.w.t.Helper()
	p.key = 0
	first := p.provision(policies(p.kind()))
	p.key = p.keyOf(first)
	p.key = p.keyOf(p.acknowledge(p.key, "1"))
	return first
}

func (p *phone) acknowledge(key uint32, status string) *wbxml.Node {
	p.w.t.Helper()
	return p.provision(policies(p.kind(), wbxml.Int(wbxml.ProvisionPolicyKey, key), wbxml.Leaf(wbxml.ProvisionStatus, status)))
}

func (p *phone) expect(what string, g got, code int) {
	p.w.t.Helper()
	if got := g.code(p.w.t, p.version); got != code {
		p.w.t.Fatalf("%v %s: got %d (HTTP %d, %q), want %d", p.version, what, got, g.status, g.body, code)
	}
}

func (p *phone) passes() {
	p.w.t.Helper()
	g := p.folderSync()
	if g.status != http.StatusOK || string(g.body) != answerTo("FolderSync") {
		p.w.t.Fatalf("%v: HTTP %d %q did not come from the mail server", p.version, g.status, g.body)
	}
}

// eventually waits for something that another goroutine does.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("waited too long: %s", what)
		}
		time.Sleep(2 * time.Millisecond) // polls, with a deadline
	}
}

var strictValues = policy.Values{platform.PasswordRequired: policy.Bool(true), platform.PasswordMinLength: policy.Number(6)}

// forms are every version with every form of request line it has.
func forms(t *testing.T, f func(t *testing.T, w *world, p *phone)) {
	for _, v := range []Version{V25, V120, V121, V140, V141, V160, V161} {
		for _, b64 := range []bool{false, true} {
			if b64 && v < V121 {
				continue
			}
			t.Run(fmt.Sprintf("%v base64=%v", v, b64), func(t *testing.T) {
				w := newWorld(t)
				p := w.phone(v)
				p.base64 = b64
				f(t, w, p)
			})
		}
	}
}

var errFault = errors.New("a fault")
