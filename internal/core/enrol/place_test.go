package enrol

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/pki"
	"drover/internal/base/problem"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

// site is a zone with real devices and users.
type site struct {
	*coretest.Ground
	enrol   *Store
	devices *device.Store
	users   *directory.Store
}

func eachSite(t *testing.T, fn func(t *testing.T, w *site)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		authority, err := pki.OpenAuthority(t.TempDir(), g.Clock)
		if err != nil {
			t.Fatal(err)
		}
		w := &site{Ground: g}
		w.users = directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
		w.devices = device.New(device.Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: w.users, Safety: g.Safety,
		})
		w.enrol = New(Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Keys: g.Keys, Bus: g.Bus, Users: w.users, Devices: w.devices,
			SignIn: func(context.Context, netip.Addr, string, string) (directory.User, error) {
				return directory.User{}, errDisabled
			},
			Issuer: func() (Issuer, error) { return authority, nil },
		})
		w.devices.Follow(w.enrol)
		w.devices.OnReturn(w.enrol.Returned)
		w.devices.Tie(w.enrol)
		fn(t, w)
	})
}

// must fails the test on an error.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// machine is a computer with a key of its own.
type machine struct {
	facts ComputerFacts
	csr   []byte
}

func newMachine(t *testing.T, serial string) machine {
	return machine{ComputerFacts{Host: "pc-" + serial + ".example.org", Platform: "linux", Serial: serial, Machine: "m-" + serial}, csr(t)}
}

// registers has a machine ask; code is that of the problem it meets.
func (w *site) registers(t *testing.T, m machine, secret string) (d device.Device, code string) {
	t.Helper()
	public, id, err := PublicKey(m.csr)
	if err != nil {
		t.Fatal(err)
	}
	_, d, err = w.enrol.RegisterComputer(t.Context(), Registration{
		Secret: secret, Public: public, KeyID: id, Addr: netip.MustParseAddr("192.0.2.1"), Server: "s-1", Facts: m.facts,
	})
	w.Settle(t)
	return d, codeOf(err)
}

// key makes an authorization key for many computers.
func (w *site) key(t *testing.T, p Place) string {
	t.Helper()
	_, secret, err := w.enrol.AddAuthKey(t.Context(), admin, AuthKeyDraft{Name: "Vienna", Uses: 50, Life: time.Hour, Place: p})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// at returns the folder in which a device is, and the names of its groups.
func (w *site) at(t *testing.T, id string) (folder string, groups []string) {
	t.Helper()
	f := must[device.Group](t)(w.devices.FolderOf(t.Context(), admin, id))
	for _, g := range must[[]device.Group](t)(w.devices.GroupsOf(t.Context(), admin, id)) {
		if g.Kind == device.Chosen {
			groups = append(groups, g.Name)
		}
	}
	return f.Name, groups
}

func (w *site) waiting(t *testing.T) []Review {
	t.Helper()
	return must[page.Page[Review]](t)(w.enrol.Reviews(t.Context(), admin, Open, page.Request{})).Items
}

func TestAComputerIsPutWhereTheRulesSay(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		ctx := t.Context()
		vienna := must[device.Group](t)(w.devices.AddFolder(ctx, admin, "/Vienna", ""))
		graz := must[device.Group](t)(w.devices.AddFolder(ctx, admin, "/Graz", ""))
		web := must[device.Group](t)(w.devices.AddGroup(ctx, admin, "Web", ""))
		plainKey, placing := w.key(t, Place{}), w.key(t, Place{Folder: graz.ID, Name: "graz-{number:3}"})

		first, _ := w.registers(t, newMachine(t, "A1"), plainKey)
		if at, _ := w.at(t, first.ID); at != "/Quarantine" {
			t.Errorf("without rules it is in %q", at)
		}
		for _, r := range []Rule{
			{Name: "No test machines", Enabled: true, Verdict: Refuse, Conditions: []Condition{{Fact: FactHost, Test: Like, Values: []string{"pc-T*"}}}},
			{
				Name: "Web", Enabled: true, Verdict: Admit, Conditions: []Condition{{Fact: FactHost, Test: Like, Values: []string{"pc-B*"}}},
				Place: Place{Folder: vienna.ID, Groups: []string{web.ID}, Name: "web-{serial}"},
			},
		} {
			must[Rule](t)(w.enrol.AddRule(ctx, admin, r))
		}
		second, _ := w.registers(t, newMachine(t, "B2"), plainKey)
		if at, groups := w.at(t, second.ID); at != "/Vienna" || !slices.Equal(groups, []string{"Web"}) {
			t.Errorf("it is in %q and %q", at, groups)
		}
		if d := must[device.Device](t)(w.devices.Get(ctx, admin, second.ID)); d.Name != "web-B2" || d.State != device.Active {
			t.Errorf("it is called %q and is %s", d.Name, d.State)
		}
		third, _ := w.registers(t, newMachine(t, "C3"), placing)
		if at, _ := w.at(t, third.ID); at != "/Graz" {
			t.Errorf("its key puts it into %q", at)
		}
		if d := must[device.Device](t)(w.devices.Get(ctx, admin, third.ID)); d.Name != "graz-001" {
			t.Errorf("its key calls it %q", d.Name)
		}
		if _, code := w.registers(t, newMachine(t, "T4"), placing); code != "registration.refused" {
			t.Errorf("refused by a rule: %q", code)
		}
		same := newMachine(t, "C5")
		same.facts.Host = "pc-C3.example.org"
		fifth, _ := w.registers(t, same, plainKey)
		sixth := newMachine(t, "C6")
		sixth.facts.Host = "pc-C3"
		again, _ := w.registers(t, sixth, plainKey)
		names := []string{must[device.Device](t)(w.devices.Get(ctx, admin, fifth.ID)).Name, must[device.Device](t)(w.devices.Get(ctx, admin, again.ID)).Name}
		if !slices.Equal(names, []string{"pc-C3", "pc-C3-2"}) {
			t.Errorf("two with one host name are called %q", names)
		}
		if err := w.devices.RemoveGroup(ctx, admin, web.ID); !problem.Is(err, problem.Conflict) {
			t.Errorf("a group that a rule names was removed: %v", err)
		}
		if err := w.devices.MoveTo(ctx, admin, "", third.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.devices.RemoveFolder(ctx, admin, graz.ID); !problem.Is(err, problem.Conflict) {
			t.Errorf("a folder that a key names was removed: %v", err)
		}
	})
}

// TestS20AGuessedSerialGetsNothing: what a computer tells of itself neither lets it in nor makes it another.
func TestS20AGuessedSerialGetsNothing(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		secret := w.key(t, Place{})
		victim, _ := w.registers(t, newMachine(t, "V1"), secret)
		if _, code := w.registers(t, newMachine(t, "V1"), ""); code != "registration.key" {
			t.Errorf("without a key: %q", code)
		}
		if len(w.waiting(t)) != 0 {
			t.Error("who shows nothing waits")
		}
		thief := newMachine(t, "V1")
		for range 3 {
			if _, code := w.registers(t, thief, secret); code != "registration.review" {
				t.Errorf("with a stolen key and a guessed serial: %q", code)
			}
		}
		list := w.waiting(t)
		if len(list) != 1 || list[0].Why != WhyAgain || list[0].Matches[0].Device != victim.ID {
			t.Fatalf("%+v", list)
		}
		if k := must[[]AuthKey](t)(keysOnly(w.enrol.AuthKeys(t.Context(), admin, false, 10, ""))); k[0].Used != 2 {
			t.Errorf("asking again took uses: %d", k[0].Used)
		}
		if keys := must[[]Key](t)(w.enrol.Keys(t.Context(), admin, victim.ID)); len(keys) != 1 || keys[0].State != Good {
			t.Errorf("the victim's keys are %+v", keys)
		}
		if err := w.enrol.Resolve(t.Context(), admin, list[0].ID, Resolution{State: Refused}); err != nil {
			t.Fatal(err)
		}
		if _, code := w.registers(t, thief, secret); code != "registration.refused" {
			t.Errorf("after the refusal: %q", code)
		}
	})
}

func keysOnly(list []AuthKey, _ string, err error) ([]AuthKey, error) { return list, err }

// TestAKeyThatTwoMachinesHoldIsNoticed: what the second one tells is not taken for the first one's, and an administrator says whether it is
// a copy or has a changed part.
func TestAKeyThatTwoMachinesHoldIsNoticed(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		ctx := t.Context()
		m := newMachine(t, "A1")
		d, _ := w.registers(t, m, w.key(t, Place{}))
		_, id, err := PublicKey(m.csr)
		if err != nil {
			t.Fatal(err)
		}
		tells := func(serial, host string) bool {
			t.Helper()
			f := m.facts
			f.Serial, f.Host = serial, host
			return must[bool](t)(w.enrol.Tells(ctx, Proof{Key: id, Device: d.ID}, f, netip.MustParseAddr("192.0.2.7")))
		}
		if !tells("A1", "another-name.example.org") || !tells("", "") || len(w.waiting(t)) != 0 {
			t.Errorf("a computer that tells nothing that differs is doubted: %+v", w.waiting(t))
		}
		for range 2 {
			if tells("C3", m.facts.Host) {
				t.Error("another machine is not noticed")
			}
		}
		list := w.waiting(t)
		if len(list) != 1 || list[0].Why != WhyMoved || list[0].Facts.Serial != "C3" || list[0].Matches[0].Device != d.ID {
			t.Fatalf("%+v", list)
		}
		if err := w.enrol.Resolve(ctx, admin, list[0].ID, Resolution{State: DecideNew}); !problem.Is(err, problem.Invalid) {
			t.Errorf("one that is in comes in as another: %v", err)
		}
		if err := w.enrol.Resolve(ctx, admin, list[0].ID, Resolution{State: DecideSame, Device: d.ID}); err != nil {
			t.Fatal(err)
		}
		if !tells("C3", m.facts.Host) || len(w.waiting(t)) != 0 {
			t.Error("a changed part is not taken for good")
		}
		m.facts.MACs = []string{"02:00:5e:10:00:01"}
		w.Clock.Advance(time.Hour)
		if !tells("C3", m.facts.Host) {
			t.Error("another network card alone makes it another machine")
		}
		if tells("A1", m.facts.Host) || len(w.waiting(t)) != 1 {
			t.Error("the one that it was before is not noticed")
		}
		w.Clock.Advance(reviewLife + time.Hour) // nobody has decided, and nobody sees it any more
		if tells("A1", m.facts.Host) || len(w.waiting(t)) != 1 {
			t.Error("it is not noticed any more")
		}
		if err := w.enrol.Resolve(ctx, admin, w.waiting(t)[0].ID, Resolution{State: Refused}); err != nil {
			t.Fatal(err)
		}
		if _, code := w.registers(t, m, ""); code != "key.ended" {
			t.Errorf("the key that two hold: %q", code)
		}
		if _, err := w.enrol.Tells(ctx, Proof{Key: id, Device: d.ID}, ComputerFacts{Serial: "D4"}, netip.Addr{}); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("what comes after the decision: %v", err)
		}
	})
}

// TestWhatIsSettledOtherwiseIsNotDecidedAgain: a copy is noticed, and the computer registers anew, or is retired, before anybody decides.
func TestWhatIsSettledOtherwiseIsNotDecidedAgain(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		ctx, secret := t.Context(), w.key(t, Place{})
		copied := func(serial string) (machine, device.Device, Review) {
			t.Helper()
			m := newMachine(t, serial)
			d, _ := w.registers(t, m, secret)
			_, id, err := PublicKey(m.csr)
			if err != nil {
				t.Fatal(err)
			}
			f := m.facts
			f.Serial = "copy of " + serial
			if must[bool](t)(w.enrol.Tells(ctx, Proof{Key: id, Device: d.ID}, f, netip.Addr{})) {
				t.Fatal("it is not noticed")
			}
			return m, d, w.waiting(t)[0]
		}
		_, d, v := copied("A1")
		code, err := w.enrol.IssueCode(ctx, admin, d.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if _, refused := w.registers(t, newMachine(t, "A1"), code); refused != "" {
			t.Fatal(refused)
		}
		if err := w.enrol.Resolve(ctx, admin, v.ID, Resolution{State: Refused}); !problem.Is(err, problem.NotFound) {
			t.Errorf("over the key that was replaced: %v", err)
		}
		_, d, v = copied("B2")
		if err := w.devices.Retire(ctx, admin, d.ID, "stolen"); err != nil {
			t.Fatal(err)
		}
		if err := w.enrol.Resolve(ctx, admin, v.ID, Resolution{State: Refused}); err != nil {
			t.Fatal(err)
		}
		if err := w.devices.Readmit(ctx, admin, d.ID, "found"); err != nil {
			t.Fatal(err)
		}
		if keys := must[[]Key](t)(w.enrol.Keys(ctx, admin, d.ID)); len(keys) != 1 || keys[0].State != Ended {
			t.Errorf("a key that two machines hold counts again: %+v", keys)
		}
	})
}

func TestAnAdministratorDecidesOverDoubtfulComputers(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		ctx, secret := t.Context(), w.key(t, Place{})
		old := newMachine(t, "A1")
		first, _ := w.registers(t, old, secret)
		w.Clock.Advance(time.Minute)
		anew := newMachine(t, "A1")
		anew.facts.Machine = "m-other" // the system was installed anew
		w.registers(t, anew, secret)
		clone := newMachine(t, "B2")
		clone.facts.Machine = old.facts.Machine // the disk was copied
		w.registers(t, clone, secret)
		list := w.waiting(t)
		if len(list) != 2 || list[0].Why != WhyCloned || list[1].Why != WhyAgain {
			t.Fatalf("%+v", list)
		}
		if err := w.enrol.Resolve(ctx, admin, list[1].ID, Resolution{State: DecideSame, Device: "other"}); !problem.Is(err, problem.Invalid) {
			t.Errorf("the same as one that it does not tell to be: %v", err)
		}
		if err := w.enrol.Resolve(ctx, admin, list[1].ID, Resolution{State: DecideSame, Device: first.ID}); err != nil {
			t.Fatal(err)
		}
		if d, code := w.registers(t, anew, ""); code != "" || d.ID != first.ID {
			t.Fatalf("the same: %s %q", d.ID, code)
		}
		keys := must[[]Key](t)(w.enrol.Keys(ctx, admin, first.ID))
		if len(keys) != 2 || keys[0].State != Good || keys[1].State != Ended {
			t.Errorf("its keys are %s and %s", keys[0].State, keys[len(keys)-1].State)
		}
		if _, code := w.registers(t, old, secret); code != "key.ended" {
			t.Errorf("the old key: %q", code)
		}
		folder := must[device.Group](t)(w.devices.AddFolder(ctx, admin, "/Copies", ""))
		if err := w.enrol.Resolve(ctx, admin, list[0].ID, Resolution{State: DecideNew, Folder: folder.ID}); err != nil {
			t.Fatal(err)
		}
		d, code := w.registers(t, clone, secret)
		if code != "" || d.ID == first.ID {
			t.Fatalf("a new one: %s %q", d.ID, code)
		}
		if at, _ := w.at(t, d.ID); at != "/Copies" {
			t.Errorf("it is in %q", at)
		}
		if err := w.enrol.Resolve(ctx, admin, list[0].ID, Resolution{State: Refused}); !problem.Is(err, problem.NotFound) {
			t.Errorf("decided twice: %v", err)
		}
		actions := w.Actions(t)
		for action, n := range map[string]int{"registration.review-opened": 2, "registration.review-decided": 2, "computer.registered": 3} {
			if strings.Count(actions, action) != n {
				t.Errorf("%s is recorded %d times, want %d", action, strings.Count(actions, action), n)
			}
		}
	})
}

func TestARetiredComputerDoesNotComeBackByReview(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		ctx, secret := t.Context(), w.key(t, Place{})
		first, _ := w.registers(t, newMachine(t, "A1"), secret)
		if err := w.devices.Retire(ctx, admin, first.ID, "sold"); err != nil {
			t.Fatal(err)
		}
		again := newMachine(t, "A1")
		if _, code := w.registers(t, again, secret); code != "registration.review" {
			t.Fatalf("it comes back: %q", code)
		}
		same := Resolution{State: DecideSame, Device: first.ID}
		if err := w.enrol.Resolve(ctx, admin, w.waiting(t)[0].ID, same); !problem.Is(err, problem.Forbidden) {
			t.Errorf("the same, although retired: %v", err)
		}
		if err := w.devices.Readmit(ctx, admin, first.ID, "bought back"); err != nil {
			t.Fatal(err)
		}
		if err := w.enrol.Resolve(ctx, admin, w.waiting(t)[0].ID, same); err != nil {
			t.Fatal(err)
		}
		if d, code := w.registers(t, again, secret); code != "" || d.ID != first.ID || d.State != device.Active {
			t.Errorf("readmitted: %+v %q", d, code)
		}
	})
}

func TestARuleAsksForReview(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		ctx, secret := t.Context(), w.key(t, Place{})
		must[Rule](t)(w.enrol.AddRule(ctx, admin, Rule{Name: "All", Enabled: true, Verdict: ToReview}))
		m := newMachine(t, "A1")
		if _, code := w.registers(t, m, secret); code != "registration.review" {
			t.Fatal(code)
		}
		if list := w.waiting(t); len(list) != 1 || list[0].Why != WhyRule || list[0].Rule == "" {
			t.Fatalf("%+v", list)
		}
		if err := w.enrol.Resolve(ctx, admin, w.waiting(t)[0].ID, Resolution{State: DecideNew}); err != nil {
			t.Fatal(err)
		}
		d, code := w.registers(t, m, "")
		if at, _ := w.at(t, d.ID); code != "" || at != "/Quarantine" {
			t.Errorf("let in by an administrator: %q %q", at, code)
		}
	})
}

func TestRightsOverRegistrations(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		ctx := t.Context()
		d, _ := w.registers(t, newMachine(t, "A1"), w.key(t, Place{}))
		w.registers(t, newMachine(t, "A1"), w.key(t, Place{}))
		review := w.waiting(t)[0].ID
		group := must[device.Group](t)(w.devices.AddGroup(ctx, admin, "Mine", "")).ID
		everything := scope.System("x").Grants[0].Rights
		without := func(r scope.Right) []scope.Right {
			return slices.DeleteFunc(slices.Clone(everything), func(x scope.Right) bool { return x == r })
		}
		for name, c := range map[string]scope.Caller{
			"limited": coretest.Admin(everything, group), "without edit": coretest.Admin(without(scope.RegistrationEdit)),
		} {
			for what, err := range map[string]error{
				"add a rule":    second(w.enrol.AddRule(ctx, c, Rule{Name: "x", Verdict: Admit})),
				"edit a rule":   second(w.enrol.EditRule(ctx, c, Rule{Name: "x", Verdict: Admit})),
				"remove a rule": w.enrol.RemoveRule(ctx, c, "x"),
				"order":         w.enrol.OrderRules(ctx, c, nil),
				"the default":   w.enrol.SetDefaultRule(ctx, c, Default{Verdict: Admit}, 0),
				"reconcile":     w.enrol.Reconcile(ctx, c, nil, 0),
				"resolve":       w.enrol.Resolve(ctx, c, review, Resolution{State: Refused}),
				"approve":       third(w.enrol.Approve(ctx, c, nil, time.Hour, false)),
			} {
				if !problem.Is(err, problem.Forbidden) {
					t.Errorf("%s: %s: %v", name, what, err)
				}
			}
		}
		c := coretest.Admin(without(scope.RegistrationRead))
		for what, err := range map[string]error{
			"rules": second(w.enrol.Rules(ctx, c)), "explain": second(w.enrol.Explain(ctx, c, pc())), "codes": third(w.enrol.Codes(ctx, c, false, 1, "")),
			"the default": third(w.enrol.DefaultRule(ctx, c)), "reconciling": third(w.enrol.Reconciling(ctx, c)),
			"reviews": second(w.enrol.Reviews(ctx, c, "", page.Request{})),
		} {
			if !problem.Is(err, problem.Forbidden) {
				t.Errorf("%s: %v", what, err)
			}
		}
		c = coretest.Admin(without(scope.DeviceEnrol))
		if err := w.enrol.Resolve(ctx, c, review, Resolution{State: DecideSame, Device: d.ID}); !problem.Is(err, problem.Forbidden) {
			t.Errorf("made it the same without the right over the device: %v", err)
		}
		if err := second(w.enrol.IssueCode(ctx, coretest.Admin(everything, group), d.ID, time.Hour)); !problem.Is(err, problem.NotFound) {
			t.Errorf("a code for a device out of scope: %v", err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func third[T, U any](_ T, _ U, err error) error { return err }
