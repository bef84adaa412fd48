package endtoend

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	simulated "drover/internal/simulate/handset"
	"drover/internal/simulate/upstream"
)

// left is what an order is stated to change on a device in use.
type left func(s *simulated.State)

func untouched(*simulated.State) {}

// factory is the state in which a device was purchased; a card is not on the device.
func factory(s *simulated.State) { *s = simulated.State{CardMail: s.CardMail, Card: s.Card} }

func card(s *simulated.State)    { s.CardMail, s.Card = false, false }
func account(s *simulated.State) { s.Account = false }
func mails(s *simulated.State)   { s.Mail = false }
func locked(s *simulated.State)  { s.Locked = true }

func all(changes ...left) left {
	return func(s *simulated.State) {
		for _, c := range changes {
			c(s)
		}
	}
}

// stated is one platform as the documentation of the rebuilt system's security states it: what each order leaves, and the
// words that the device's page must say of it. A nil order is stated not to exist; its words are then of the refusal.
type stated struct {
	row       string
	encrypts  bool
	hasCard   bool
	full      left
	fullWords string
	selective left
	selWords  string
	lock      left
	lockWords string
	card      left
	cardWords string
	clear     left // stated by nobody but for iOS; Android's application can
}

// The table. Symbian keeps its mail client's card data with the card; a BlackBerry's lock follows a wipe as the policy
// requires a password. What is true of iOS is stated with Apple's device management, without which Drover must refuse it.
var matrix = []stated{
	{
		row: "android-native/2.2", hasCard: true, full: factory, fullWords: "not erased", selective: account, selWords: "account's information",
		lock: locked, lockWords: "unlock password", card: card, cardWords: "storage card", clear: clearedPassword,
	},
	{
		row: "android-native/3.0", encrypts: true, hasCard: true, full: factory, fullWords: "not erased", selective: account,
		selWords: "account's information", lock: locked, lockWords: "unlock password", card: card, cardWords: "storage card", clear: clearedPassword,
	},
	{
		row: "android-touchdown/2.0", encrypts: true, hasCard: true, fullWords: "not available", selective: touchDown, selWords: "before registration",
		lockWords: "2.2 or newer", card: card, cardWords: "storage card",
	},
	{
		row: "android-touchdown/2.2", encrypts: true, hasCard: true, full: factory, fullWords: "Clean SD card on Remote Wipe",
		selective: touchDown, selWords: "Clean SD card on Remote Wipe", lock: locked, lockWords: "unlock password",
		card: card, cardWords: "storage card", clear: clearedPassword,
	},
	{
		row: "blackberry-notifysync", encrypts: true, hasCard: true, full: all(account, mails, card, locked), fullWords: "does not return to factory state",
		selective: all(mails, locked), selWords: "locked as well", lock: locked, lockWords: "unlock password", card: card, cardWords: "storage card",
	},
	{row: "ios/4", encrypts: true, full: appleFactory, selWords: "Apple device management", lockWords: "Apple device management", cardWords: "no storage card"},
	{row: "ios/5", encrypts: true, full: appleFactory, selWords: "Apple device management", lockWords: "Apple device management", cardWords: "no storage card"},
	{
		row: "symbian-s60/s60", encrypts: true, hasCard: true, full: all(card, factory), fullWords: "storage card is erased too",
		selective: account, selWords: "account's information", lockWords: "cannot be locked", cardWords: "cannot wipe its storage card alone",
	},
	{
		row: "symbian-s60/mail-only", encrypts: true, hasCard: true, full: all(mails, card), fullWords: "do not return to factory state",
		selective: account, selWords: "account's information", lockWords: "cannot be locked", cardWords: "cannot wipe its storage card alone",
	},
	{
		row: "windows-mobile/professional", encrypts: true, hasCard: true, full: all(card, factory), fullWords: "storage card is erased too",
		selWords: "No selective wipe", lock: locked, lockWords: "unlock password", card: card, cardWords: "storage card",
	},
	{
		row: "windows-mobile/standard", encrypts: true, hasCard: true, full: factory, fullWords: "not erased",
		selWords: "No selective wipe", lock: locked, lockWords: "unlock password", card: card, cardWords: "storage card",
	},
	{row: "windows-phone-7", full: factory, fullWords: "factory state", selWords: "No selective wipe", lockWords: "cannot be locked", cardWords: "cannot wipe a storage card"},
	{row: "webos", full: factory, fullWords: "factory state", selWords: "No selective wipe", lockWords: "no word", cardWords: "no storage card"},
}

// touchDown is TouchDown before its registration, with nothing of it on the card; the rest of the card stays.
func touchDown(s *simulated.State) { s.Account, s.Mail, s.CardMail = false, false, false }

func clearedPassword(s *simulated.State) { s.Password, s.Locked = false, false }

// appleFactory is the factory state of what encrypts always.
func appleFactory(s *simulated.State) {
	factory(s)
	s.Encrypted = true
}

// app tells whether there is an application of the time: none was for webOS and Windows Phone 7.
func (p stated) app() bool { return p.row != "webos" && p.row != "windows-phone-7" }

// inUse is a device of the platform under a policy that asks for a password and for encryption.
func (p stated) inUse() simulated.State {
	return simulated.State{
		Account: true, Mail: true, CardMail: p.hasCard, Card: p.hasCard, Own: true, Password: true, Encrypted: p.encrypts,
	}
}

// TestEveryPlatformTakesEveryOrderAsStated walks the matrix of the old system: every platform, reached by a companion
// application, by ActiveSync or by both, and every order. What is refused must be refused in words, before anything is
// queued; what is taken must leave on the simulated device what is stated and no more, and the device's page, the command
// and the audit log must say so.
func TestEveryPlatformTakesEveryOrderAsStated(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		m := newField(t, e, upstream.Options{})
		for _, p := range matrix {
			t.Run(p.row, func(t *testing.T) {
				m.t, m.admin.t = t, t
				if p.app() {
					m.byApp(p)
				}
				m.byMail(p)
			})
		}
		t.Run("clean card", m.cleanCard)
		t.Run("postponed", m.postponed)
		t.Run("misbehaviour", m.misbehaviour)
		t.Run("out of management", m.outOfManagement)
		t.Run("not asked for", m.notAsked)
	})
}

// byApp reaches the platform by its application alone.
func (m *field) byApp(p stated) {
	x := m.withApp(p.row, simulated.Obedient)
	m.stands(x, p.inUse())
	apple := strings.HasPrefix(p.row, "ios/")
	m.take(x, simulated.Message, untouched, "shows the message")
	m.take(x, simulated.Locate, untouched, "reports its position")
	m.take(x, simulated.RequestLog, untouched, "sends its log")
	m.take(x, simulated.UpdateInventory, untouched, "tells anew")
	m.told(x, p)
	m.either(x, simulated.Lock, p.lock, p.lockWords)
	clears := "can clear a passcode"
	if apple {
		clears = "Apple device management"
	} else if p.clear != nil {
		clears = "passcode"
	}
	m.either(x, simulated.ClearPasscode, p.clear, clears)
	m.either(x, simulated.WipeCard, p.card, p.cardWords)
	m.either(x, simulated.SelectiveWipe, p.selective, p.selWords)
	if apple { // the system does not let an application erase it
		m.refuse(x, simulated.FullWipe, "needs ActiveSync")
		return
	}
	m.either(m.withApp(p.row, simulated.Obedient), simulated.FullWipe, p.full, p.fullWords)
}

// byMail reaches it by ActiveSync, which has a word for a full wipe alone, and then by both.
func (m *field) byMail(p stated) {
	x := m.withMail(p.row, simulated.Obedient)
	m.stands(x, p.inUse())
	for _, k := range []simulated.Order{
		simulated.Message, simulated.Locate, simulated.RequestLog, simulated.UpdateInventory, simulated.Lock, simulated.ClearPasscode,
		simulated.WipeCard, simulated.SelectiveWipe,
	} {
		m.refuse(x, k, "")
	}
	m.either(x, simulated.FullWipe, p.full, p.fullWords)
	if !p.app() {
		return
	}
	x = m.withMail(p.row, simulated.Obedient)
	m.join(x, p.row)
	m.take(x, simulated.Message, untouched, "shows the message")
	m.either(x, simulated.FullWipe, p.full, p.fullWords)
}

// either wants an order to be taken, or to be refused where it is stated not to exist.
func (m *field) either(x *target, k simulated.Order, change left, words string) {
	m.t.Helper()
	if change == nil {
		m.refuse(x, k, words)
		return
	}
	m.take(x, k, change, words)
}

// told wants the log that the device has sent to be the one that is stated for its platform.
func (m *field) told(x *target, p stated) {
	m.t.Helper()
	want, other := "Ending Device Log Sync", "DISABLE_NAVIGATION: yes"
	if strings.HasPrefix(p.row, "android") {
		want, other = other, want
	}
	if log := m.log(x); !strings.Contains(log, want) || strings.Contains(log, other) {
		m.t.Errorf("its log is %q", log)
	}
}

// cleanCard turns TouchDown's option on: both wipes take the whole card then.
func (m *field) cleanCard(t *testing.T) {
	m.t, m.admin.t = t, t
	m.ask(map[platform.Setting]policy.Value{platform.TouchDownCleanCard: policy.Bool(true)})
	defer m.ask(map[platform.Setting]policy.Value{platform.TouchDownCleanCard: policy.Bool(false)})
	m.take(m.withApp("android-touchdown/2.0", simulated.Obedient), simulated.SelectiveWipe, all(touchDown, card), "the whole storage card")
	m.take(m.withApp("android-touchdown/2.2", simulated.Obedient), simulated.SelectiveWipe, all(touchDown, card), "the whole storage card")
	x := m.withMail("android-touchdown/2.2", simulated.Obedient)
	m.join(x, "android-touchdown/2.2")
	m.take(x, simulated.FullWipe, all(card, factory), "storage card is erased too")
}

// postponed has iOS wait for its user: the account-only wipe of today's iOS, and what an application is asked for while
// the screen is locked.
func (m *field) postponed(t *testing.T) {
	m.t, m.admin.t = t, t
	x := m.withMail("ios/10", simulated.Obedient)
	m.take(x, simulated.SelectiveWipe, all(account, mails), "Everything else on the device")
	if list := fmt.Sprint(m.admin.want("GET", "/devices/"+x.id+"/commands", nil)["items"]); !strings.Contains(list, "about to remove the account") ||
		strings.Contains(list, "erase itself") {
		t.Errorf("of an account-only wipe it says %s", list)
	}
	if n := x.stop().Events["put-off"]; n != 1 {
		t.Errorf("it was put off %d times", n)
	}
	late := m.withApp("ios/5", simulated.Postpone)
	id := m.ordered(late, simulated.Locate)
	m.answers(late, id, "postponed", "postponed", "delivered", "queued")
	m.answers(late, id, "done", "done", "postponed", "delivered", "queued")
	wiped := m.withApp("blackberry-notifysync", simulated.Postpone)
	id = m.ordered(wiped, simulated.SelectiveWipe)
	m.answers(wiped, id, "postponed", "postponed", "acknowledged", "delivered", "queued")
	if !wiped.set.State().Mail {
		t.Error("it was erased before its user let it")
	}
	m.answers(wiped, id, "done", "done", "postponed", "acknowledged", "delivered", "queued")
	if wiped.set.State().Mail || !wiped.set.State().Locked {
		t.Errorf("it is left as %+v", wiped.set.State())
	}
}

// misbehaviour wants the zone to say of those who do not obey what it knows, and to keep out whom it told to erase itself.
func (m *field) misbehaviour(t *testing.T) {
	m.t, m.admin.t = t, t
	const row = "android-native/3.0"
	ignores := m.withApp(row, simulated.IgnoreWipe)
	id := m.ordered(ignores, simulated.FullWipe)
	m.answers(ignores, id, "", "delivered", "queued")
	m.state(ignores, "active")

	lies := m.withApp(row, simulated.Lie)
	before := lies.set.State()
	id = m.ordered(lies, simulated.FullWipe)
	m.answers(lies, id, "done", "done", "acknowledged", "delivered", "queued")
	m.stands(lies, before)
	m.state(lies, "wiped")
	m.keptOut(lies)

	replays := m.withApp(row, simulated.Replay)
	id = m.ordered(replays, simulated.WipeCard)
	m.answers(replays, id, "done", "done", "acknowledged", "delivered", "queued")
	id = m.ordered(replays, simulated.FullWipe)
	m.answers(replays, id, "done", "done", "acknowledged", "delivered", "queued")

	halts := m.withApp(row, simulated.Halt)
	before = halts.set.State()
	id = m.ordered(halts, simulated.FullWipe)
	m.answers(halts, id, "", "acknowledged", "delivered", "queued")
	m.stands(halts, before)
	m.state(halts, "wiped")
	m.keptOut(halts)

	refuses := m.withApp(row, simulated.Refuse)
	if got := m.detail(refuses)["policyState"]; got != "refused" {
		t.Errorf("the policy of who refuses it is %v", got)
	}
}

// outOfManagement has the rules tell who has left management from who has not.
func (m *field) outOfManagement(t *testing.T) {
	m.t, m.admin.t = t, t
	conditions := []string{"management-removed", "push-lost", "touchdown-missing"}
	for _, c := range conditions {
		rule := m.admin.want(http.MethodPost, "/compliance/rules", map[string]any{"name": c, "enabled": true, "condition": c})
		defer m.admin.want(http.MethodDelete, "/compliance/rules/"+rule["id"].(string), nil)
	}
	for row, want := range map[string]map[simulated.Manner]string{
		"ios/10":                {simulated.Obedient: "keeps keeps unknown", simulated.Leave: "breaks breaks unknown"},
		"android-touchdown/2.2": {simulated.Obedient: "keeps unknown keeps", simulated.Leave: "breaks unknown breaks"},
		"blackberry-notifysync": {simulated.Leave: "unknown unknown unknown"},
	} {
		for manner, answers := range want {
			x := m.withApp(row, manner)
			said := map[string]string{}
			for _, one := range m.admin.want(http.MethodGet, "/devices/"+x.id+"/compliance", nil)["items"].([]any) {
				f := one.(map[string]any)
				said[f["rule"].(map[string]any)["name"].(string)] = f["answer"].(string)
			}
			got := strings.Join([]string{said[conditions[0]], said[conditions[1]], said[conditions[2]]}, " ")
			if got != answers {
				t.Errorf("%s, %q: %s, want %s", row, manner, got, answers)
			}
		}
	}
}

// notAsked has a zone that asks for no personal data order some: it is refused in words. Of who was asked before, nothing is
// sent, and the order fails in words.
func (m *field) notAsked(t *testing.T) {
	m.t, m.admin.t = t, t
	late := m.withApp("ios/5", simulated.Postpone)
	id := m.ordered(late, simulated.Locate)
	m.answers(late, id, "postponed", "postponed", "delivered", "queued")
	m.ask(map[platform.Setting]policy.Value{platform.AuditLocation: policy.Bool(false)})
	m.ask(map[platform.Setting]policy.Value{platform.AuditDeviceLog: policy.Bool(false)})
	x := m.withApp("blackberry-notifysync", simulated.Obedient)
	m.refuse(x, simulated.Locate, "(audit.location) on must reach it first")
	m.refuse(x, simulated.RequestLog, "(audit.device-log) on must reach it first")
	m.answers(late, id, "failed", "failed", "postponed", "delivered", "queued")
	if words, _ := m.admin.want("GET", "/commands/"+id, nil)["detail"].(string); !strings.Contains(words, "not collected") {
		t.Errorf("it failed with the words %q", words)
	}
	if stocks, err := m.Journal.Stocks(t.Context(), system, x.id); err != nil || len(stocks) > 0 {
		t.Errorf("this is kept of it: %v (%v)", stocks, err)
	}
}
