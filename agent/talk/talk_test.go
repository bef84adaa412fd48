package talk_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/clock"
)

// client talks to a server that a test makes.
func client(t *testing.T, h http.Handler) *talk.Client {
	t.Helper()
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c, err := talk.New(talk.Options{
		Server: server.URL, Tag: "zone", HTTP: talk.HTTPClient(server.Certificate()), Clock: clock.NewFake(time.Now()), Key: key,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var settings = talk.Request{Service: agentv1.ServiceSettings, Method: http.MethodGet, Path: agentv1.PathSettings}

// What a server, or something before it, may answer.
func TestAnswersThatAreNone(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		judge  func(error) bool
	}{
		"a page of a proxy": {
			func(w http.ResponseWriter) { http.Error(w, "<html>Bad Gateway</html>", http.StatusBadGateway) },
			func(err error) bool {
				var r *talk.Refused
				return errors.As(err, &r) && r.Status == http.StatusBadGateway && r.Code == ""
			},
		},
		"no JSON": {
			func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<html>") },
			func(err error) bool { return err != nil && strings.Contains(err.Error(), "cannot be read") },
		},
		"too much": {
			func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, 9<<20)) },
			func(err error) bool { return err != nil && strings.Contains(err.Error(), "larger") },
		},
		"another place": {
			func(w http.ResponseWriter) { w.Header().Set("Location", "/elsewhere"); w.WriteHeader(http.StatusFound) },
			func(err error) bool {
				var r *talk.Refused
				return errors.As(err, &r) && r.Status == http.StatusFound
			},
		},
		"switched off": {
			func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) },
			talk.IsOff,
		},
	} {
		var out agentv1.Envelope
		_, err := client(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.answer(w) })).Do(t.Context(), settings, &out)
		if !c.judge(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A server whose refusals never end is asked twice and no more.
func TestAClockThatIsNeverRightIsNoLoop(t *testing.T) {
	asked := 0
	c := client(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Date", time.Now().Add(time.Duration(asked)*time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"code":"signature.clock"}`)
	}))
	if _, err := c.Do(t.Context(), settings, nil); !talk.IsRefused(err, "signature.clock") || asked != 2 {
		t.Errorf("asked %d times, %v", asked, err)
	}
	if off := c.Offset(); off < time.Hour-time.Minute || off > 2*time.Hour+time.Minute {
		t.Errorf("the offset is %v", off)
	}
}

// A server that neither the zone's authority nor the system's list vouches for is told nothing.
func TestAnUnknownServerIsRefused(t *testing.T) {
	c := client(t, http.NotFoundHandler())
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := talk.New(talk.Options{Server: c.Server(), Tag: "zone", HTTP: talk.HTTPClient(nil), Clock: clock.System{}, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.Do(t.Context(), settings, nil); err == nil || talk.IsOff(err) {
		t.Errorf("the answer was believed: %v", err)
	}
}

func TestAddressesOfServers(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for url, ok := range map[string]bool{
		"https://zone.example.org": true, "https://zone.example.org:7443/": true, "http://zone.example.org": false,
		"https://zone.example.org/path": false, "https://zone.example.org?x=1": false, "zone.example.org": false, "https://": false, "": false, ":": false,
	} {
		_, err := talk.New(talk.Options{Server: url, Key: key, HTTP: talk.HTTPClient(nil), Clock: clock.System{}})
		if (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// A connection for hints that is refused says why.
func TestAConnectionThatIsRefused(t *testing.T) {
	c := client(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"code":"key.ended","detail":"The key has ended."}`)
	}))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := c.Wait(ctx, func(agentv1.Hint) { t.Error("a hint") }); !talk.IsRefused(err, "key.ended") {
		t.Errorf("%v", err)
	}
}
