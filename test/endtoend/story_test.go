package endtoend

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/server"
	application "drover/internal/simulate/companion"
	simulated "drover/internal/simulate/handset"
	"drover/internal/simulate/phone"
	"drover/internal/simulate/upstream"
	"drover/test/slapd"
)

// person is a user of the directory who is signed in to the portal.
type person struct {
	m      *field
	name   string
	cookie string
}

// call calls the portal's API and wants success; the answer is read into out, nil for none.
func (p *person) call(method, path string, body, out any) *http.Response {
	p.m.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		p.m.t.Fatal(err)
	}
	if body == nil {
		raw = nil
	}
	r, err := http.NewRequestWithContext(p.m.t.Context(), method, p.m.Device+"/portal/api/v1"+path, bytes.NewReader(raw))
	if err != nil {
		p.m.t.Fatal(err)
	}
	if raw != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Cookie", p.cookie)
	res, err := p.m.Client.Do(r)
	if err != nil {
		p.m.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		p.m.t.Fatalf("%s %s: %s %s (%v)", method, path, res.Status, text, err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			p.m.t.Fatal(err)
		}
	}
	return res
}

func (m *field) signIn(name string) *person {
	m.t.Helper()
	p := &person{m: m, name: name}
	res := p.call(http.MethodPost, "/session", map[string]string{"name": name, "password": slapd.Password}, nil)
	for _, c := range res.Cookies() {
		p.cookie = c.Name + "=" + c.Value
	}
	return p
}

// prove proves once more who it is, for the next act.
func (p *person) prove() {
	p.m.t.Helper()
	p.call(http.MethodPost, "/session/proof", map[string]string{"password": slapd.Password}, nil)
}

// enrol invites a device of one's own in the portal and brings it in with what is to be told of its user.
func (p *person) enrol(row string, life application.Life) *target {
	p.m.t.Helper()
	p.prove()
	var made struct{ Link string }
	p.call(http.MethodPost, "/invitations", nil, &made)
	_, token, _ := strings.Cut(made.Link, "#")
	rules, _ := simulated.Of(row)
	x := &target{set: simulated.New(rules, simulated.Obedient)}
	p.m.comeIn(x, row, application.Options{Invitation: token, Life: life})
	return x
}

// mail sets up the mail account, with the password of the directory.
func (p *person) mail(row string) *target {
	p.m.t.Helper()
	return p.m.mailOf(p.name, slapd.Password, row, simulated.Obedient)
}

// order gives a device of one's own an order in the portal.
func (p *person) order(x *target, k simulated.Order) string {
	p.m.t.Helper()
	p.prove()
	var made struct{ ID string }
	body := map[string]string{"command": string(k)}
	if k == simulated.Message {
		body["text"] = "Please call the help desk."
	}
	p.call(http.MethodPost, "/devices/"+x.id+"/commands", body, &made)
	return made.ID
}

// byShell gives the order on the command line.
func (m *field) byShell(x *target, k simulated.Order) string {
	m.t.Helper()
	args := []string{"command", "send", x.id, string(k), "--reason", "a test", "--json"}
	if k == simulated.Message {
		args = append(args, "--text", "Please call the help desk.")
	}
	env := []string{"DROVER_URL=" + m.Admin, "DROVER_TOKEN=" + m.admin.token, "DROVER_CA=" + m.CA}
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(drover(m.t, m.data, m.db, env, args...)), &made); err != nil {
		m.t.Fatal(err)
	}
	return made.ID
}

// house is a zone with a directory, in which engineers obey another suite than the rest of the staff.
func newHouse(t *testing.T, e sqldb.Engine, box *postbox) *field {
	t.Helper()
	m := newField(t, e, upstream.Options{Password: slapd.Password}, func(c *server.Config) {
		c.SMTP, c.SMTPFrom = "smtp://"+box.address, "drover@example.org"
	})
	m.ask(map[platform.Setting]policy.Value{
		platform.AuditPhoneLog: policy.Bool(true), platform.AuditTextLog: policy.Bool(true), platform.AuditTextBodies: policy.Bool(true),
		platform.AuditFiles: policy.Bool(true), platform.AuditFilePaths: policy.List("/reports"),
		platform.LockDuress: policy.Bool(true), platform.LockDuressAddress: policy.Text("guard@example.org"),
	})
	srv := slapd.Start(t)
	found := m.admin.want(http.MethodPost, "/directories", map[string]any{
		"name": "House", "kind": "ldap", "secret": slapd.Password, "ldap": map[string]any{
			"servers": []string{srv.LDAPS}, "ca": srv.CA, "bindName": slapd.Reader,
			"users": map[string]string{"base": slapd.People}, "groups": map[string]string{"base": slapd.Groups},
		},
	})
	m.admin.want(http.MethodPost, "/directories/"+found["id"].(string)+"/import", nil)
	m.suites()
	return m
}

// suites gives the group engineers the suite of all, and the group staff, of which engineers are a part, one that asks for
// less.
func (m *field) suites() {
	m.t.Helper()
	preset, _ := policy.FindPreset("strict")
	content := policy.Content{Corporate: preset.Content.Corporate.Clone(), Personal: preset.Content.Personal}
	content.Corporate[platform.PasswordMinLength] = policy.Number(5)
	for _, kind := range []platform.Setting{platform.AuditLocation, platform.AuditPhoneLog, platform.AuditTextLog, platform.AuditFiles} {
		content.Corporate[kind] = policy.Bool(false) // what it does not say, the suite of all says
	}
	staff, err := m.Policies.Create(m.t.Context(), system, "suite of the staff", "", policy.Draft{Content: content})
	if err != nil {
		m.t.Fatal(err)
	}
	groups, _ := m.admin.want(http.MethodGet, "/user-groups?limit=100", nil)["items"].([]any)
	assigned := map[string]policy.Suite{"engineers": m.suite, "staff": staff}
	for _, one := range groups {
		g := one.(map[string]any)
		name, _ := g["name"].(string)
		suite, ok := assigned[name]
		if !ok {
			continue
		}
		priority := map[string]int{"engineers": 10, "staff": 1}[name]
		target := policy.Target{Kind: policy.ToGroup, ID: g["id"].(string)}
		if _, err := m.Policies.Assign(m.t.Context(), system, target, suite.ID, priority); err != nil {
			m.t.Fatal(err)
		}
		delete(assigned, name)
	}
	if len(assigned) > 0 {
		m.t.Fatalf("the directory's groups are not there: %v of %v", assigned, groups)
	}
}

// obeys wants a device to fall under a suite by its user's group.
func (m *field) obeys(x *target, suite string) {
	m.t.Helper()
	p := m.admin.want(http.MethodGet, "/devices/"+x.id+"/policy", nil)
	if s, _ := p["suite"].(map[string]any); s["name"] != suite || p["origin"] != "group" {
		m.t.Errorf("%v obeys %v by its %v, want %s by its group", m.detail(x)["platform"], s["name"], p["origin"], suite)
	}
}

// TestTheDevicesOfADirectorysUsers has users of a real directory enrol a phone of every platform of the old system in the
// portal and with their mail accounts. Each obeys its group's suite; orders come from the portal, the API and the command
// line; a call for help reaches a real mail server; and what the phones have told of their users stands in clear nowhere.
func TestTheDevicesOfADirectorysUsers(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		box := newPostbox(t)
		m := newHouse(t, e, box)
		var planted canaries
		life := application.Life{
			Latitude: 48.20849012, Longitude: 16.37208017, Call: application.Call{Number: planted.new()},
			Message: application.Call{Number: planted.new(), Text: planted.new()}, Path: "/reports/" + planted.new() + ".txt", Content: planted.new(),
		}
		keepSyncs(t, m.Zone)
		ann, bob := m.signIn("ann"), m.signIn("bob")
		berry := ann.enrol("blackberry-notifysync", life)
		symbian, android, touchdown := ann.enrol("symbian-s60/s60", life), ann.enrol("android-native/3.0", life), ann.enrol("android-touchdown/2.2", life)
		for _, x := range []*target{berry, symbian, android, touchdown} {
			m.obeys(x, "suite strict")
		}
		mobile := bob.enrol("windows-mobile/professional", life)
		seven, web, apple := bob.mail("windows-phone-7"), bob.mail("webos"), bob.mail("ios/5")
		for _, x := range []*target{mobile, seven, web, apple} {
			m.obeys(x, "suite of the staff")
		}
		for x, name := range map[*target]platform.ID{
			berry: platform.BlackBerry, symbian: platform.SymbianS60, android: platform.AndroidNative, touchdown: platform.AndroidTouchDown,
			mobile: platform.WindowsMobile, seven: platform.WindowsPhone7, web: platform.WebOS, apple: platform.IOS,
		} {
			if got := m.detail(x)["platform"]; got != string(name) {
				t.Errorf("%s is recognised as %v", name, got)
			}
		}
		if stocks, err := m.Journal.Stocks(t.Context(), system, berry.id); err != nil || len(stocks) != 4 {
			t.Errorf("of the BlackBerry's user this is kept: %v (%v)", stocks, err)
		}
		if stocks, err := m.Journal.Stocks(t.Context(), system, mobile.id); err != nil || len(stocks) != 0 {
			t.Errorf("the staff's suite asks for nothing, and this is kept: %v (%v)", stocks, err)
		}
		if err := berry.app.Duress(t.Context()); err != nil {
			t.Fatal(err)
		}
		duress(t, m.Zone, box, berry.id)
		m.everyOrder(t, ann, life)
		m.endOf(ann, bob, berry, seven)
		m.fleet()
		inClearNowhere(t, m.world, e, planted)
	})
}

// everyOrder gives one device every order, and another the last, each from the portal, the API and the command line.
func (m *field) everyOrder(t *testing.T, ann *person, life application.Life) {
	for from, give := range map[string]func(*target, simulated.Order) string{"portal": ann.order, "API": m.ordered, "shell": m.byShell} {
		t.Run(from, func(t *testing.T) {
			m.t, m.admin.t = t, t
			x := ann.enrol("android-native/3.0", life)
			for _, k := range []simulated.Order{
				simulated.Message, simulated.Locate, simulated.RequestLog, simulated.UpdateInventory, simulated.Lock, simulated.ClearPasscode,
			} {
				m.answers(x, give(x, k), "done", "done", "delivered", "queued")
				if k == simulated.Lock && !x.set.State().Locked {
					t.Error("it is not locked")
				}
			}
			for _, k := range []simulated.Order{simulated.WipeCard, simulated.SelectiveWipe} {
				m.answers(x, give(x, k), "done", "done", "acknowledged", "delivered", "queued")
			}
			m.stands(x, simulated.State{Mail: true, Own: true, Encrypted: true})
			last := ann.enrol("android-native/3.0", life)
			m.answers(last, give(last, simulated.FullWipe), "done", "done", "acknowledged", "delivered", "queued")
			m.stands(last, simulated.State{Card: true, CardMail: true})
			m.state(last, "wiped")
		})
	}
	m.t, m.admin.t = t, t
}

// endOf loses two phones: an administrator erases the BlackBerry, and its user the Windows Phone by the mail account. The
// users see both in the portal.
func (m *field) endOf(ann, bob *person, berry, seven *target) {
	m.t.Helper()
	m.take(berry, simulated.FullWipe, all(account, mails, card, locked), "storage card")
	id := bob.order(seven, simulated.FullWipe)
	<-seven.over
	m.followed(id, seven, "activesync", []string{"done", "acknowledged", "delivered", "queued"})
	m.stands(seven, simulated.State{})
	for x, p := range map[*target]*person{berry: ann, seven: bob} {
		var list struct{ Items []struct{ ID, State string } }
		p.call(http.MethodGet, "/devices", nil, &list)
		if !slices.ContainsFunc(list.Items, func(d struct{ ID, State string }) bool { return d.ID == x.id && d.State == "wiped" }) {
			m.t.Errorf("%s does not see that a device was wiped: %+v", p.name, list.Items)
		}
	}
}

// fleet has phones live by themselves that have both a mail client and an application, each as one device: every one is
// shown a message by its application, and all are erased, which ends both.
func (m *field) fleet() {
	m.t.Helper()
	rows := []string{"blackberry-notifysync", "symbian-s60/mail-only", "android-native/2.2", "android-touchdown/2.2", "windows-mobile/standard", "ios/5"}
	counted := newSightings()
	phones, err := phone.New(phone.Options{
		URL: m.Device, Roots: trust(m.t, m.CA), Count: len(rows), UserPattern: "u10%d", Password: slapd.Password, Seed: "fleet",
		Model: func(n int) phone.Model {
			model, _ := phone.Find(rows[n-1])
			return model
		},
		Speaks:  func(int) phone.Speaks { return phone.ByBoth },
		Observe: counted.note,
	})
	if err != nil {
		m.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(m.t.Context(), 4*wait)
	defer cancel()
	ended := make(chan phone.Report, 1)
	go func() { ended <- phones.Run(ctx) }()
	until(m.t, "all hold a Ping and have their applications", func() bool {
		return phones.Holding() == len(rows) && counted.phones(phone.Enrolled, 1) == len(rows)
	})
	devices := make([]*target, len(rows))
	for i, name := range phones.DeviceIDs() {
		d, err := find(m.t, m.Zone, name)
		if err != nil {
			m.t.Fatal(err)
		}
		devices[i] = &target{id: d.ID, set: phones.Handset(i + 1)}
		m.ordered(devices[i], simulated.Message)
	}
	until(m.t, "all have shown the message", func() bool { return counted.phones(phone.Answered, 1) == len(rows) })
	for _, x := range devices {
		m.ordered(x, simulated.FullWipe)
	}
	report := <-ended
	if report.Events[phone.Wiped] != len(rows) || report.Events[phone.Failed] > 0 {
		m.t.Errorf("the fleet tells %v, %s", report.Events, report.LastError)
	}
	for i, x := range devices {
		m.state(x, "wiped")
		if s := x.set.State(); s.Mail {
			m.t.Errorf("%s is left as %+v", rows[i], s)
		}
	}
}
