package computer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/agent"
	"drover/api/agentv1"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/computer"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

var system = scope.System("test")

// world is a zone with one computer, which is ann's.
type world struct {
	*coretest.Ground
	users    *directory.Store
	devices  *device.Store
	store    *computer.Store
	computer device.Device
	caller   scope.Caller
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		w := &world{Ground: g, users: directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)}
		w.devices = device.New(device.Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: w.users, Safety: g.Safety,
		})
		w.users.Follow(w.devices)
		w.store = computer.New(computer.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Keys: g.Keys, Devices: w.devices})
		ann, err := w.users.Add(t.Context(), system, directory.Draft{Name: "ann"})
		if err != nil {
			t.Fatal(err)
		}
		if w.computer, err = w.devices.AddComputer(t.Context(), system, "ws-1", ann.ID, device.Corporate); err != nil {
			t.Fatal(err)
		}
		w.caller = scope.Caller{Kind: scope.Device, ID: w.computer.ID}
		fn(t, w)
	})
}

func (w *world) kept(t *testing.T, body string) computer.Version {
	t.Helper()
	v, err := w.store.Kept(t.Context(), w.caller, w.computer.ID, agentv1.KindPolicies, "of "+body, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (w *world) status(change func(*agentv1.Status)) agentv1.Status {
	now := w.Clock.Now().Format(time.RFC3339)
	s := agentv1.Status{
		ID: strings.Repeat("s", 20), Made: now, Agent: "1.2.3", Revision: "r1",
		Settings: []agentv1.SettingState{
			{Setting: agentv1.FirewallEnabled, State: agentv1.StateMet, At: now},
			{Setting: agentv1.AdminsAllowed, State: agentv1.StateViolated, Found: "ann, bob", Reason: "bob may not", At: now},
		},
	}
	change(&s)
	return s
}

func same(*agentv1.Status) {}

func (w *world) report(t *testing.T, s agentv1.Status) error {
	t.Helper()
	return w.store.Report(t.Context(), w.caller, w.computer.ID, w.computer.Owner, s)
}

// What says the same keeps its version until a third of its life is over; versions rise, also when the clock goes back.
func TestVersionsRiseWhenADocumentSaysSomethingElse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.kept(t, "a")
		if first.Number != sqldb.Micros(w.Clock.Now()) || first.Expires.Sub(first.Made) != 72*time.Hour {
			t.Errorf("%+v", first)
		}
		w.Clock.Advance(23 * time.Hour)
		if again := w.kept(t, "a"); again != first {
			t.Errorf("%+v, was %+v", again, first)
		}
		w.Clock.Advance(2 * time.Hour)
		renewed := w.kept(t, "a")
		if renewed.Number <= first.Number || !renewed.Expires.After(first.Expires) {
			t.Errorf("%+v, was %+v", renewed, first)
		}
		second := w.kept(t, "b")
		third := w.kept(t, "c") // at the same moment
		if second.Number <= renewed.Number || third.Number != second.Number+1 {
			t.Errorf("%d, %d, %d", renewed.Number, second.Number, third.Number)
		}
		w.Clock.Advance(-48 * time.Hour) // as after a restore, with a wrong clock
		if fourth := w.kept(t, "c"); fourth.Number != third.Number+1 {
			t.Errorf("%d after %d", fourth.Number, third.Number)
		}
	})
}

// A computer that was retired and is readmitted is told everything anew, and so tells how it stands: until then it is pending.
func TestAComputerThatIsReadmittedIsToldAnew(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.devices.OnReturn(w.store.Returned)
		first := w.kept(t, "a")
		gate := coretest.Admin([]scope.Right{scope.DeviceRemove, scope.DeviceReadmit})
		if err := w.devices.Retire(t.Context(), gate, w.computer.ID, ""); err != nil {
			t.Fatal(err)
		}
		if err := w.devices.Readmit(t.Context(), gate, w.computer.ID, ""); err != nil {
			t.Fatal(err)
		}
		if again := w.kept(t, "a"); again.Number <= first.Number || again.Revision != first.Revision {
			t.Errorf("told %+v, was %+v", again, first)
		}
	})
}

// Many servers make the same document at once: none gives two answers the same version that say something else.
func TestNoTwoDocumentsHaveOneVersion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		type made struct {
			body string
			v    computer.Version
			err  error
		}
		got := make(chan made)
		const servers = 8
		for i := range servers {
			go func() {
				body := fmt.Sprint("body ", i%4)
				v, err := w.store.Kept(t.Context(), w.caller, w.computer.ID, agentv1.KindSettings, "", []byte(body))
				got <- made{body, v, err}
			}()
		}
		bodies := map[int64]string{}
		for range servers {
			m := <-got
			if problem.Is(m.err, problem.Unavailable) {
				continue
			}
			if m.err != nil {
				t.Fatal(m.err)
			}
			if other, there := bodies[m.v.Number]; there && other != m.body {
				t.Errorf("version %d is %q and %q", m.v.Number, other, m.body)
			}
			bodies[m.v.Number] = m.body
		}
	})
}

func TestAStatusIsKeptSettingBySetting(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if _, err := w.store.Standing(t.Context(), system, w.computer.ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("before the first word: %v", err)
		}
		w.kept(t, "a")
		if err := w.report(t, w.status(same)); err != nil {
			t.Fatal(err)
		}
		x, err := w.store.Standing(t.Context(), system, w.computer.ID)
		if err != nil || x.Agent != "1.2.3" || x.Revision != "r1" || x.Sent != "of a" || len(x.Settings) != 2 {
			t.Fatalf("%+v %v", x, err)
		}
		admins := x.Settings[platform.AdminsAllowed]
		if !admins.Broken() || admins.Found != "ann, bob" || admins.Reason != "bob may not" || !admins.At.Equal(w.Clock.Now()) {
			t.Errorf("%+v", admins)
		}
		d, err := w.devices.Get(t.Context(), system, w.computer.ID)
		if err != nil || d.State != device.Active || d.PolicyState != device.PolicyPartial {
			t.Errorf("%+v %v", d, err)
		}
		w.Clock.Advance(time.Hour)
		met := w.status(func(s *agentv1.Status) { s.Settings = s.Settings[:1] })
		if err := w.report(t, met); err != nil {
			t.Fatal(err)
		}
		if d, err = w.devices.Get(t.Context(), system, w.computer.ID); err != nil || d.PolicyState != device.PolicyAcknowledged {
			t.Errorf("%s %v", d.PolicyState, err)
		}
		old := w.status(func(s *agentv1.Status) { s.Made = w.Clock.Now().Add(-time.Minute).Format(time.RFC3339) })
		if err := w.report(t, old); err != nil {
			t.Fatal(err)
		}
		if x, err = w.store.Standing(t.Context(), system, w.computer.ID); err != nil || len(x.Settings) != 1 {
			t.Errorf("what came late is %+v %v", x, err)
		}
	})
}

// A server whose clock was a year ahead for a while has agents, which follow it, date what they tell so. That keeps nothing out once
// the clock is right.
func TestAStatusOfAClockThatWasAheadGivesWay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		right := w.Clock.Now()
		w.Clock.Advance(365 * 24 * time.Hour)
		if err := w.report(t, w.status(same)); err != nil {
			t.Fatal(err)
		}
		w.Clock.Set(right.Add(time.Hour))
		if err := w.report(t, w.status(func(s *agentv1.Status) { s.Agent = "1.2.4" })); err != nil {
			t.Fatal(err)
		}
		if x, err := w.store.Standing(t.Context(), system, w.computer.ID); err != nil || x.Agent != "1.2.4" {
			t.Errorf("%+v %v", x, err)
		}
	})
}

// What was found may name people: it is nowhere in clear, and gone with its owner's key.
func TestWhatWasFoundIsSealed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if err := w.report(t, w.status(same)); err != nil {
			t.Fatal(err)
		}
		row, err := sqldb.One(t.Context(), w.DB, func(r sqldb.Row) ([]byte, error) {
			var told string
			var words []byte
			err := r.Scan(&told, &words)
			return append(words, told...), err
		}, "SELECT told, words FROM agent_status WHERE device = $1", w.computer.ID)
		if err != nil || bytes.Contains(row, []byte("bob")) || !bytes.Contains(row, []byte("violated")) {
			t.Errorf("%q %v", row, err)
		}
		err = w.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return w.Keys.Erase(t.Context(), tx, w.computer.Owner) })
		if err != nil {
			t.Fatal(err)
		}
		x, err := w.store.Standing(t.Context(), system, w.computer.ID)
		if err != nil || x.Settings[platform.AdminsAllowed].Found != "" || !x.Settings[platform.AdminsAllowed].Broken() {
			t.Errorf("%+v %v", x, err)
		}
	})
}

func TestAStatusThatNoAgentSendsIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, change := range map[string]func(*agentv1.Status){
			"no time":            func(s *agentv1.Status) { s.Made = "yesterday" },
			"of tomorrow":        func(s *agentv1.Status) { s.Made = w.Clock.Now().Add(time.Hour).Format(time.RFC3339) },
			"another state":      func(s *agentv1.Status) { s.Settings[0].State = "perfect" },
			"too many settings":  func(s *agentv1.Status) { s.Settings = make([]agentv1.SettingState, 201) },
			"too many documents": func(s *agentv1.Status) { s.Documents = make([]agentv1.Held, 5) },
		} {
			if err := w.report(t, w.status(change)); !problem.Is(err, problem.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		strange := w.status(func(s *agentv1.Status) {
			s.Settings = append(s.Settings, agentv1.SettingState{Setting: "of.tomorrow", State: "met", Found: "\x00\xff"})
			s.Settings[1].Found = strings.Repeat("\x00ä", 5000)
		})
		if err := w.report(t, strange); err != nil {
			t.Fatal(err)
		}
		x, err := w.store.Standing(t.Context(), system, w.computer.ID)
		if err != nil || len(x.Settings) != 2 || len(x.Settings[platform.AdminsAllowed].Found) > 600 {
			t.Errorf("%+v %v", x, err)
		}
		other := scope.Caller{Kind: scope.Device, ID: "another"}
		if err := w.store.Report(t.Context(), other, w.computer.ID, w.computer.Owner, w.status(same)); !problem.Is(err, problem.Forbidden) {
			t.Errorf("for another computer: %v", err)
		}
	})
}

func result(n int, change func(*agentv1.Result)) agentv1.Result {
	r := agentv1.Result{
		ID: fmt.Sprintf("result-%013d", n), Order: "order", State: agentv1.ResultDone, Words: "Done by ann.", Made: coretest.Start.Format(time.RFC3339),
	}
	change(&r)
	return r
}

func TestResultsAreKeptOnceAndListedByPage(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var list []agentv1.Result
		for i := range 5 {
			list = append(list, result(i, func(r *agentv1.Result) {
				if i == 4 {
					r.Order, r.Script, r.Exit, r.Output = "", "script", 3, "no\x00 such file"
				}
			}))
		}
		for range 2 {
			if err := w.store.Keep(t.Context(), w.caller, w.computer, list); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for r := (page.Request{Limit: 2}); ; {
			p, err := w.store.Results(t.Context(), system, computer.Filter{Device: w.computer.ID}, r)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range p.Items {
				got = append(got, x.ID)
			}
			if r.After = p.Next; p.Next == "" {
				break
			}
		}
		if len(got) != 5 || got[0] != list[4].ID {
			t.Errorf("%q", got)
		}
		p, err := w.store.Results(t.Context(), system, computer.Filter{Script: "script"}, page.Request{})
		if err != nil || len(p.Items) != 1 || p.Items[0].Exit != 3 || p.Items[0].Output != "no such file" {
			t.Errorf("%+v %v", p, err)
		}
		w.Clock.Advance(91 * 24 * time.Hour)
		if n, err := w.store.Purge(t.Context()); err != nil || n != 5 {
			t.Errorf("%d forgotten, %v", n, err)
		}
	})
}

func TestResultsHaveAForm(t *testing.T) {
	if err := computer.Check(result(1, func(*agentv1.Result) {})); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*agentv1.Result){
		"no id":          func(r *agentv1.Result) { r.ID = "" },
		"a line in it":   func(r *agentv1.Result) { r.ID += "\n" },
		"of nothing":     func(r *agentv1.Result) { r.Order = "" },
		"of both":        func(r *agentv1.Result) { r.Script = "script" },
		"another state":  func(r *agentv1.Result) { r.State = "perhaps" },
		"another reason": func(r *agentv1.Result) { r.Reason = "mood" },
		"long order":     func(r *agentv1.Result) { r.Order = strings.Repeat("x", 65) },
	} {
		if err := computer.Check(result(1, change)); !problem.Is(err, problem.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A code is shown once, to who may remove devices; the agent was told its hash before, and of others after.
func TestCodesAreToldBeforehandAndShownOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if _, err := w.store.ShowCode(t.Context(), system, w.computer.ID); !problem.Is(err, problem.Conflict) {
			t.Errorf("before the agent knows of any: %v", err)
		}
		prints := func(since time.Time) []string {
			list, err := w.store.CodePrints(t.Context(), w.caller, w.computer.ID, since)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		long := w.Clock.Now().Add(-time.Hour)
		first := prints(long)
		if again := prints(long); len(first) != 2 || !slices.Equal(first, again) {
			t.Fatalf("%q, then %q", first, again)
		}
		if _, err := w.store.ShowCode(t.Context(), scope.Caller{Kind: scope.Admin, ID: "x"}, w.computer.ID); !problem.Is(err, problem.Forbidden) {
			t.Errorf("without the right: %v", err)
		}
		code, err := w.store.ShowCode(t.Context(), system, w.computer.ID)
		if err != nil || len(code) != 16 {
			t.Fatalf("%q %v", code, err)
		}
		if !slices.Contains(first, agent.CodePrint(w.computer.ID, strings.ToLower(code[:4])+"-"+code[4:])) {
			t.Error("the agent does not know the code")
		}
		if now := prints(long); len(now) != 3 || !slices.Equal(now[:2], first) {
			t.Errorf("%q, was %q", now, first)
		}
		if now := prints(w.Clock.Now().Add(time.Minute)); len(now) != 2 {
			t.Errorf("registered anew: %q", now)
		}
		w.Clock.Advance(8 * 24 * time.Hour)
		if now := prints(long); len(now) != 2 || slices.Contains(now, first[0]) && slices.Contains(now, first[1]) {
			t.Errorf("eight days later: %q", now)
		}
	})
}

// FuzzCheck: what passes can be kept, whatever it is.
func FuzzCheck(f *testing.F) {
	raw, err := json.Marshal(result(1, func(*agentv1.Result) {}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"id":"\u0000","state":"begun"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r agentv1.Result
		if json.Unmarshal(raw, &r) != nil || computer.Check(r) != nil {
			return
		}
		for _, id := range []string{r.ID, r.Order, r.Script, r.Revision} {
			if len(id) > 64 || strings.ContainsAny(id, "\x00\r\n") {
				t.Errorf("%q passed", id)
			}
		}
	})
}
