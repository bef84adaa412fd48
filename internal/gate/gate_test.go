package gate

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"drover/internal/base/addrrule"
	"drover/internal/base/problem"
	"drover/internal/core/door"
	"drover/internal/core/door/doortest"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// byToken takes "Authorization: Bearer <kind>:<right>" for proof; test callers are what they say.
func byToken(r *http.Request) (scope.Caller, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	kind, right, _ := strings.Cut(token, ":")
	if !ok || kind == "" {
		return scope.Caller{}, problem.New(problem.Unauthenticated, "signin", "Sign in.")
	}
	return scope.Caller{Kind: scope.Kind(kind), ID: "someone", Grants: []scope.Grant{{Rights: []scope.Right{scope.Right(right)}}}}, nil
}

// sample is a gate with a log that can be read.
type sample struct {
	*Gate
	log     bytes.Buffer
	metrics *prometheus.Registry
	doors   doortest.Doors
	visits  visits
}

type visits struct {
	mu   sync.Mutex
	list []Visit
}

func (v *visits) Record(one Visit) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.list = append(v.list, one)
}

func options(routes []Route) Options {
	return Options{
		Routes: routes, Doors: doortest.Doors{}, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
		Authenticators: map[Audience]Authenticator{AudienceAdmin: byToken, AudienceUser: byToken, AudienceDevice: byToken, AudienceAgent: byToken},
	}
}

func newSample(t testing.TB, routes ...Route) *sample {
	t.Helper()
	s := &sample{metrics: prometheus.NewRegistry(), doors: doortest.Doors{}}
	o := options(routes)
	o.Log, o.Metrics, o.Doors, o.Traffic = slog.New(slog.NewTextHandler(&s.log, nil)), s.metrics, s.doors, &s.visits
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Gate = g
	return s
}

func text(body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
}

func get(pattern string, who Who, h http.Handler) Route {
	return Route{Service: zone.ServiceAdminAPI, Method: http.MethodGet, Pattern: pattern, Who: who, Handler: h}
}

func ask(h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestRoutesWithoutStatementFailAtTheStart(t *testing.T) {
	ok := text("")
	anyone := Anyone("for the test")
	tests := map[string]Route{
		"does not say to which service it belongs": {Method: "GET", Pattern: "/a", Who: anyone, Handler: ok},
		"the unknown service":                      {Service: "magic", Method: "GET", Pattern: "/a", Who: anyone, Handler: ok},
		"is not built":                             {Service: zone.ServiceQuickTask, Method: "GET", Pattern: "/a", Who: anyone, Handler: ok},
		"does not say who may call it":             get("/a", Who{}, ok),
		"no reason for asking for no proof":        get("/a", Anyone(""), ok),
		"asks administrators for no right":         get("/a", AnyAdmin(""), ok),
		"the unknown right":                        get("/a", Admin("device.fly"), ok),
		"has no handler":                           get("/a", anyone, nil),
		"has the method":                           {Service: zone.ServiceAdminAPI, Method: "get", Pattern: "/a", Who: anyone, Handler: ok},
		"no request can match":                     get("/a//b", anyone, ok),
		"a misplaced brace":                        get("/a/{rest...}/b", anyone, ok),
		"negative limit for its body":              {Service: zone.ServiceAdminAPI, Method: "GET", Pattern: "/a", Who: anyone, Handler: ok, Body: -1},
		"negative limit for its time":              {Service: zone.ServiceAdminAPI, Method: "GET", Pattern: "/a", Who: anyone, Handler: ok, Time: -2},
		"matches any case":                         {Service: zone.ServiceAdminAPI, Method: "GET", Pattern: "/a", Who: anyone, Handler: ok, AnyCase: true},
	}
	var all []Route
	for want, route := range tests {
		all = append(all, route)
		if _, err := New(options([]Route{route})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	_, err := New(options(all))
	for want := range tests {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("faults are not told all at once: %q is missing", want)
		}
	}
	if _, err := New(options([]Route{get("/{a}/x", anyone, ok), get("/{b}/x", anyone, ok)})); err == nil {
		t.Error("two routes at one place were accepted")
	}
	o := options([]Route{get("/a", User(), ok)})
	o.Authenticators = nil
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "nothing authenticates") {
		t.Errorf("a route nobody can authenticate: %v", err)
	}
}

func TestRouting(t *testing.T) {
	echo := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, name+":"+r.PathValue("id")+":"+r.PathValue("rest")+":"+r.URL.Path)
		})
	}
	anyone := Anyone("for the test")
	s := newSample(t,
		get("/", anyone, echo("root")), get("/devices/{id}", anyone, echo("device")), get("/devices/new", anyone, echo("new")),
		get("/devices/{id}/facts", anyone, echo("facts")), get("/files/{rest...}", anyone, echo("file")),
		Route{Service: zone.ServiceActiveSync, Method: "POST", Pattern: "/Microsoft-Server-ActiveSync", AnyCase: true, Who: anyone, Handler: echo("eas")},
	)
	for target, want := range map[string]string{
		"/": "root:::/", "/devices/7": "device:7::/devices/7", "/devices/new": "new:::/devices/new",
		"/devices/new/facts": "facts:new::/devices/new/facts", "/files/": "file:::/files/", "/files/a/b": "file::a/b:/files/a/b",
		"/devices/%37?x=%2e%2e/": "device:7::/devices/7", "/devices/J%C3%B6rg": "device:Jörg::/devices/Jörg",
	} {
		if w := ask(s.Admin(), "GET", target); w.Body.String() != want {
			t.Errorf("%s: %d %s, want %s", target, w.Code, w.Body, want)
		}
	}
	for _, target := range []string{"/devices", "/devices/", "/Devices/7", "/devices/7/", "/devices/7/facts/x", "/FILES/a", "/Microsoft-Server-ActiveSync"} {
		if w := ask(s.Admin(), "GET", target); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", target, w.Code)
		}
	}
	for _, target := range []string{"/Microsoft-Server-ActiveSync?Cmd=Ping", "/microsoft-server-activesync", "/MICROSOFT-SERVER-ACTIVESYNC"} {
		if w := ask(s.Device(), "POST", target); !strings.HasPrefix(w.Body.String(), "eas:") {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	for _, target := range []string{"/microsoft-server-activesync/", "/micro%C5%BFoft-server-activesync", "/devices/7", "/"} {
		if w := ask(s.Device(), "POST", target); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", target, w.Code)
		}
	}
	if w := ask(s.Admin(), "DELETE", "/devices/7"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("DELETE: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	if w := ask(s.Admin(), "HEAD", "/devices/7"); w.Code != http.StatusOK {
		t.Errorf("HEAD: %d", w.Code)
	}
}

func TestSwitchTakesEffectAtOnce(t *testing.T) {
	anyone := Anyone("for the test")
	s := newSample(t,
		Route{Service: zone.ServiceDashboard, Method: "GET", Pattern: "/page", Who: anyone, Handler: text("page")},
		get("/api", anyone, text("api")))
	for _, closed := range []bool{false, true, false} {
		want := http.StatusOK
		delete(s.doors, zone.ServiceDashboard)
		if closed {
			s.doors[zone.ServiceDashboard], want = doortest.Off, http.StatusNotFound
		}
		if w := ask(s.Admin(), "GET", "/page"); w.Code != want {
			t.Errorf("closed %t: %d, want %d", closed, w.Code, want)
		}
		if w := ask(s.Admin(), "GET", "/api"); w.Code != http.StatusOK {
			t.Errorf("the API is closed with it: %d", w.Code)
		}
	}
	none := ask(s.Admin(), "GET", "/none")
	s.doors[zone.ServiceDashboard] = doortest.Off
	for _, method := range []string{"GET", "POST"} {
		off := ask(s.Admin(), method, "/page")
		if off.Code != none.Code || cut(off.Body.String()) != cut(none.Body.String()) || len(off.Header()) != len(none.Header()) {
			t.Errorf("a service that is off can be told from none by %s:\n%v %s\n%v %s", method, off.Header(), off.Body, none.Header(), none.Body)
		}
	}
}

// cut removes the id of the request from a problem.
func cut(document string) string {
	before, _, _ := strings.Cut(document, `,"request":`)
	return before
}

func TestWhoMayCall(t *testing.T) {
	s := newSample(t,
		get("/right", Admin(scope.DeviceRead), text("ok")), get("/any", AnyAdmin("for the test"), text("ok")),
		get("/user", User(), text("ok")), get("/device", Device(), text("ok")), get("/anyone", Anyone("for the test"), text("ok")))
	const read = "Bearer admin:device.read"
	tests := []struct {
		path, authorization string
		want                int
	}{
		{"/right", "", 401},
		{"/right", read, 200},
		{"/right", "Bearer token:device.read", 200},
		{"/right", "Bearer admin:device.lock", 403},
		{"/right", "Bearer user:device.read", 403},
		{"/right", "Bearer device:device.read", 403},
		{"/right", "Bearer system:device.read", 403},
		{"/any", "", 401},
		{"/any", "Bearer admin:", 200},
		{"/any", "Bearer user:", 403},
		{"/user", "Bearer user:", 200},
		{"/user", read, 403},
		{"/device", "Bearer device:", 200},
		{"/device", "Bearer user:", 403},
		{"/anyone", "", 200},
	}
	for _, tt := range tests {
		if w := ask(s.Admin(), "GET", tt.path, "Authorization", tt.authorization); w.Code != tt.want {
			t.Errorf("%s with %q: %d, want %d", tt.path, tt.authorization, w.Code, tt.want)
		}
	}
	if w := ask(s.Admin(), "GET", "/right"); w.Header().Get("WWW-Authenticate") == "" || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("401 without its headers: %v", w.Header())
	}
}

// trace notes the order in which things happen to a request.
type trace struct {
	io.Reader
	steps []string
}

func (tr *trace) Read(p []byte) (int, error) {
	tr.steps = append(tr.steps, "read")
	return tr.Reader.Read(p)
}

// What was sent is not looked at before the caller is proven and allowed.
func TestS3AuthenticateAuthoriseParse(t *testing.T) {
	payload := "${7*7} #{7*7} {{7*7}} <%= 7*7 %> %{7*7}"
	for _, tt := range []struct {
		authorization string
		code          int
		steps         string
	}{{"", 401, ""}, {"Bearer admin:device.lock", 403, ""}, {"Bearer admin:device.edit", 200, "handler read read"}} {
		sent := &trace{Reader: strings.NewReader(payload)}
		s := newSample(t, Route{
			Service: zone.ServiceAdminAPI, Method: "POST", Pattern: "/x", Who: Admin(scope.DeviceEdit), Body: 1 << 10,
			Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				sent.steps = append(sent.steps, "handler")
				if got, err := io.ReadAll(r.Body); err != nil || string(got) != payload {
					t.Errorf("read %q, %v", got, err)
				}
			}),
		})
		s.authenticate[AudienceAdmin] = func(r *http.Request) (scope.Caller, error) {
			if rest, err := io.ReadAll(r.Body); len(rest) != 0 || err != nil {
				t.Errorf("the authenticator could read %q", rest)
			}
			return byToken(r)
		}
		r := httptest.NewRequest("POST", "/x?q=${7*7}{{7*7}}", sent)
		r.Header.Set("Authorization", tt.authorization)
		r.Header.Set("X-Payload", payload)
		w := httptest.NewRecorder()
		s.Admin().ServeHTTP(w, r)
		if w.Code != tt.code || strings.Join(sent.steps, " ") != tt.steps {
			t.Errorf("%q: %d after %q, want %d after %q", tt.authorization, w.Code, sent.steps, tt.code, tt.steps)
		}
		if strings.Contains(w.Body.String()+s.log.String(), "7*7") || w.Code != 200 && strings.Contains(cut(w.Body.String()), "49") {
			t.Errorf("input came back: %s %s", w.Body, s.log.String())
		}
	}
}

// Nobody but a trusted proxy vouches for an address, and nobody at all for a certificate.
func TestS12S16HeaderSpoofing(t *testing.T) {
	var seen netip.Addr
	var left http.Header
	s := newSample(t, get("/x", Anyone("for the test"), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen, left = ClientAddr(r.Context()), r.Header.Clone()
	})))
	list, err := addrrule.ParseList([]string{"10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	proxies, err := addrrule.NewProxies(list, "")
	if err != nil {
		t.Fatal(err)
	}
	s.TrustProxies(proxies)
	spoofs := []string{
		"Forwarded", "X-Real-IP", "True-Client-IP", "X-Client-IP", "CF-Connecting-IP", "X-Cluster-Client-IP",
		"Fastly-Client-IP", "X-SSL-Client-Cert", "X-SSL-Client-Verify", "SSL-Client-Cert", "X-Forwarded-Client-Cert", "Client-Cert",
		"X-ARR-ClientCert", "X-Client-Cert", "X-Forwarded-Host", "X-Forwarded-User", "X-Forwarded-Proto", "X-Original-URL", "X-Rewrite-URL",
		"X-HTTP-Method-Override", "X_Forwarded_For", "X_SSL_Client_Cert", "X-Request-ID", "Remote-User",
	}
	for _, tt := range []struct{ peer, forwarded, want string }{
		{"203.0.113.9", "", "203.0.113.9"},
		{"203.0.113.9", "10.1.1.1", "203.0.113.9"},
		{"203.0.113.9", "198.51.100.1", "203.0.113.9"},
		{"10.0.0.1", "", "10.0.0.1"},
		{"10.0.0.1", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1", "127.0.0.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"},
		{"2001:db8::1", "10.0.0.1", "2001:db8::1"},
		{"::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"},
	} {
		for _, spoof := range spoofs {
			r := httptest.NewRequest("GET", "/x", nil)
			r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(tt.peer), 4711).String()
			r.Header.Set(spoof, "127.0.0.1")
			r.Header.Set("User-Agent", "kept")
			if tt.forwarded != "" {
				r.Header.Set("X-Forwarded-For", tt.forwarded)
			}
			s.Admin().ServeHTTP(httptest.NewRecorder(), r)
			if seen.String() != tt.want {
				t.Errorf("from %s, X-Forwarded-For %q, %s: %s, want %s", tt.peer, tt.forwarded, spoof, seen, tt.want)
			}
			if len(left) != 1 || left.Get("User-Agent") != "kept" {
				t.Errorf("%s reaches the service: %v", spoof, left)
			}
		}
	}
}

func TestBodyLimit(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			WriteProblem(w, r, err)
		}
	})
	s := newSample(t,
		Route{Service: zone.ServiceAdminAPI, Method: "POST", Pattern: "/ten", Who: Anyone("for the test"), Body: 10, Handler: handler},
		Route{Service: zone.ServiceAdminAPI, Method: "POST", Pattern: "/none", Who: Anyone("for the test"), Handler: handler})
	for _, tt := range []struct {
		path    string
		size    int
		chunked bool
		want    int
	}{
		{"/ten", 10, false, 200},
		{"/ten", 11, false, 413},
		{"/ten", 10, true, 200},
		{"/ten", 11, true, 413},
		{"/none", 0, false, 200},
		{"/none", 1, false, 413},
		{"/none", 1, true, 413},
	} {
		r := httptest.NewRequest("POST", tt.path, strings.NewReader(strings.Repeat("x", tt.size)))
		if tt.chunked {
			r.ContentLength = -1
		}
		w := httptest.NewRecorder()
		s.Admin().ServeHTTP(w, r)
		if w.Code != tt.want {
			t.Errorf("%+v: %d", tt, w.Code)
		}
	}
}

func TestTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
				w.WriteHeader(http.StatusServiceUnavailable)
			case <-Stopping(r.Context()):
			}
		})
		s := newSample(t, get("/short", Anyone("for the test"), wait),
			Route{Service: zone.ServiceAdminAPI, Method: "GET", Pattern: "/held", Who: Anyone("for the test"), Time: Held, Handler: wait})
		start := time.Now()
		if w := ask(s.Admin(), "GET", "/short"); w.Code != http.StatusServiceUnavailable || time.Since(start) != DefaultTime {
			t.Errorf("%d after %s", w.Code, time.Since(start))
		}
		time.AfterFunc(time.Hour, s.Stop)
		start = time.Now()
		if w := ask(s.Admin(), "GET", "/held"); w.Code != http.StatusOK || time.Since(start) != time.Hour {
			t.Errorf("held: %d after %s", w.Code, time.Since(start))
		}
	})
}

// One request never ends the process, and half an answer never looks whole.
func TestS14APanicEndsOneExchange(t *testing.T) {
	s := newSample(t,
		get("/early", Anyone("for the test"), http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret of a device") })),
		get("/late", Anyone("for the test"), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			var none []int
			_ = none[len(w.Header())+1]
		})))
	w := ask(s.Admin(), "GET", "/early")
	if w.Code != 500 || strings.Contains(w.Body.String()+s.log.String(), "secret") {
		t.Errorf("%d %s\n%s", w.Code, w.Body, s.log.String())
	}
	func() {
		defer func() {
			if v := recover(); v != http.ErrAbortHandler {
				t.Errorf("the connection is not cut: %v", v)
			}
		}()
		ask(s.Admin(), "GET", "/late")
	}()
	if log := s.log.String(); !strings.Contains(log, "index out of range") || !strings.Contains(log, "stack=") {
		t.Errorf("the log does not tell why: %s", log)
	}
}

func TestBrowserSurface(t *testing.T) {
	post := func(service zone.Service, pattern string) Route {
		return Route{Service: service, Method: "POST", Pattern: pattern, Who: Anyone("for the test"), Handler: text("ok")}
	}
	s := newSample(t, post(zone.ServiceAdminAPI, "/x"), post(zone.ServiceActiveSync, "/x"))
	w := ask(s.Admin(), "POST", "/x")
	for name := range browserHeaders {
		if w.Header().Get(name) == "" {
			t.Errorf("%s is not sent", name)
		}
	}
	for _, site := range []string{"cross-site", "same-site"} {
		if w := ask(s.Admin(), "POST", "/x", "Sec-Fetch-Site", site); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", site, w.Code)
		}
	}
	if w := ask(s.Admin(), "POST", "/x", "Origin", "https://evil.example"); w.Code != http.StatusForbidden {
		t.Errorf("foreign origin: %d", w.Code)
	}
	if w := ask(s.Admin(), "POST", "/x", "Sec-Fetch-Site", "same-origin"); w.Code != http.StatusOK {
		t.Errorf("same origin: %d", w.Code)
	}
	if w := ask(s.Device(), "POST", "/x", "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusOK || len(w.Header()["Content-Security-Policy"]) != 0 {
		t.Errorf("a device is treated as a browser: %d", w.Code)
	}
}

func TestRecords(t *testing.T) {
	s := newSample(t, Route{
		Service: zone.ServiceAdminAPI, Method: "POST", Pattern: "/users/{id}", Who: Admin(scope.UserRead), Body: 100,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if Caller(r.Context()).Addr != ClientAddr(r.Context()) || len(RequestID(r.Context())) != 16 {
				t.Error("the handler does not know who calls")
			}
			_, _ = io.Copy(w, r.Body)
		}),
	})
	r := httptest.NewRequest("POST", "/users/anna?mail=anna@example.org", strings.NewReader("hello"))
	r.Header.Set("Authorization", "Bearer admin:user.read")
	s.Admin().ServeHTTP(httptest.NewRecorder(), r)
	ask(s.Admin(), "POST", "/users/anna?mail=anna@example.org")
	ask(s.Admin(), "GET", "/a;b")
	log := s.log.String()
	if strings.Contains(log, "anna") || !strings.Contains(log, "route=/users/{id}") || !strings.Contains(log, "reason=unauthenticated") {
		t.Errorf("the log: %s", log)
	}
	if len(s.visits.list) != 3 {
		t.Fatalf("%d visits", len(s.visits.list))
	}
	if v := s.visits.list[0]; v.BytesIn != 5 || v.BytesOut != 5 || v.Status != 200 || v.Kind != scope.Admin || v.Route != "/users/{id}" || v.Refused != "" {
		t.Errorf("%+v", v)
	}
	if v := s.visits.list[2]; v.Status != 400 || v.Refused != "path" || v.Service != "" {
		t.Errorf("%+v", v)
	}
	families, err := s.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			counts[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	for name, want := range map[string]float64{
		"drover_gate_requests_total admin-api 2xx": 1, "drover_gate_requests_total admin-api 4xx": 1, "drover_gate_requests_total none 4xx": 1,
		"drover_gate_refused_total unauthenticated admin-api": 1, "drover_gate_refused_total path none": 1,
		"drover_gate_octets_total in admin-api": 5, "drover_gate_running admin-api": 0,
	} {
		if got, ok := counts[name]; !ok || got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
}

func TestAuthenticatorFaultIsNotASignInFault(t *testing.T) {
	s := newSample(t, get("/x", User(), text("ok")))
	for _, tt := range []struct {
		err  error
		code int
	}{
		{errors.New("database: password of root is x"), 500},
		{problem.New(problem.Unavailable, "db", "Later."), 503},
		{problem.New(problem.Throttled, "slow", "Later.").WithRetry(1500 * time.Millisecond), 429},
	} {
		s.authenticate[AudienceUser] = func(*http.Request) (scope.Caller, error) { return scope.Caller{}, tt.err }
		w := ask(s.Admin(), "GET", "/x")
		if w.Code != tt.code || strings.Contains(w.Body.String(), "root") {
			t.Errorf("%v: %d %s", tt.err, w.Code, w.Body)
		}
		if tt.code == 429 && w.Header().Get("Retry-After") != "2" {
			t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
		}
	}
}

func TestOutsideTheGateNothingIsKnown(t *testing.T) {
	ctx := context.Background()
	if ClientAddr(ctx).IsValid() || RequestID(ctx) != "" || Stopping(ctx) != nil || len(Caller(ctx).Grants) != 0 {
		t.Error("something is known")
	}
}

// TestDoorsThatAreNotKnown has the doors be unreadable: a service then says to come back, not that it does not exist,
// which clients would take for good.
func TestDoorsThatAreNotKnown(t *testing.T) {
	s := newSample(t, Route{Service: zone.ServiceActiveSync, Method: http.MethodGet, Pattern: "/mail", Who: ByProtocol("a test"), Handler: http.NotFoundHandler()})
	for known, want := range map[*door.Door]int{nil: http.StatusServiceUnavailable, doortest.Off: http.StatusNotFound} {
		s.doors[zone.ServiceActiveSync] = known
		w := ask(s.Device(), http.MethodGet, "/mail")
		if w.Code != want || (w.Header().Get("Retry-After") == "") == (want == http.StatusServiceUnavailable) {
			t.Errorf("with the door %v: %d, Retry-After %q", known, w.Code, w.Header().Get("Retry-After"))
		}
	}
}
