package endtoend

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/core/door"
	"drover/internal/core/zone"
	"drover/internal/gate/gatetest"
	"drover/internal/server"
	"drover/internal/server/zonetest"
	"drover/internal/simulate/upstream"
)

// calls asks as somebody at an address of this machine.
func (w *world) calls(t *testing.T, addr, method, url string) int {
	t.Helper()
	d := net.Dialer{Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(addr)}}
	conf := w.Client.Transport.(*http.Transport).TLSClientConfig.Clone()
	conf.ServerName = "localhost"
	tr := &http.Transport{
		TLSClientConfig: conf, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
			return d.DialContext(ctx, network, to)
		},
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Transport: tr, Timeout: time.Minute}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// TestARuleHoldsForTheNextRequest keeps one address out of what devices and users call: it sees nothing there any more by
// whatever method, others do, and both are counted; the rule goes, and it sees all again.
func TestARuleHoldsForTheNextRequest(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		w := newWorld(t, e, upstream.Options{})
		portal, mail := w.Device+"/portal", w.Device+"/Microsoft-Server-ActiveSync"
		if got := w.calls(t, "127.0.0.9", "GET", portal); got != http.StatusOK {
			t.Fatalf("at first: %d", got)
		}
		w.ChangeDoors(t, func(d *door.Document) {
			d.Zone.Endpoint = &door.Filter{Rules: []door.Rule{{Verdict: door.Deny, From: "127.0.0.9"}}, Otherwise: door.Allow}
		})
		until(t, "the rule holds", func() bool { return w.calls(t, "127.0.0.9", "GET", portal) == http.StatusNotFound })
		for _, x := range []struct {
			addr, method, url string
			want              int
		}{
			{"127.0.0.9", "DELETE", portal, 404},
			{"127.0.0.9", "POST", mail, 404},
			{"127.0.0.9", "GET", w.Device + "/nothing", 404},
			{"127.0.0.8", "GET", portal, 200},
			{"127.0.0.8", "POST", mail, 400},
			{"127.0.0.9", "GET", w.Admin + "/healthz", 200},
		} {
			if got := w.calls(t, x.addr, x.method, x.url); got != x.want {
				t.Errorf("%s %s from %s: %d, want %d", x.method, x.url, x.addr, got, x.want)
			}
		}
		if err := w.DoorStore.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, _, err := w.DoorStore.Uses(t.Context(), zonetest.System, door.Filtered{Service: zone.ServicePortal, Refused: true}, 10)
		if err != nil || len(list) != 1 || list[0].Refused != "address" || list[0].Address.String() != "127.0.0.9" || list[0].Requests < 2 {
			t.Errorf("counted are %+v (%v)", list, err)
		}
		w.ChangeDoors(t, func(d *door.Document) { d.Zone.Endpoint = nil })
		until(t, "the rule is gone", func() bool { return w.calls(t, "127.0.0.9", "GET", portal) == http.StatusOK })
	})
}

// TestAPhoneIsCountedWhenItsPasswordWasTaken: the DeviceId of somebody else is no proof of a visit.
func TestAPhoneIsCountedWhenItsPasswordWasTaken(t *testing.T) {
	w := newWorld(t, sqldb.SQLite, upstream.Options{})
	p := w.handset(t, "ann", "14.1")
	p.folders()
	id := w.device(t, p).ID
	until(t, "the phone is counted", func() bool {
		if err := w.DoorStore.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, _, err := w.DoorStore.Uses(t.Context(), zonetest.System, door.Filtered{Service: zone.ServiceActiveSync, Caller: id}, 10)
		return err == nil && len(list) > 0 && list[0].Refused == ""
	})
	d := door.Default()
	d.Zone.Settle(zone.ServiceActiveSync).On = new(bool)
	r, err := w.DoorStore.DryRun(t.Context(), zonetest.System, d, 1)
	if err != nil || r.Refused.Devices != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

// TestS26EveryRouteBehindEveryDoor is every route of the whole server by every state of its door, for a stranger and for somebody
// with a token: behind a closed door there is nothing, whoever asks.
func TestS26EveryRouteBehindEveryDoor(t *testing.T) {
	w := newWorld(t, sqldb.SQLite, upstream.Options{})
	ask := func(h http.Handler, method, path, token string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		r.RemoteAddr = netip.MustParseAddrPort("198.51.100.7:4711").String()
		if token != "" {
			r.Header.Set("Authorization", token)
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec
	}
	number := int64(0)
	holds := func(say func(*door.Place)) {
		t.Helper()
		w.ChangeDoors(t, func(d *door.Document) {
			d.Zone = door.Place{}
			say(&d.Zone)
		})
		number++
		until(t, "the doors are read", func() bool { return w.Doors.Number() == number })
	}
	states := map[string]func(*door.Place){
		"off": func(p *door.Place) {
			for _, s := range door.Catalogue() {
				if !s.Required {
					p.Settle(s.Name).On = new(bool)
				}
			}
		},
		"another address": func(p *door.Place) {
			for _, c := range door.Categories {
				*p.Category(c) = &door.Filter{Rules: []door.Rule{{Verdict: door.Allow, From: door.AllInternal}}, Otherwise: door.Deny}
			}
		},
	}
	for state, say := range states {
		holds(say)
		for _, r := range w.Gate.Routes() {
			row, _ := door.Lookup(r.Service)
			if state == "off" && row.Required {
				continue
			}
			own, _ := gatetest.Door(w.Gate, r)
			none := ask(own, r.Method, "/nothing/is/here", "")
			for _, token := range []string{"", "Bearer drv_x", "Basic YW5uOnNlY3JldA=="} {
				if got := ask(own, r.Method, gatetest.Path(r.Pattern), token); got.Code != http.StatusNotFound || strings.Contains(got.Body.String(), string(r.Service)) ||
					state != "off" && len(got.Header()) != len(none.Header()) {
					t.Errorf("%s: %s %s answers %d %v", state, r.Method, r.Pattern, got.Code, got.Header())
				}
			}
		}
	}
	holds(func(*door.Place) {})
	gatetest.AnonymousWalk(t, w.Gate, open...)
}

// TestRealProxiesAndRules has a real HAProxy, which announces its clients, before the server: rules see the clients.
func TestRealProxiesAndRules(t *testing.T) {
	w := newWorld(t, sqldb.SQLite, upstream.Options{}, func(c *server.Config) {
		c.TrustedProxies, c.ProxyProtocol = []string{"127.0.0.5"}, true
	})
	w.ChangeDoors(t, func(d *door.Document) {
		d.Zone.Endpoint = &door.Filter{Rules: []door.Rule{{Verdict: door.Deny, From: "127.0.0.9"}}, Otherwise: door.Allow}
	})
	relay := "https://" + gatetest.Relay(t, strings.TrimPrefix(w.Device, "https://"), "send-proxy-v2")
	until(t, "the rule holds through the relay", func() bool { return w.calls(t, "127.0.0.9", "GET", relay+"/portal") == http.StatusNotFound })
	if got := w.calls(t, "127.0.0.8", "GET", relay+"/portal"); got != http.StatusOK {
		t.Errorf("another client of the relay: %d", got)
	}
}
