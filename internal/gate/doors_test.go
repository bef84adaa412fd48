package gate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"drover/internal/base/addrrule"
	"drover/internal/core/door"
	"drover/internal/core/door/doortest"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// plan compiles what a test says about all servers.
func plan(t testing.TB, say func(*door.Place)) door.Plan {
	t.Helper()
	d := door.Default()
	say(&d.Zone)
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
	return d.Compile("", nil)
}

func (s *sample) say(t testing.TB, say func(*door.Place)) {
	t.Helper()
	for name, d := range plan(t, say) {
		s.doors[name] = d
	}
}

// from asks as somebody at an address.
func from(h http.Handler, addr, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(addr), 4711).String()
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// built returns a route of every service that is built, for anyone.
func built() (routes []Route) {
	for _, s := range door.Catalogue() {
		if s.Built {
			routes = append(routes, Route{Service: s.Name, Method: "GET", Pattern: "/" + string(s.Name), Who: Anyone("for the test"), Handler: text("ok")})
		}
	}
	return routes
}

func (s *sample) own(name zone.Service) http.Handler {
	row, _ := door.Lookup(name)
	if row.Surface == zone.SurfaceAdmin {
		return s.Admin()
	}
	return s.Device()
}

// TestS26MatrixOfServiceAddressAndState is every service by every state of its door by every kind of address: who is not let in
// cannot tell a closed door from none.
func TestS26MatrixOfServiceAddressAndState(t *testing.T) {
	s := newSample(t, built()...)
	addresses := map[string]bool{"10.0.0.7": true, "::ffff:10.0.0.7": true, "fd00::7": true, "198.51.100.7": false, "2001:db8::7": false, "127.0.0.1": false}
	filters := map[string]*door.Filter{
		"none":          nil,
		"internal only": {Rules: []door.Rule{{Verdict: door.Allow, From: door.AllInternal}}, Otherwise: door.Deny},
		"not internal":  {Rules: []door.Rule{{Verdict: door.Deny, From: door.AllInternal}}, Otherwise: door.Allow},
		"nobody":        {Otherwise: door.Deny},
	}
	for _, row := range door.Catalogue() {
		if !row.Built {
			continue
		}
		for state, f := range filters {
			for _, off := range []bool{false, true} {
				s.say(t, func(p *door.Place) {
					*p.Category(row.Category()) = f
					if off && !row.Required {
						p.Settle(row.Name).On = new(bool)
					}
				})
				for addr, inside := range addresses {
					want := map[string]bool{"none": true, "internal only": inside, "not internal": !inside, "nobody": false}[state] && (!off || row.Required) ||
						row.Name == zone.ServiceMonitoring && addr == "127.0.0.1"
					w := from(s.own(row.Name), addr, "GET", "/"+string(row.Name))
					if (w.Code == http.StatusOK) != want {
						t.Errorf("%s, %s, off %t, from %s: %d", row.Name, state, off, addr, w.Code)
					}
					if none := from(s.own(row.Name), addr, "GET", "/nothing/here"); !want && (w.Code != none.Code || cut(w.Body.String()) != cut(none.Body.String()) || len(w.Header()) != len(none.Header())) {
						t.Errorf("%s from %s can be told from nothing: %d %v", row.Name, addr, w.Code, w.Header())
					}
				}
			}
		}
	}
	reasons := map[string]int{}
	for _, v := range s.visits.list {
		reasons[v.Refused]++
		if v.Refused == "address" && v.Service == "" {
			t.Error("a refusal does not name its service")
		}
	}
	if reasons["address"] == 0 || reasons["off"] == 0 || reasons[""] == 0 {
		t.Errorf("recorded are %v", reasons)
	}
}

// TestForwardedAddressesAreJudged: the rules see who a trusted proxy speaks for, and nobody else's claims.
func TestForwardedAddressesAreJudged(t *testing.T) {
	s := newSample(t, built()...)
	list, err := addrrule.ParseList([]string{"192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	proxies, err := addrrule.NewProxies(list, "")
	if err != nil {
		t.Fatal(err)
	}
	s.TrustProxies(proxies)
	s.say(t, func(p *door.Place) {
		p.Endpoint = &door.Filter{Rules: []door.Rule{{Verdict: door.Allow, From: "10.0.0.0/8"}}, Otherwise: door.Deny}
	})
	for _, tt := range []struct {
		peer, forwarded string
		code            int
	}{
		{"192.0.2.1", "10.0.0.7", 200},
		{"192.0.2.1", "198.51.100.7", 404},
		{"192.0.2.1", "10.0.0.7, 198.51.100.7", 404},
		{"192.0.2.1", "", 404},
		{"198.51.100.7", "10.0.0.7", 404},
		{"10.0.0.7", "198.51.100.7", 200},
	} {
		for _, header := range []string{"X-Forwarded-For", "Forwarded", "X-Real-IP", "X_Forwarded_For"} {
			if header != "X-Forwarded-For" && tt.code == 200 && tt.peer == "192.0.2.1" {
				continue
			}
			if w := from(s.Device(), tt.peer, "GET", "/portal", header, tt.forwarded); w.Code != tt.code {
				t.Errorf("%s from %s, %s: %d, want %d", header, tt.peer, tt.forwarded, w.Code, tt.code)
			}
		}
	}
}

func TestRates(t *testing.T) {
	s := newSample(t, append(built(), Route{
		Service: zone.ServiceCompanion, Method: "GET", Pattern: "/signed", Who: Device(), Handler: text("ok"),
	})...)
	s.say(t, func(p *door.Place) {
		p.Settle(zone.ServicePortal).PerAddress = 3
		p.Settle(zone.ServiceCompanion).PerDevice = 2
	})
	codes := func(n int, ask func() *httptest.ResponseRecorder) (list []int) {
		for range n {
			list = append(list, ask().Code)
		}
		return list
	}
	got := codes(5, func() *httptest.ResponseRecorder { return from(s.Device(), "2001:db8::1", "GET", "/portal") })
	if fmt.Sprint(got) != "[200 200 200 429 429]" {
		t.Errorf("one address got %v", got)
	}
	w := from(s.Device(), "2001:db8::2", "GET", "/portal") // of the same customer
	if w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("the neighbour got %d %v", w.Code, w.Header())
	}
	if w := from(s.Device(), "2001:db8:0:1::1", "GET", "/portal"); w.Code != 200 {
		t.Errorf("somebody else got %d", w.Code)
	}
	got = codes(3, func() *httptest.ResponseRecorder {
		return from(s.Device(), "198.51.100.1", "GET", "/signed", "Authorization", "Bearer device:x", "Signature", "x")
	})
	if fmt.Sprint(got) != "[200 200 429]" {
		t.Errorf("one device got %v", got)
	}
}

func TestRatesAreBoundedAndEven(t *testing.T) {
	var r rates
	now := time.Now()
	for i := range 3 * maxRates {
		a := netip.AddrFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)})
		if _, err := r.count(rateKey{network: a}, 10, now); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.until) > maxRates {
		t.Errorf("%d callers are kept", len(r.until))
	}
	k, served := rateKey{device: "d"}, 0
	for i := range 600 { // ten minutes, a request each second, six a minute are taken
		if _, err := r.count(k, 6, now.Add(time.Duration(i)*time.Second)); err == nil {
			served++
		}
	}
	if served < 60 || served > 67 {
		t.Errorf("%d of 600 were served", served)
	}
}

func TestBoundsOfADoorAreBelowTheRoutesOwn(t *testing.T) {
	s := newSample(t, Route{
		Service: zone.ServicePortal, Method: "POST", Pattern: "/x", Who: Anyone("for the test"), Body: 100,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			end, _ := r.Context().Deadline()
			_ = json.NewEncoder(w).Encode(time.Until(end).Round(time.Second).Seconds())
		}),
	})
	for _, tt := range []struct {
		body, size int64
		seconds    int
		code       int
		time       string
	}{{0, 100, 0, 200, "30"}, {10, 10, 5, 200, "5"}, {10, 11, 5, 413, ""}, {1000, 101, 100, 413, ""}, {1000, 100, 100, 200, "30"}} {
		s.say(t, func(p *door.Place) {
			x := p.Settle(zone.ServicePortal)
			x.Body, x.Seconds = tt.body, tt.seconds
		})
		r := httptest.NewRequest("POST", "/x", strings.NewReader(strings.Repeat("x", int(tt.size))))
		w := httptest.NewRecorder()
		s.Device().ServeHTTP(w, r)
		if w.Code != tt.code || tt.code == 200 && strings.TrimSpace(w.Body.String()) != tt.time {
			t.Errorf("%+v: %d %s", tt, w.Code, w.Body)
		}
	}
}

// TestObserve has a service that judges the proof itself refuse who proves to be a device by less than a signature where the
// door is strict, and counts the device where it is not.
func TestObserve(t *testing.T) {
	s := newSample(t, Route{
		Service: zone.ServiceCollection, Method: "GET", Pattern: "/x", Who: ByProtocol("a token"),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if Strict(r.Context()) {
				WriteProblem(w, r, errForbidden)
				return
			}
			Came(r.Context(), scope.Caller{Kind: scope.Device, ID: "d-1"}, true)
		}),
	})
	for _, tt := range []struct {
		level door.Level
		code  int
		who   string
	}{{door.Strict, 403, ""}, {door.Observe, 200, "d-1"}} {
		s.doors[zone.ServiceCollection] = &door.Door{On: true, Level: tt.level}
		w := ask(s.Device(), "GET", "/x")
		v := s.visits.list[len(s.visits.list)-1]
		if w.Code != tt.code || v.Caller != tt.who || v.Unproven != (tt.who != "") {
			t.Errorf("%+v: %d, counted %+v", tt, w.Code, v)
		}
	}
	if !Strict(t.Context()) {
		t.Error("outside the gate anything goes")
	}
}

// BenchmarkDoor is a request that meets a thousand rules, of which none matches.
func BenchmarkDoor(b *testing.B) {
	s := newSample(b, built()...)
	s.traffic = nil
	s.doors = doortest.Doors{}
	s.Gate.doors = s.doors
	s.say(b, func(p *door.Place) {
		p.Endpoint = &door.Filter{Otherwise: door.Allow}
		for i := range 1000 {
			p.Endpoint.Rules = append(p.Endpoint.Rules, door.Rule{Verdict: door.Deny, From: fmt.Sprintf("203.%d.%d.0/24", i/250, i%250)})
		}
	})
	d, a, now := s.doors[zone.ServicePortal], netip.MustParseAddr("198.51.100.1"), time.Now()
	b.ReportAllocs()
	for b.Loop() {
		if !d.Admits(a, now) {
			b.Fatal("refused")
		}
	}
}
