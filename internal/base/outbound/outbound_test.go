package outbound_test

import (
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"drover/internal/base/outbound"
)

func TestS9S10GuardedAddresses(t *testing.T) {
	for address, want := range map[string][2]bool{ // behind another host's name; written as this machine
		"192.0.2.1:636": {true, true}, "10.1.2.3:443": {true, true}, "[2001:db8::1]:443": {true, true},
		"127.0.0.1:443": {false, true}, "[::1]:443": {false, true}, "[::ffff:127.0.0.1]:443": {false, true},
		"169.254.169.254:80": {false, false}, "[fe80::1]:443": {false, false}, "0.0.0.0:443": {false, false}, "[::]:443": {false, false},
		"[fe80::1%eth0]:443": {false, false}, "[::ffff:169.254.169.254]:80": {false, false}, "[64:ff9b::a9fe:a9fe]:80": {false, false},
		"[64:ff9b::7f00:1]:443": {false, false}, "[64:ff9b::c000:201]:443": {true, true}, "[2002:7f00:1::]:443": {false, false}, "[2002:a9fe:a9fe::1]:80": {false, false},
		"[2002:c000:201::1]:443": {true, true}, "[::127.0.0.1]:443": {false, false}, "[::a9fe:a9fe]:80": {false, false}, "[fd00:ec2::254]:80": {false, false},
		"[fd00:ec2::255]:443": {true, true}, "100.100.100.200:80": {false, false}, "192.0.0.192:80": {false, false}, "168.63.129.16:80": {false, false},
		"[ff02::1]:443": {false, false}, "[fd20:ce::254]:80": {false, false}, "[::ffff:0:127.0.0.1]:443": {true, true},
		"224.0.0.1:443": {false, false}, "255.255.255.255:443": {false, false}, "no address": {false, false},
	} {
		for i, host := range []string{"ldap.example.org", "localhost"} {
			if got := outbound.Guard(host)("tcp", address, nil) == nil; got != want[i] {
				t.Errorf("%s as %s: %v", address, host, got)
			}
		}
	}
}

func TestPool(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(srv.Close)
	good := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}))
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}))
	for text, want := range map[string]error{
		good: nil, good + good: nil, "": outbound.ErrNoPEM, "text": outbound.ErrNoPEM, good + key: outbound.ErrNoCert,
		strings.Repeat(good, 100): outbound.ErrNoPEM,
	} {
		if _, err := outbound.Pool(text); !errors.Is(err, want) {
			t.Errorf("%.40q: %v, want %v", text, err, want)
		}
	}
}

// TestClientIsBounded reads no more than it must, by https alone, and follows nobody.
func TestClientIsBounded(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		_, _ = io.Copy(w, io.LimitReader(strings.NewReader(strings.Repeat("x", 2<<20)), 2<<20))
	}))
	t.Cleanup(srv.Close)
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}))
	c, err := outbound.Client(ca, "127.0.0.1", 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, answer.Body); err == nil || n != 1<<20 {
		t.Errorf("read %d octets, %v", n, err)
	}
	_ = answer.Body.Close()
	answer, err = c.Get(srv.URL + "/elsewhere")
	if err != nil || answer.StatusCode != http.StatusFound {
		t.Fatalf("%+v %v", answer, err)
	}
	_ = answer.Body.Close()
	if answer, err := c.Get(strings.Replace(srv.URL, "https:", "http:", 1)); err == nil {
		_ = answer.Body.Close()
		t.Error("asked by http")
	}
	far, err := outbound.Client(ca, "login.example.org", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := far.Get(srv.URL); err == nil {
		_ = answer.Body.Close()
		t.Error("another host's client asked this machine")
	}
}
