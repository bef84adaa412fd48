package endtoend

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
	"drover/internal/core/enrol"
	"drover/internal/core/journal"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/server/zonetest"
	application "drover/internal/simulate/companion"
	simulated "drover/internal/simulate/handset"
	"drover/internal/simulate/phone"
	"drover/internal/simulate/upstream"
)

// field is a zone with one administrator, in which the devices of a matrix stand.
type field struct {
	*world
	t     *testing.T
	admin *administrator
	users int
}

func newField(t *testing.T, e sqldb.Engine, o upstream.Options, changes ...zonetest.Change) *field {
	t.Helper()
	m := &field{world: newWorld(t, e, o, changes...), t: t}
	m.admin = m.administrator(t, "olga")
	roomy(t, m.world)
	m.ask(map[platform.Setting]policy.Value{
		platform.PasswordRequired: policy.Bool(true), platform.EncryptDevice: policy.Bool(true), platform.AuditLocation: policy.Bool(true),
		platform.AuditLocationExact: policy.Bool(true), platform.AuditDeviceLog: policy.Bool(true),
	})
	return m
}

// ask changes what the policy asks for.
func (m *field) ask(settings map[platform.Setting]policy.Value) {
	m.t.Helper()
	now, err := m.Policies.Version(m.t.Context(), system, m.suite.ID, m.suite.Version)
	if err != nil {
		m.t.Fatal(err)
	}
	c := policy.Content{Corporate: now.Content.Corporate.Clone(), Personal: now.Content.Personal}
	maps.Copy(c.Corporate, settings)
	v, err := m.Policies.Edit(m.t.Context(), system, m.suite.ID, m.suite.Version, policy.Draft{Content: c})
	if err != nil {
		m.t.Fatal(err)
	}
	m.suite.Version = v.Number
}

// target is one simulated device, and where the zone has it.
type target struct {
	id   string
	set  *simulated.Handset
	app  *application.App    // nil where it has none
	stop func() phone.Report // ends the mail client; nil where it has none
	over chan struct{}       // closed when the mail client has ended
}

func (m *field) user() string {
	m.users++
	return fmt.Sprintf("user%d", m.users)
}

// withApp brings a device in by its application alone.
func (m *field) withApp(row string, manner simulated.Manner) *target {
	m.t.Helper()
	rules, ok := simulated.Of(row)
	if !ok {
		m.t.Fatalf("nothing is known of %s", row)
	}
	u, err := m.Users.Add(m.t.Context(), system, directory.Draft{Name: m.user()})
	if err != nil {
		m.t.Fatal(err)
	}
	x := &target{set: simulated.New(rules, manner)}
	m.enrol(x, row, u.ID, "")
	return x
}

// enrol brings an application in, by an invitation, and has it obey.
func (m *field) enrol(x *target, row, owner, mail string) {
	m.t.Helper()
	_, token, err := m.Enrol.Invite(m.t.Context(), system, enrol.Draft{Owner: owner, Uses: 1, Life: time.Hour})
	if err != nil {
		m.t.Fatal(err)
	}
	m.comeIn(x, row, application.Options{Invitation: token, ActiveSync: mail})
}

// comeIn brings an application in with what the options say of its proof.
func (m *field) comeIn(x *target, row string, o application.Options) {
	m.t.Helper()
	model, err := phone.Find(row)
	if err != nil {
		m.t.Fatal(err)
	}
	o.URL, o.Client, o.Handset = m.Device, m.Client, x.set
	o.Facts = application.Facts{Model: model.Name, OS: model.OS, DeviceType: model.DeviceType, UserAgent: model.UserAgent}
	if x.app, err = application.New(o); err == nil {
		err = x.app.Begin(m.t.Context())
	}
	if err != nil {
		m.t.Fatalf("%s does not come in: %v", row, err)
	}
	x.id = x.app.Device()
}

// withMail brings a device of a new user in by ActiveSync alone.
func (m *field) withMail(row string, manner simulated.Manner) *target {
	m.t.Helper()
	return m.mailOf(m.user(), "secret", row, manner)
}

// mailOf brings a user's device in by ActiveSync alone, and waits until it holds a Ping.
func (m *field) mailOf(user, password, row string, manner simulated.Manner) *target {
	m.t.Helper()
	model, err := phone.Find(row)
	if err != nil {
		m.t.Fatal(err)
	}
	fleet, err := phone.New(phone.Options{
		URL: m.Device, Roots: trust(m.t, m.CA), Count: 1, UserPattern: user, Password: password, Seed: user,
		Model: func(int) phone.Model { return model }, Manner: func(int) simulated.Manner { return manner },
	})
	if err != nil {
		m.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	x := &target{set: fleet.Handset(1), over: make(chan struct{})}
	var report phone.Report
	go func() {
		defer close(x.over)
		report = fleet.Run(ctx)
	}()
	x.stop = func() phone.Report {
		cancel()
		<-x.over
		return report
	}
	m.t.Cleanup(func() { x.stop() })
	until(m.t, row+" holds a Ping", func() bool { return fleet.Holding() == 1 })
	d, err := find(m.t, m.Zone, fleet.DeviceIDs()[0])
	if err != nil {
		m.t.Fatal(err)
	}
	x.id = d.ID
	return x
}

// join brings an application in beside the mail client.
func (m *field) join(x *target, row string) {
	m.t.Helper()
	d, err := m.Devices.Get(m.t.Context(), system, x.id)
	if err != nil {
		m.t.Fatal(err)
	}
	m.enrol(x, row, d.Owner, d.EASID)
	if x.id != d.ID {
		m.t.Errorf("%s is two devices, %s and %s", row, d.ID, x.id)
	}
}

// stands compares what is on the device.
func (m *field) stands(x *target, want simulated.State) {
	m.t.Helper()
	if got := x.set.State(); got != want {
		m.t.Errorf("the device is left as\n%+v, stated is\n%+v", got, want)
	}
}

// detail reads the device's page.
func (m *field) detail(x *target) map[string]any {
	m.t.Helper()
	return m.admin.want(http.MethodGet, "/devices/"+x.id, nil)
}

func (m *field) state(x *target, want string) {
	m.t.Helper()
	if got := m.detail(x)["state"]; got != want {
		m.t.Errorf("the device is %v, want %s", got, want)
	}
}

// said returns what the device's page says of an order, and whether it can be given.
func (m *field) said(x *target, k simulated.Order) (words string, available bool) {
	m.t.Helper()
	list, _ := m.detail(x)["capabilities"].([]any)
	for _, one := range list {
		c, _ := one.(map[string]any)
		if c["kind"] == string(k) {
			available, _ = c["available"].(bool)
			return fmt.Sprint(c["removes"], " ", c["leaves"], " ", c["caveat"], " ", c["reason"]), available
		}
	}
	m.t.Fatalf("the device's page says nothing of %s", k)
	return "", false
}

func (m *field) order(x *target, k simulated.Order) (*http.Response, []byte) {
	m.t.Helper()
	draft := map[string]any{"kind": string(k), "reason": "a test"}
	if k == simulated.Message {
		draft["text"] = "Please call the help desk."
	}
	return m.admin.call(http.MethodPost, "/devices/"+x.id+"/commands", draft)
}

// ordered orders something and returns the order's id.
func (m *field) ordered(x *target, k simulated.Order) string {
	m.t.Helper()
	res, text := m.order(x, k)
	var made struct{ ID string }
	if err := json.Unmarshal(text, &made); err != nil || res.StatusCode != http.StatusCreated {
		m.t.Fatalf("%s: %s %s", k, res.Status, text)
	}
	return made.ID
}

// refuse wants an order to be refused, on the page beforehand and when it is given, with nothing of it left behind.
func (m *field) refuse(x *target, k simulated.Order, words string) {
	m.t.Helper()
	before := x.set.State()
	if said, available := m.said(x, k); available || !strings.Contains(said, words) {
		m.t.Errorf("%s: the page says %q, available %v; stated is %q", k, said, available, words)
	}
	res, text := m.order(x, k)
	var p struct{ Code, Detail string }
	if err := json.Unmarshal(text, &p); err != nil || res.StatusCode != http.StatusConflict || p.Code != "command.refused" ||
		len(p.Detail) < 20 || !strings.Contains(p.Detail, words) {
		m.t.Errorf("%s: %s %s; stated is %q", k, res.Status, text, words)
	}
	if list := m.admin.want(http.MethodGet, "/devices/"+x.id+"/commands", nil)["items"].([]any); slices.ContainsFunc(list, func(one any) bool {
		return one.(map[string]any)["kind"] == string(k)
	}) {
		m.t.Errorf("%s was refused and is among the device's commands", k)
	}
	if x.app != nil {
		if taken, err := x.app.Take(m.t.Context()); taken != nil || err != nil {
			m.t.Errorf("%s was refused, and the device took %+v (%v)", k, taken, err)
		}
	}
	m.stands(x, before)
}

// take orders something that can be done and follows it to its end.
func (m *field) take(x *target, k simulated.Order, change left, words string) {
	m.t.Helper()
	want := x.set.State()
	change(&want)
	if said, available := m.said(x, k); !available || !strings.Contains(said, words) {
		m.t.Errorf("%s: the page says %q, available %v; stated is %q", k, said, available, words)
	}
	id := m.ordered(x, k)
	wipes := k == simulated.FullWipe || k == simulated.SelectiveWipe
	steps := []string{"done", "delivered", "queued"}
	if wipes || k == simulated.WipeCard {
		steps = []string{"done", "acknowledged", "delivered", "queued"}
	}
	if wipes && x.stop != nil {
		select {
		case <-x.over:
		case <-time.After(wait):
			m.t.Fatalf("%s did not reach the mail client", k)
		}
		m.followed(id, x, "activesync", steps)
	} else {
		m.answers(x, id, "done", steps...)
	}
	m.stands(x, want)
	if k == simulated.Message && !slices.Contains(x.app.Shown(), "Please call the help desk.") {
		m.t.Error("the message was not shown")
	}
	if !wipes {
		m.state(x, "active")
		return
	}
	m.state(x, "wiped")
	if x.app != nil {
		m.keptOut(x)
	}
}

// answers has the application take an order, and follows it.
func (m *field) answers(x *target, id, state string, steps ...string) {
	m.t.Helper()
	taken, err := x.app.Take(m.t.Context())
	if taken == nil || taken.ID != id || taken.State != state || err != nil && err != application.ErrHalted {
		m.t.Fatalf("the application made of the order %+v (%v), want %q", taken, err, state)
	}
	m.followed(id, x, "companion", steps)
}

// followed wants a command to have gone through steps, told latest first, and the audit log to tell the same.
func (m *field) followed(id string, x *target, channel string, steps []string) {
	m.t.Helper()
	c := m.admin.want(http.MethodGet, "/commands/"+id, nil)
	var went []string
	for _, one := range c["steps"].([]any) {
		went = append(went, one.(map[string]any)["state"].(string))
	}
	slices.Reverse(went)
	if c["state"] != steps[0] || c["channel"] != channel || c["detail"] == "" || !slices.Equal(went, steps) {
		m.t.Errorf("%v is %v over %v by the steps %v, %q; want %v over %s", c["kind"], c["state"], c["channel"], went, c["detail"], steps, channel)
	}
	var told []string
	for _, one := range m.admin.want(http.MethodGet, "/devices/"+x.id+"/audit?limit=200", nil)["items"].([]any) {
		r := one.(map[string]any)
		action := r["action"].(string)
		if subject, _ := r["subject"].(map[string]any); subject["id"] == id && strings.HasPrefix(action, "command.") {
			told = append(told, strings.TrimPrefix(action, "command."))
		}
	}
	want := append(slices.Clone(steps[:len(steps)-1]), "requested")
	if !slices.Equal(told, want) {
		m.t.Errorf("%v: the audit log tells %v, want %v", c["kind"], told, want)
	}
}

// keptOut wants a device that was told to erase itself to come back neither by its key nor by a new one.
func (m *field) keptOut(x *target) {
	m.t.Helper()
	if err := x.app.CheckIn(m.t.Context()); err == nil {
		m.t.Error("a wiped device is served by its key")
	}
}

// log reads the device's log as an administrator does.
func (m *field) log(x *target) string {
	m.t.Helper()
	officer := coretest.Admin([]scope.Right{scope.UserPersonalRead, scope.AuditRead})
	query := journal.Query{Device: x.id, Kind: journal.DeviceLog}
	query.Limit = 10
	p, err := m.Privacy.Entries(m.t.Context(), officer, query, "a test")
	if err != nil {
		m.t.Fatal(err)
	}
	var all bytes.Buffer
	for _, one := range p.Items {
		all.Write(one.Body)
	}
	return all.String()
}
