package enrol

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"drover/internal/base/problem"
	"drover/internal/core/audit"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

var admin = scope.System("test")

// secret makes an authorization key.
func (w *world) secret(t *testing.T, change func(*AuthKeyDraft)) (AuthKey, string) {
	t.Helper()
	d := AuthKeyDraft{Name: "Vienna", Uses: 1, Life: time.Hour}
	change(&d)
	k, secret, err := w.AddAuthKey(t.Context(), admin, d)
	if err != nil {
		t.Fatal(err)
	}
	return k, secret
}

func (w *world) register(t *testing.T, secret string, csr []byte) (Key, error) {
	t.Helper()
	public, id, err := PublicKey(csr)
	if err != nil {
		t.Fatal(err)
	}
	k, _, err := w.RegisterComputer(t.Context(), Registration{
		Secret: secret, Public: public, KeyID: id, Addr: netip.MustParseAddr("192.0.2.1"), Server: "s-1",
		Facts: ComputerFacts{Host: "pc-1.example.org", Platform: "linux", Serial: "S-" + id},
	})
	w.Settle(t)
	return k, err
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return problem.From(err).Code
}

// The same key gets the same answer, takes one use, and is proven from then on.
func TestAComputerRegistersOnceHoweverOftenItAsks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		made, secret := w.secret(t, func(d *AuthKeyDraft) { d.Uses = 2 })
		request := csr(t)
		first, err := w.register(t, secret, request)
		if err != nil || first.Via != ByAuthorization || first.Channel != platform.Agent {
			t.Fatalf("%+v %v", first, err)
		}
		again, err := w.register(t, "", request) // the answer was lost, and the key of the zone with it
		if err != nil || again.ID != first.ID || string(again.Certificate) != string(first.Certificate) {
			t.Errorf("%+v %v", again, err)
		}
		list, _, err := w.AuthKeys(t.Context(), admin, true, 10, "")
		if err != nil || len(list) != 1 || list[0].ID != made.ID || list[0].Used != 1 {
			t.Errorf("%+v %v", list, err)
		}
		p, err := w.Proof(t.Context(), first.ID)
		if err != nil || p.Channel != platform.Agent || p.Device != first.Device {
			t.Errorf("%+v %v", p, err)
		}
		if err := w.LeaveComputer(t.Context(), p, "allowed", 0); err != nil {
			t.Fatal(err)
		}
		w.Settle(t)
		if err := w.LeaveComputer(t.Context(), p, "allowed", 0); codeOf(err) != "key.ended" {
			t.Errorf("leaving twice: %v", err)
		}
		if _, err := w.Proof(t.Context(), first.ID); codeOf(err) != "key.ended" {
			t.Errorf("a key that has left: %v", err)
		}
		if _, err := w.register(t, secret, request); codeOf(err) != "key.ended" {
			t.Errorf("a key that has ended came back: %v", err)
		}
	})
}

// What does not let in: nothing, something else, too late, too often, the wrong system, what was taken back.
func TestAuthorizationKeysThatDoNotCount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		refused := func(what, secret string) {
			t.Helper()
			if _, err := w.register(t, secret, csr(t)); codeOf(err) != "registration.key" {
				t.Errorf("%s: %v", what, err)
			}
		}
		refused("no key", "")
		refused("a guessed one", strings.Repeat("A", 26))
		_, mac := w.secret(t, func(d *AuthKeyDraft) { d.Platforms = []string{"macos"} })
		refused("of another system", mac)
		_, once := w.secret(t, func(*AuthKeyDraft) {})
		if _, err := w.register(t, once, csr(t)); err != nil {
			t.Fatal(err)
		}
		refused("used up", once)
		k, back := w.secret(t, func(*AuthKeyDraft) {})
		if err := w.EndAuthKey(t.Context(), admin, k.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.EndAuthKey(t.Context(), admin, k.ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("taken back twice: %v", err)
		}
		w.Clock.Advance(time.Hour) // failures are forgotten by then
		_, late := w.secret(t, func(*AuthKeyDraft) {})
		refused("taken back", back)
		w.Clock.Advance(time.Hour)
		refused("expired", late)
	})
}

// Wrong keys of one network are counted and recorded, and a right one is never kept waiting by them.
func TestWrongKeysAreBoundedAndDoNotHinderRightOnes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 30 {
			if _, err := w.register(t, "wrong", csr(t)); codeOf(err) != "registration.key" && !problem.Is(err, problem.Throttled) {
				t.Fatal(err)
			}
		}
		list, _, err := w.Log.List(t.Context(), admin, audit.Filter{Action: "computer.register-refused"}, audit.Page{Limit: 100})
		if err != nil || len(list) == 0 || len(list) > 10 {
			t.Errorf("%d records %v", len(list), err)
		}
		_, secret := w.secret(t, func(*AuthKeyDraft) {})
		if _, err := w.register(t, secret, csr(t)); err != nil {
			t.Errorf("a right key: %v", err)
		}
	})
}

// Closed is closed to who is new alone, everywhere or at one server.
func TestNoNewRegistrations(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, secret := w.secret(t, func(d *AuthKeyDraft) { d.Uses = 5 })
		request := csr(t)
		k, err := w.register(t, secret, request)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range []Closed{{Zone: true}, {Servers: []string{"s-1"}}} {
			if err := w.Close(t.Context(), admin, c, int64(i)); err != nil {
				t.Fatal(err)
			}
			if _, err := w.register(t, secret, csr(t)); codeOf(err) != "registration.closed" {
				t.Errorf("%+v: %v", c, err)
			}
			if _, err := w.register(t, secret, request); err != nil {
				t.Errorf("who is in already: %v", err)
			}
		}
		p, err := w.Proof(t.Context(), k.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Renew(t.Context(), p, csr(t)); err != nil {
			t.Errorf("renewing: %v", err)
		}
		if err := w.Close(t.Context(), admin, Closed{Servers: []string{"s-2"}}, 2); err != nil {
			t.Fatal(err)
		}
		if _, err := w.register(t, secret, csr(t)); err != nil {
			t.Errorf("another server is closed: %v", err)
		}
	})
}

func TestKeysNeedTheRight(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		nobody := scope.Caller{Kind: scope.Admin, ID: "a"}
		if _, _, err := w.AddAuthKey(t.Context(), nobody, AuthKeyDraft{Name: "x", Uses: 1, Life: time.Hour}); !problem.Is(err, problem.Forbidden) {
			t.Error(err)
		}
		if _, _, err := w.AuthKeys(t.Context(), nobody, false, 10, ""); !problem.Is(err, problem.Forbidden) {
			t.Error(err)
		}
		if err := w.EndAuthKey(t.Context(), nobody, "x"); !problem.Is(err, problem.Forbidden) {
			t.Error(err)
		}
		if err := w.Close(t.Context(), nobody, Closed{Zone: true}, 0); !problem.Is(err, problem.Forbidden) {
			t.Error(err)
		}
	})
}
