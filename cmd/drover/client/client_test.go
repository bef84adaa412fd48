package client

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"drover/api/adminv1"
)

// serve starts a server and returns a client that trusts its certificate alone.
func serve(t *testing.T, handle http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewTLSServer(handle)
	t.Cleanup(s.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{URL: s.URL, Token: "drv_x", CA: file, Agent: "drover/test"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestARequestCarriesWhatTheAPIAsksFor(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("ETag", `"8"`)
		fmt.Fprintf(w, `{"seen": %q}`, strings.Join([]string{
			r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("Authorization"), r.Header.Get("If-Match"),
			r.Header.Get("Content-Type"), string(body),
		}, " "))
	})
	res, err := c.Do(t.Context(), Request{
		Method: http.MethodPut, Path: Path("things", "a/b ?"), Query: url.Values{"q": {"x y"}}, Body: map[string]int{"n": 1}, ETag: `"7"`,
	})
	if err != nil || res.ETag != `"8"` {
		t.Fatalf("%+v, %v", res, err)
	}
	got, err := Decode[struct{ Seen string }](res)
	want := `PUT /api/v1/things/a%2Fb%20%3F q=x+y Bearer drv_x "7" application/json {"n":1}`
	if err != nil || got.Seen != want {
		t.Fatalf("got  %s\nwant %s, %v", got.Seen, want, err)
	}
}

func TestOnlyWhatMayBeRepeatedIsRepeated(t *testing.T) {
	for name, x := range map[string]struct {
		request Request
		want    int64
	}{
		"a read":               {Request{Method: http.MethodGet, Path: "/x"}, attempts},
		"an order":             {Request{Method: http.MethodPost, Path: "/x", Once: true}, attempts},
		"any other change":     {Request{Method: http.MethodPost, Path: "/x"}, 1},
		"a removal":            {Request{Method: http.MethodDelete, Path: "/x"}, 1},
		"a change with a body": {Request{Method: http.MethodPatch, Path: "/x", Body: 1}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int64
			keys := map[string]bool{}
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				keys[r.Header.Get("Idempotency-Key")] = true
				w.WriteHeader(http.StatusServiceUnavailable)
				fmt.Fprint(w, `{"code": "zone.busy", "detail": "Not now."}`)
			})
			_, err := c.Do(t.Context(), x.request)
			var p *adminv1.Problem
			if !errors.As(err, &p) || p.Status != 503 || p.Code != "zone.busy" {
				t.Errorf("got %v", err)
			}
			if requests.Load() != x.want || len(keys) != 1 || keys[""] == x.request.Once {
				t.Errorf("%d requests, want %d, with the keys %v", requests.Load(), x.want, keys)
			}
		})
	}
}

func TestARefusalIsNotRepeated(t *testing.T) {
	var requests atomic.Int64
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"code": "device.unknown", "detail": "There is no such device.", "errors": [{"location": "a", "message": "b"}]}`)
	})
	_, err := c.Do(t.Context(), Request{Method: http.MethodGet, Path: "/x"})
	if !IsMissing(err) || requests.Load() != 1 {
		t.Errorf("%v after %d requests", err, requests.Load())
	}
}

// A token must not follow where somebody else points, and what is no Drover must not look like one.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var requests atomic.Int64
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	_, err := c.Do(t.Context(), Request{Method: http.MethodGet, Path: "/x"})
	var u *Unreachable
	if !errors.As(err, &u) || requests.Load() != 1 || !strings.Contains(err.Error(), "no Drover") {
		t.Errorf("%v after %d requests", err, requests.Load())
	}
}

func TestAForeignCertificateIsRefused(t *testing.T) {
	trusted := serve(t, func(http.ResponseWriter, *http.Request) {})
	other := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was reached") }))
	other.StartTLS()
	defer other.Close()
	c, err := New(Options{URL: other.URL, Token: "drv_x"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), Request{Method: http.MethodGet, Path: "/x"})
	if err == nil || !strings.Contains(err.Error(), "--server-ca") {
		t.Errorf("got %v", err)
	}
	if _, err := trusted.Do(t.Context(), Request{Method: http.MethodGet, Path: "/x"}); err != nil {
		t.Errorf("the pinned one: %v", err)
	}
}

func TestAddressesAndTokensThatCannotBeUsed(t *testing.T) {
	for _, o := range []Options{
		{URL: "http://127.0.0.1", Token: "x"},
		{URL: "https://", Token: "x"},
		{URL: "https://u:p@h", Token: "x"},
		{URL: "https://h/path", Token: "x"},
		{URL: "https://h", Token: ""},
		{URL: "https://h", Token: "a\r\nHost: b"},
		{URL: "https://h", Token: "x", CA: "/nowhere"},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v must be refused", o)
		}
	}
}

func TestAListIsReadPageByPage(t *testing.T) {
	handle := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("cursor") {
		case "":
			fmt.Fprintf(w, `{"items": [1, 2], "next": "b", "total": 5}`)
		case "b":
			fmt.Fprintf(w, `{"items": [3, 4], "next": "c", "total": 5}`)
		case "c":
			fmt.Fprintf(w, `{"items": [5], "next": "", "total": 5}`)
		}
	}
	for limit, want := range map[int]string{0: "[1 2 3 4 5]", 4: "[1 2 3 4]", 100: "[1 2 3 4 5]"} {
		p, err := List[int](t.Context(), serve(t, handle), "/numbers", nil, limit)
		if err != nil || fmt.Sprint(p.Items) != want {
			t.Errorf("limit %d: %v, %v", limit, p.Items, err)
		}
		if (p.Next == "") != (limit != 4) {
			t.Errorf("limit %d: next is %q", limit, p.Next)
		}
	}
}

// A server that gives the same cursor again must not keep the program for ever.
func TestAListThatDoesNotEnd(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"items": [1], "next": "again"}`) })
	p, err := List[int](t.Context(), c, "/numbers", nil, 0)
	if err != nil || len(p.Items) != 2 {
		t.Errorf("%v, %v", p.Items, err)
	}
}
