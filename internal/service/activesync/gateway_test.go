package activesync

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/wbxml"
)

func TestBlockedDevices(t *testing.T) {
	forms(t, func(_ *testing.T, w *world, p *phone) {
		p.passes()
		w.zone.set(func() { w.zone.access = Blocked })
		p.expect("blocked", p.folderSync(), either(p.version, statusDeviceBlocked))
		p.expect("blocked", p.post(Ping, nil), either(p.version, statusDeviceBlocked))
		w.zone.set(func() { w.zone.access = Allowed })
		p.passes()
	})
}

func TestTooManyDevices(t *testing.T) {
	w := newWorld(t)
	w.zone.enrol = problem.New(problem.Conflict, "device.cap", "Too many.")
	p := w.phone(V141)
	p.expect("one too many", p.folderSync(), int(statusTooManyDevices))
	p.version = V121
	p.expect("one too many", p.folderSync(), http.StatusForbidden)
}

func TestWrongPasswordsDoNotReachTheMailServer(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.password = "old"
	for range 20 { // a phone that does not stop
		if g := p.folderSync(); g.status != http.StatusUnauthorized {
			t.Fatalf("HTTP %d", g.status)
		}
	}
	if n := len(w.mail.seen("Settings")); n != 1 {
		t.Errorf("the same wrong password was passed on %d times", n)
	}
	for i := range 20 { // somebody who guesses
		p.password = fmt.Sprintf("guess %d", i)
		p.folderSync()
	}
	if n := len(w.mail.seen("Settings")); n != wrongPerUser {
		t.Errorf("%d wrong passwords were passed on, want %d", n, wrongPerUser)
	}
	if g := p.folderSync(); g.status != http.StatusServiceUnavailable || g.header.Get("Retry-After") == "" {
		t.Errorf("HTTP %d", g.status)
	}
	if n := read(w.zone, func() int { return w.zone.asked + len(w.zone.enrolled) + len(w.zone.sightings) }); n != 0 {
		t.Errorf("what was not proven reached the zone %d times", n)
	}
	p.password, p.user = "secret", "bob"
	p.passes()
	w.clock.Advance(wrongWindow)
	p.user = "alice"
	p.passes()
}

func TestGuessersDoNotLockTheUserOut(t *testing.T) {
	w := newWorld(t)
	p, guesser := w.phone(V141), w.phone(V141)
	p.passes()
	w.clock.Advance(time.Hour) // the proof is old
	for i := range 10 {
		guesser.password = fmt.Sprintf("guess %d", i)
		guesser.folderSync()
	}
	p.passes()
}

func TestTheUserIsWhoTheCredentialsSay(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	for user, want := range map[string]int{"alice": 200, `DOM\alice`: 200, "Alice@example.test": 200, "bob": 403, "alice@elsewhere.test": 403} {
		r := p.request(FolderSync, folderSync0.Encode())
		q := r.URL.Query()
		q.Set("User", user)
		r.URL.RawQuery = q.Encode()
		if g := do(r); g.status != want {
			t.Errorf("User=%s: HTTP %d, want %d", user, g.status, want)
		}
	}
	if n := len(read(w.zone, func() []Contact { return w.zone.enrolled })); n != 1 {
		t.Errorf("%d devices were enrolled", n)
	}
	r := p.request(FolderSync, folderSync0.Encode())
	r.Header.Set("Authorization", "Bearer token")
	if g := do(r); g.status != http.StatusUnauthorized {
		t.Errorf("a bearer token that nobody validates: HTTP %d", g.status)
	}
	r.Header.Del("Authorization")
	if g := do(r); g.status != http.StatusUnauthorized || g.header.Get("Www-Authenticate") == "" {
		t.Errorf("no credentials: HTTP %d", g.status)
	}
}

func TestOptions(t *testing.T) {
	w := newWorld(t, func(u *Upstream) { u.Versions = []string{"12.1", "14.1", "16.1"} })
	r, err := http.NewRequest(http.MethodOptions, w.front.URL+Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if g := do(r); g.status != http.StatusUnauthorized {
		t.Errorf("without credentials: HTTP %d", g.status)
	}
	r.SetBasicAuth("alice", "secret")
	g := do(r)
	if got := g.header.Get("Ms-Asprotocolversions"); got != "12.1,14.1,16.1" {
		t.Errorf("versions %q", got)
	}
	if got := g.header.Get("Ms-Asprotocolcommands"); got != "Sync,FolderSync,Ping,Provision" {
		t.Errorf("commands %q", got)
	}
	p := w.phone(V141)
	p.passes()
	if n := len(w.mail.seen("Settings")); n != 1 {
		t.Error("OPTIONS was taken for a proof")
	}
}

func TestNothingIsDecidedBlindly(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.passes()
	w.zone.set(func() { w.zone.stale = true })
	if g := p.folderSync(); g.status != http.StatusServiceUnavailable || g.header.Get("Retry-After") == "" {
		t.Errorf("HTTP %d", g.status)
	}
	w.zone.set(func() { w.zone.stale, w.zone.fault, w.zone.values = false, errFault, strictValues })
	if g := p.send(Provision, wbxml.Elem(wbxml.ProvisionProvision, aboutMe, policies(p.kind()))); g.status != http.StatusServiceUnavailable {
		t.Errorf("a key that could not be kept was given: HTTP %d", g.status)
	}
}

func TestRequestLinesThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	for query, want := range map[string]int{"": 400, "Cmd=Erase&DeviceId=a": 501, "Cmd=Sync": 400, "jAAJ": 400} {
		r := p.request(FolderSync, nil)
		r.URL.RawQuery = query
		if g := do(r); g.status != want {
			t.Errorf("%q: HTTP %d, want %d", query, g.status, want)
		}
	}
	r := p.request(FolderSync, nil)
	r.Header.Set("MS-ASProtocolVersion", "15.0")
	if g := do(r); g.status != http.StatusBadRequest {
		t.Errorf("version 15.0: HTTP %d", g.status)
	}
}

func TestNoSecretIsLogged(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.password = "canary-password"
	p.folderSync()
	w.mail.setPassword("canary-password")
	w.clock.Advance(time.Hour)
	w.mail.on(func(rw http.ResponseWriter, _ *http.Request, cmd string, _ []byte) bool {
		if cmd == "FolderSync" {
			rw.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	})
	p.folderSync()
	if text := w.log.String(); text == "" || strings.Contains(text, "canary") || strings.Contains(text, "alice") {
		t.Errorf("the log says %q", text)
	}
}

func TestCredentialsAreProvenForAutodiscover(t *testing.T) {
	w := newWorld(t)
	prove := func(password string) problem.Kind {
		r, err := http.NewRequest(http.MethodPost, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("alice", password)
		if err := w.g.Prove(r); err != nil {
			return problem.From(err).Kind
		}
		return -1
	}
	if got := prove("wrong"); got != problem.Unauthenticated {
		t.Errorf("a wrong password: %v", got)
	}
	for range 3 {
		if got := prove("secret"); got != -1 {
			t.Errorf("the right password: %v", got)
		}
	}
	if n := len(w.mail.seen("Settings")); n != 2 {
		t.Errorf("the mail server was asked %d times", n)
	}
	w.mail.Close()
	w.clock.Advance(time.Hour)
	if got := prove("secret"); got != problem.Unavailable {
		t.Errorf("a mail server that is down: %v", got)
	}
}

func TestTroubleIsLoggedOnce(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	w.mail.Close()
	for range 20 {
		p.folderSync()
	}
	if n := strings.Count(w.log.String(), "failed"); n != 1 {
		t.Errorf("it was logged %d times", n)
	}
}

func TestAVersionThatTheZoneDoesNotAllow(t *testing.T) {
	w := newWorld(t, func(u *Upstream) { u.Versions = []string{"14.1"} })
	p := w.phone(V121)
	if g := p.folderSync(); g.status != http.StatusBadRequest || g.header.Get("X-Ms-Rp") != "14.1" {
		t.Errorf("HTTP %d %v", g.status, g.header)
	}
	p.version = V141
	p.passes()
}

func TestANameInLatin1(t *testing.T) {
	if got, err := basicLogin(base64.StdEncoding.EncodeToString([]byte("j\xfcrgen:secret"))); err != nil || got.name != "jürgen" {
		t.Errorf("%q %v", got.name, err)
	}
}

// memory is a mail server without a network.
type memory struct{}

func (memory) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("ok")), ContentLength: 2}, nil
}

// FuzzGateway holds that no request line, body or header of a proven device brings the gateway down, whatever state the
// device is in.
func FuzzGateway(f *testing.F) {
	p := &phone{user: "alice", id: "DEV1", version: V141}
	f.Add("Cmd=Sync&User=alice&DeviceId=DEV1&DeviceType=Phone", "14.1", "0", syncRequest("0", "1").Encode(), byte(0))
	f.Add("Cmd=Provision&DeviceId=DEV1", "2.5", "77", wbxml.Elem(wbxml.ProvisionProvision, policies(p.kind())).Encode(), byte(1))
	f.Add(vector, "", "", []byte{}, byte(2))
	w := newWorld(f, func(u *Upstream) { u.Transport = memory{} })
	f.Fuzz(func(t *testing.T, query, version, key string, body []byte, state byte) {
		w.zone.set(func() {
			w.zone.access = Access(state % 3)
			w.zone.orders["id-DEV1"] = Order(state / 3 % 3)
			w.zone.values = strictValues
			if state&0x80 != 0 {
				w.zone.values = nil
			}
		})
		r := httptest.NewRequest(http.MethodPost, Path, bytes.NewReader(body))
		r.URL.RawQuery = query
		r.SetBasicAuth("alice", "secret")
		r.Header.Set("MS-ASProtocolVersion", version)
		r.Header.Set("X-MS-PolicyKey", key)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // what is held is let go
		defer cancel()
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler {
				panic(v)
			}
		}()
		rec := httptest.NewRecorder()
		w.g.serveCommand(rec, r.WithContext(ctx))
		if rec.Code == http.StatusUnauthorized {
			t.Errorf("HTTP %d", rec.Code)
		}
	})
}

func TestManyGuessesAtOnceAreNotAllPassedOn(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	w.mail.setPassword("another") // every guess is wrong
	w.mail.mu.Lock()
	w.mail.gate = release
	w.mail.mu.Unlock()
	const guesses = 30
	answers := make(chan got, guesses)
	for i := range guesses {
		p := w.phone(V141)
		p.password = fmt.Sprintf("guess %d", i)
		go func() { answers <- do(p.request(FolderSync, folderSync0.Encode())) }()
	}
	for range guesses - wrongPerUser { // these are not passed on, and answered at once
		if g := <-answers; g.status != http.StatusServiceUnavailable {
			t.Errorf("HTTP %d", g.status)
		}
	}
	close(release)
	for range wrongPerUser {
		if g := <-answers; g.status != http.StatusUnauthorized {
			t.Errorf("HTTP %d", g.status)
		}
	}
	if n := len(w.mail.seen("Settings")); n != wrongPerUser {
		t.Errorf("%d wrong passwords were passed on, want %d", n, wrongPerUser)
	}
}

func TestManyDevicesOfOneUserAskOnce(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	w.mail.mu.Lock()
	w.mail.gate = release
	w.mail.mu.Unlock()
	const devices = 20
	answers := make(chan got, devices)
	for i := range devices {
		p := w.phone(V141)
		p.id = fmt.Sprintf("DEV%d", i)
		go func() { answers <- do(p.request(FolderSync, folderSync0.Encode())) }()
	}
	eventually(t, "the question is asked", func() bool { return len(w.mail.seen("Settings")) > 0 })
	close(release)
	for range devices {
		if g := <-answers; g.status != http.StatusOK {
			t.Errorf("HTTP %d", g.status)
		}
	}
	if n := len(w.mail.seen("Settings")); n != 1 {
		t.Errorf("the mail server was asked %d times", n)
	}
}

func TestATokenForOneMailServerIsNoneForAnother(t *testing.T) {
	w := newWorld(t, func(u *Upstream) {
		u.Subject = func(_ context.Context, token string) (string, error) {
			if token != "good" {
				return "", errFault
			}
			return "alice@example.test", nil
		}
	})
	p := w.phone(V141)
	r := p.request(FolderSync, folderSync0.Encode())
	for token, want := range map[string]int{"bad": 401, "": 401, "good": 401} { // this mail server takes passwords alone
		r.Header.Set("Authorization", "Bearer "+token)
		if g := do(r); g.status != want {
			t.Errorf("%q: HTTP %d, want %d", token, g.status, want)
		}
	}
	if n := len(w.mail.seen("Settings")); n != 1 {
		t.Errorf("%d tokens were passed on", n)
	}
	w.g.upstreams = otherServer{w.g.upstreams.(upstreamsFake)}
	if g := do(r); g.status != 401 || len(w.mail.seen("Settings")) != 1 {
		t.Errorf("HTTP %d", g.status)
	}
}

// otherServer validates tokens for a mail server that is not the user's.
type otherServer struct{ upstreamsFake }

func (o otherServer) Bearer() (Upstream, bool) {
	up := o.up
	up.ID = "another"
	return up, true
}
