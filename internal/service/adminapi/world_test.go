package adminapi

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1" // RFC 6238's default
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"drover/api/adminv1"
	"drover/internal/base/blob"
	"drover/internal/base/logfile"
	"drover/internal/base/sqldb"
	"drover/internal/core/access"
	"drover/internal/core/admin"
	"drover/internal/core/audit"
	"drover/internal/core/command"
	"drover/internal/core/compliance"
	"drover/internal/core/computer"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/door"
	"drover/internal/core/door/doortest"
	"drover/internal/core/enrol"
	"drover/internal/core/event"
	"drover/internal/core/inventory"
	"drover/internal/core/journal"
	"drover/internal/core/logbook"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/privacy"
	"drover/internal/core/release"
	"drover/internal/core/report"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/core/script"
	"drover/internal/core/selfservice"
	"drover/internal/core/spool"
	"drover/internal/core/upstream"
	"drover/internal/gate"
)

const password = "correct horse battery"

// system is the caller for what a test arranges behind the API's back.
var system = scope.System("test")

// world is the API over a whole core, behind a real gate.
type world struct {
	*coretest.Ground
	*API
	gate *gate.Gate
	sign ed25519.PrivateKey
	logs bytes.Buffer
}

// fleet shows devices to package command, as the server does.
type fleet struct{ *device.Store }

func (f fleet) Targets(ctx context.Context, q sqldb.Querier, s scope.Scope, ids []string) ([]command.Target, error) {
	list, err := f.Within(ctx, q, s, ids)
	return each(list, func(d device.Device) command.Target {
		return command.Target{
			ID: d.ID, Owner: d.Owner, Name: d.Name, Facts: d.PlatformFacts(), Wiped: d.State == device.Wiped,
			Reach: platform.Reach{Channels: []platform.Channel{platform.ActiveSync}, ActiveSync: platform.ParseVersion(d.Protocol)},
		}
	}), err
}

// Switches knows no policy: what orders go by is tested where they are given.
func (fleet) Switches(context.Context, string) (map[platform.Setting]bool, error) { return nil, nil }

// plainRenderer sends every setting under its key: the wire form is tested where it is made.
type plainRenderer struct{}

func (plainRenderer) Channel() platform.Channel { return platform.ActiveSync }

func (plainRenderer) Render(e *policy.Effective, v platform.Version) ([]byte, []policy.Sent, error) {
	var sent []policy.Sent
	for _, d := range policy.Catalogue() {
		if d.Carried(v) && !d.Gateway() {
			sent = append(sent, policy.Sent{Setting: d.Key, Element: d.Element, Text: e.Value(d.Key).String()})
		}
	}
	return nil, sent, nil
}

var errNoEnrolment = errors.New("no device enrols by itself here")

// everything is a policy that asks for all personal data.
type everything struct{}

func (everything) Asks(context.Context, string, journal.Kind) (journal.Ask, error) {
	return journal.Ask{Wanted: true, Bodies: true, Exact: true, Paths: []string{"/"}}, nil
}

// onBoth runs fn in a world on each engine.
func onBoth(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) { fn(t, newWorld(t, g)) })
}

func newWorld(t *testing.T, g *coretest.Ground) *world {
	t.Helper()
	w := &world{Ground: g}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.sign = private
	d := Deps{
		Log: slog.New(slog.NewTextHandler(&w.logs, nil)), Clock: g.Clock, Bus: g.Bus, Zone: g.Zone, Audit: g.Log, AuditKey: public,
		AuditHeads: func() ([]audit.Head, int, error) { return nil, 0, nil },
		Answers:    func(context.Context, int) bool { return false },
		AuditSinks: func() []audit.SinkHealth { return []audit.SinkHealth{{Name: "file", OK: true}} },
		Expiring: func(context.Context) ([]Certificate, error) {
			return []Certificate{{Name: "the listener's", Expires: stamp(coretest.Start)}}, nil
		},
		Version: "0.1",
	}
	d.Safety = g.Safety
	d.Directory = directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, d.Safety)
	d.Devices = device.New(device.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: d.Directory, Safety: d.Safety,
	})
	d.Policies = policy.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision)
	d.Renderers = &policy.Registry{}
	d.Renderers.Register(plainRenderer{})
	d.Directory.Follow(d.Devices)
	d.Directory.Follow(d.Policies)
	d.Policies.Bind(d.Devices, d.Directory)
	d.Devices.Follow(d.Policies)
	d.Admins = admin.New(admin.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Safety: d.Safety, Keys: g.Keys, Bus: g.Bus, Slog: d.Log,
		Enrolled: d.Devices.Any, Tell: func(string, string) {},
	})
	d.Commands = command.New(g.DB, g.Clock, g.Log, d.Safety, fleet{d.Devices}, g.Keys, g.Bus)
	d.Upstreams = upstream.New(upstream.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Users: d.Directory, Safety: d.Safety})
	d.Directories = directory.NewProviders(directory.ProviderParts{
		Users: d.Directory, Admins: d.Admins, Keys: g.Keys, Log: d.Log, Tell: func(string, string) {}, Mail: d.Upstreams.SignIn,
	})
	d.Selves = selfservice.New(selfservice.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Users: d.Directory, SignIn: d.Directories.Authenticate,
	})
	d.AdminURL = "https://drover.example.org:7443"
	d.Enrol = enrol.New(enrol.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Keys: g.Keys, Bus: g.Bus, Users: d.Directory, Devices: d.Devices,
		SignIn: func(context.Context, netip.Addr, string, string) (directory.User, error) {
			return directory.User{}, errNoEnrolment
		},
		Issuer: func() (enrol.Issuer, error) { return nil, errNoEnrolment },
	})
	d.DeviceURL = "https://drover.example.org"
	d.Doors = door.New(door.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Self: "server-1"})
	lines, err := logfile.Open(filepath.Join(t.TempDir(), "log", "drover.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lines.Close() })
	d.Logbook = logbook.New(logbook.Parts{DB: g.DB, Clock: g.Clock, Zone: g.Zone, Bus: g.Bus, Owners: d.Devices, Lines: lines})
	d.Layers = func(context.Context) (adminv1.SecurityLayers, error) {
		return adminv1.SecurityLayers{Layers: []adminv1.SecurityLayer{}}, nil
	}
	d.Updates = release.New(release.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Running: d.Version})
	d.Inventory = inventory.New(inventory.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Bus: g.Bus, Devices: d.Devices})
	d.Computers = computer.New(computer.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Keys: g.Keys, Devices: d.Devices})
	d.Scripts = script.New(script.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Keys: g.Keys, Safety: d.Safety, Devices: d.Devices,
	})
	blobs, err := blob.Open(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	d.Spool = spool.New(spool.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Keys: g.Keys, Blobs: blobs, Devices: d.Devices, Self: "server-1"})
	d.AgentEvents = event.New(event.Parts{DB: g.DB, Clock: g.Clock, Bus: g.Bus})
	d.Reports = report.New(report.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Devices: d.Devices, Inventory: d.Inventory, Admins: d.Admins})
	d.Compliance = compliance.New(compliance.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Devices: d.Devices, Users: d.Directory,
		Commands: d.Commands,
	})
	d.Journal = journal.New(journal.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Keys: g.Keys, Policy: everything{}})
	d.Privacy = privacy.New(privacy.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Keys: g.Keys, Journal: d.Journal, Devices: d.Devices, Users: d.Directories})
	d.Access = access.New(access.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Devices: d.Devices, Users: d.Directory,
		Compliance: d.Compliance,
	})
	d.Effective = func(ctx context.Context, x device.Device) (*policy.Effective, error) {
		return d.Policies.EffectiveFor(ctx, policy.DeviceRef{Device: x.ID, User: x.Owner, Liability: x.Liability})
	}
	if err := d.Admins.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.API = New(d)
	routes, err := w.Routes()
	if err != nil {
		t.Fatal(err)
	}
	w.gate, err = gate.New(gate.Options{
		Routes: routes, Doors: doortest.Doors{}, Authenticators: map[gate.Audience]gate.Authenticator{gate.AudienceAdmin: w.Authenticate},
		Log: d.Log, Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// person makes an administrator and returns how to compute the person's one-time codes.
func (w *world) person(t *testing.T, name string, grants ...admin.Grant) (admin.Admin, []byte) {
	t.Helper()
	if len(grants) == 0 {
		grants = []admin.Grant{{Role: admin.Owner}}
	}
	x, uri, err := w.Admins.CreateAtShell(t.Context(), name, "", grants, password)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	if err != nil {
		t.Fatal(err)
	}
	return x, secret
}

// code is the one-time code of this moment (RFC 6238); the clock moves on so that each is fresh.
func (w *world) code(secret []byte) string {
	w.Clock.Advance(30 * time.Second)
	m := hmac.New(sha1.New, secret)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(w.Clock.Now().Unix()/30)))
	sum := m.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[len(sum)-1]&0x0f:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1_000_000)
}

// client calls the API as somebody.
type client struct {
	t              *testing.T
	w              *world
	token, cookie  string
	id             string
	header         http.Header
	lastSetCookies []*http.Cookie
}

// by is somebody with an API token of all the rights of the grants.
func (w *world) by(t *testing.T, name string, grants ...admin.Grant) *client {
	t.Helper()
	if len(grants) == 0 {
		grants = []admin.Grant{{Role: admin.Owner}}
	}
	x, _, err := w.Admins.Create(t.Context(), system, name, "", grants)
	if err != nil {
		t.Fatal(err)
	}
	// The account is never signed in to, so it gets no password: a slow hash for each would be most of the test's time.
	err = w.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE admin SET state = 'active' WHERE id = $1", x.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := w.Admins.CreateToken(t.Context(), system, admin.Draft{Admin: x.ID, Label: "test", Life: time.Hour}, safety.Proof{})
	if err != nil {
		t.Fatal(err)
	}
	return &client{t: t, w: w, token: secret, id: x.ID}
}

// with returns the client with one more header.
func (c *client) with(name, value string) *client {
	d := *c
	d.header = c.header.Clone()
	if d.header == nil {
		d.header = make(http.Header)
	}
	d.header.Set(name, value)
	return &d
}

// got is an answer.
type got struct {
	t      *testing.T
	call   string
	status int
	header http.Header
	body   []byte
}

func (c *client) do(method, path string, body any) *got {
	c.t.Helper()
	var sent io.Reader
	kind := "application/json"
	switch b := body.(type) {
	case nil:
	case string:
		sent = bytes.NewBufferString(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		sent = bytes.NewReader(raw)
	}
	r := httptest.NewRequestWithContext(c.t.Context(), method, Base+path, sent)
	if sent != nil {
		r.Header.Set("Content-Type", kind)
	}
	for name, values := range c.header {
		r.Header[name] = values
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.cookie != "" {
		r.AddCookie(&http.Cookie{Name: CookieName, Value: c.cookie})
	}
	rec := httptest.NewRecorder()
	c.w.gate.Admin().ServeHTTP(rec, r)
	c.lastSetCookies = rec.Result().Cookies()
	return &got{c.t, method + " " + path, rec.Code, rec.Header(), rec.Body.Bytes()}
}

func (g *got) want(status int) *got {
	g.t.Helper()
	if g.status != status {
		g.t.Fatalf("%s answered %d, want %d: %s", g.call, g.status, status, g.body)
	}
	return g
}

// refusedWith asserts a problem.
func (g *got) refusedWith(status int, code string) adminv1.Problem {
	g.t.Helper()
	g.want(status)
	p := decode[adminv1.Problem](g)
	if p.Code != code || p.Status != status || g.header.Get("Content-Type") != "application/problem+json" {
		g.t.Fatalf("%s: %s %+v, want the problem %s", g.call, g.header.Get("Content-Type"), p, code)
	}
	return p
}

func decode[T any](g *got) T {
	g.t.Helper()
	var v T
	if err := json.Unmarshal(g.body, &v); err != nil {
		g.t.Fatalf("%s: %v in %s", g.call, err, g.body)
	}
	return v
}

// phone enrols a phone of a user, who is made when needed.
func (w *world) phone(t *testing.T, user, name string) device.Device {
	t.Helper()
	u, err := w.Directory.Admit(t.Context(), scope.System("activesync"), user, "", true)
	if err != nil {
		t.Fatal(err)
	}
	k, err := w.Devices.Contact(t.Context(), scope.System("activesync"), device.Hello{
		Owner: u, EASID: fmt.Sprintf("%x", name), Enrol: true, Facts: device.Facts{DeviceType: "iPhone", UserAgent: "Apple-iPhone14C3/2103.66", Protocol: "14.1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := w.Devices.Edit(t.Context(), system, k.Device.ID, k.Device.Version, device.Change{Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// group makes a group of devices.
func (w *world) group(t *testing.T, name string, devices ...string) string {
	t.Helper()
	g, err := w.Devices.AddGroup(t.Context(), system, name, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(devices) > 0 {
		if err := w.Devices.AddMembers(t.Context(), system, g.ID, devices...); err != nil {
			t.Fatal(err)
		}
	}
	return g.ID
}
