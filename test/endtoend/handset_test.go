package endtoend

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/base/wbxml"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/schema/schematest"
	"drover/internal/server/zonetest"
	"drover/internal/simulate/upstream"
)

// wait is how long something may take that takes a moment: far more than it does on a busy machine.
const wait = 30 * time.Second

// until polls a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(wait); time.Now().Before(deadline); {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never happened: %s", what)
}

// onBoth runs a test on each engine.
func onBoth(t *testing.T, fn func(t *testing.T, e sqldb.Engine)) {
	t.Helper()
	for _, e := range sqldbtest.Engines {
		t.Run(string(e), func(t *testing.T) { fn(t, e) })
	}
}

// mailServer starts a simulated mail server and returns it with its URL.
func mailServer(t *testing.T, o upstream.Options) (*upstream.Server, string) {
	t.Helper()
	s := upstream.New(o)
	return s, serve(t, s)
}

// serve starts a server, which ends with the test whatever its clients still wait for, and returns its ActiveSync URL.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	web := httptest.NewServer(h)
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
	})
	return web.URL + upstream.Path
}

// world is a zone before a simulated mail server, whose users' password is "secret", under a strict policy.
type world struct {
	*zonetest.Zone
	mail  *upstream.Server
	data  string // directory with the database file on SQLite, the keys and the logs
	db    string // the database's URL
	suite policy.Suite
}

func newWorld(t *testing.T, e sqldb.Engine, o upstream.Options, changes ...zonetest.Change) *world {
	t.Helper()
	if o.Password == "" {
		o.Password = "secret"
	}
	w := &world{data: t.TempDir(), db: schematest.NewURL(t, e)}
	if file, ok := strings.CutPrefix(w.db, "sqlite:"); ok {
		w.data = filepath.Dir(file)
	}
	mail, address := mailServer(t, o)
	w.mail, w.Zone = mail, zonetest.Start(t, w.data, w.db, changes...)
	w.Mail(t, address)
	w.suite = w.Policy(t, "strict")
	return w
}

// edit changes one setting of the suite, for corporate devices.
func (w *world) edit(t *testing.T, s platform.Setting, v policy.Value) {
	t.Helper()
	now, err := w.Policies.Version(t.Context(), zonetest.System, w.suite.ID, w.suite.Version)
	if err != nil {
		t.Fatal(err)
	}
	c := policy.Content{Corporate: now.Content.Corporate.Clone(), Personal: now.Content.Personal}
	c.Corporate[s] = v
	if _, err = w.Policies.Edit(t.Context(), zonetest.System, w.suite.ID, w.suite.Version, policy.Draft{Content: c}); err != nil {
		t.Fatal(err)
	}
	w.suite.Version++
}

// handset is a mail client that says exactly what a test wants said.
type handset struct {
	t                  testing.TB
	url, user          string
	password, id, kind string
	version, key       string
	header             http.Header
	client             *http.Client
}

func (w *world) handset(t testing.TB, user, version string) *handset {
	return &handset{
		t: t, url: w.Device + upstream.Path, user: user, password: "secret", id: "ID" + user, kind: "iPhone", version: version,
		key: "0", header: http.Header{"User-Agent": {"Apple-iPhone16C1/2301.355"}}, client: w.Client,
	}
}

// said is what a server answered.
type said struct {
	status int
	header http.Header
	raw    []byte
	body   *wbxml.Node
}

// code is the common status of MS-ASCMD within the answer, or the HTTP status where there is none.
func (s said) code() string {
	if s.status == http.StatusOK && s.body != nil {
		for _, c := range s.body.Children {
			if c.Tag.Name() == "Status" {
				return c.Value()
			}
		}
	}
	return http.StatusText(s.status) + map[int]string{449: "449"}[s.status]
}

func (p *handset) request(ctx context.Context, command string, data []byte) (*http.Request, error) {
	query := url.Values{"Cmd": {command}, "User": {p.user}, "DeviceId": {p.id}, "DeviceType": {p.kind}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"?"+query.Encode(), bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	r.Header = p.header.Clone()
	r.Header.Set("MS-ASProtocolVersion", p.version)
	r.Header.Set("X-MS-PolicyKey", p.key)
	if len(data) > 0 {
		r.Header.Set("Content-Type", wbxml.ContentType)
	}
	if r.Header.Get("Authorization") == "" {
		r.SetBasicAuth(p.user, p.password)
	}
	return r, nil
}

// try sends a command whose sending may fail.
func (p *handset) try(command string, data []byte) (said, error) {
	r, err := p.request(p.t.Context(), command, data)
	if err != nil {
		return said{}, err
	}
	res, err := p.client.Do(r)
	if err != nil {
		return said{}, err
	}
	defer res.Body.Close()
	s := said{status: res.StatusCode, header: res.Header}
	if s.raw, err = io.ReadAll(res.Body); err != nil {
		return s, err
	}
	if res.Header.Get("Content-Type") == wbxml.ContentType && len(s.raw) > 0 {
		s.body, err = wbxml.Parse(s.raw)
	}
	return s, err
}

// send sends a command.
func (p *handset) send(command string, body *wbxml.Node) said {
	p.t.Helper()
	var data []byte
	if body != nil {
		data = body.Encode()
	}
	s, err := p.try(command, data)
	if err != nil {
		p.t.Fatalf("%s: %v", command, err)
	}
	return s
}

func (p *handset) folders() said {
	p.t.Helper()
	return p.send("FolderSync", wbxml.Elem(wbxml.FolderHierarchyFolderSync, wbxml.Leaf(wbxml.FolderHierarchySyncKey, "0")))
}

// sync asks for the mail of the inbox.
func (p *handset) sync(key string) said {
	p.t.Helper()
	return p.send("Sync", wbxml.Elem(wbxml.AirSyncSync, wbxml.Elem(wbxml.AirSyncCollections, wbxml.Elem(wbxml.AirSyncCollection,
		wbxml.Leaf(wbxml.AirSyncSyncKey, key), wbxml.Leaf(wbxml.AirSyncCollectionId, "inbox")))))
}

// provisionRequest is the first phase, with what the device says of itself: from 14.1 on it must say something.
func provisionRequest(facts ...*wbxml.Node) *wbxml.Node {
	if len(facts) == 0 {
		facts = []*wbxml.Node{wbxml.Elem(wbxml.SettingsDeviceInformation, wbxml.Elem(wbxml.SettingsSet, wbxml.Leaf(wbxml.SettingsModel, "iPhone16C1")))}
	}
	return wbxml.Elem(wbxml.ProvisionProvision, append(facts, wbxml.Elem(wbxml.ProvisionPolicies,
		wbxml.Elem(wbxml.ProvisionPolicy, wbxml.Leaf(wbxml.ProvisionPolicyType, "MS-EAS-Provisioning-WBXML"))))...)
}

func acknowledgement(key string) *wbxml.Node {
	return wbxml.Elem(wbxml.ProvisionProvision, wbxml.Elem(wbxml.ProvisionPolicies, wbxml.Elem(wbxml.ProvisionPolicy,
		wbxml.Leaf(wbxml.ProvisionPolicyType, "MS-EAS-Provisioning-WBXML"),
		wbxml.Leaf(wbxml.ProvisionPolicyKey, key), wbxml.Leaf(wbxml.ProvisionStatus, "1"))))
}

func wiped() *wbxml.Node {
	return wbxml.Elem(wbxml.ProvisionProvision, wbxml.Elem(wbxml.ProvisionRemoteWipe, wbxml.Leaf(wbxml.ProvisionStatus, "1")))
}

func policyOf(s said) *wbxml.Node {
	return s.body.Child(wbxml.ProvisionPolicies).Child(wbxml.ProvisionPolicy)
}

// provision takes the policy and acknowledges it; it returns the policy.
func (p *handset) provision(facts ...*wbxml.Node) *wbxml.Node {
	p.t.Helper()
	p.key = "0"
	offered := policyOf(p.send("Provision", provisionRequest(facts...)))
	temporary := offered.Child(wbxml.ProvisionPolicyKey).Value()
	final := policyOf(p.send("Provision", acknowledgement(temporary))).Child(wbxml.ProvisionPolicyKey).Value()
	if temporary == "" || final == "" {
		p.t.Fatalf("%s was given the keys %q and %q", p.user, temporary, final)
	}
	p.key = final
	return offered.Child(wbxml.ProvisionData).Child(wbxml.ProvisionEASProvisionDoc)
}

// ping holds a Ping in the background; what it ends with is sent to the channel.
func (p *handset) ping() <-chan said {
	ended := make(chan said, 1)
	frame := wbxml.Elem(wbxml.PingPing, wbxml.Int(wbxml.PingHeartbeatInterval, 600),
		wbxml.Elem(wbxml.PingFolders, wbxml.Elem(wbxml.PingFolder, wbxml.Leaf(wbxml.PingId, "inbox"), wbxml.Leaf(wbxml.PingClass, "Email"))))
	go func() {
		s, err := p.try("Ping", frame.Encode())
		if err != nil {
			s.status = -1
		}
		ended <- s
	}()
	return ended
}

// end waits for the end of a Ping.
func end(t *testing.T, p *handset, ping <-chan said) said {
	t.Helper()
	select {
	case s := <-ping:
		return s
	case <-time.After(wait):
		t.Fatalf("the Ping of %s at %s was not ended", p.user, p.version)
		return said{}
	}
}

// device finds the zone's device of a phone.
func (w *world) device(t *testing.T, p *handset) device.Device {
	t.Helper()
	d, err := find(t, w.Zone, p.id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
