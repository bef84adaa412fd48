package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"drover-easclient/internal/sogo"
	"drover-easclient/internal/standin"
)

// TestAcceptance judges the stand-in gateway before a real server: good as it is, and found out when it spoils what
// it passes on.
func TestAcceptance(t *testing.T) {
	server, err := sogo.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("EAS_PASSWORD", sogo.Password)

	t.Run("good", func(t *testing.T) {
		lines, good := accept(t, server.URL, &standin.Gateway{}, "-versions=2.5,12.0,12.1,14.0,14.1", "-wipe-dead-password")
		if !good {
			t.Errorf("a good gateway fails: %+v", failed(lines))
		}
		for _, want := range []string{"OPTIONS", "ItemOperations, mails equal", "wipe: recorded", "wipe: let in again"} {
			if !slices.ContainsFunc(lines, func(l line) bool { return l.Check == want }) {
				t.Errorf("no check %q", want)
			}
		}
	})

	spoils := map[string]struct {
		command, find, put, check string
	}{
		"mail":   {"Sync", "tab and", "tab und", "Sync, mails equal"},
		"folder": {"FolderSync", "Trash", "Crash", "FolderSync, folders equal"},
		"fetch":  {"ItemOperations", "two dots", "two dogs", "ItemOperations, mails equal"},
		"user":   {"Settings", "alice@", "malice@", "Settings, user information equal"},
	}
	for name, s := range spoils {
		t.Run("spoilt "+name, func(t *testing.T) {
			gateway := &standin.Gateway{Spoil: func(command string, body []byte) []byte {
				if command != s.command {
					return body
				}
				return bytes.ReplaceAll(body, []byte(s.find), []byte(s.put))
			}}
			lines, good := accept(t, server.URL, gateway, "-versions=14.1", "-forms=base64", "-wipe-order=")
			bad := failed(lines)
			if good || len(bad) != 1 || bad[0].Check != s.check {
				t.Errorf("good %t, failed %+v, want %q to fail", good, bad, s.check)
			}
		})
	}
}

// TestNoProvisioning judges a gateway that lets a device in without a policy: the server itself.
func TestNoProvisioning(t *testing.T) {
	t.Setenv("EAS_PASSWORD", sogo.Password)
	open := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("MS-ASProtocolVersions", "14.1")
		w.Header().Set("MS-ASProtocolCommands", "Provision")
	}))
	t.Cleanup(open.Close)
	var out bytes.Buffer
	j, err := parse([]string{"-gateway", open.URL, "-direct", open.URL, "-user=alice", "-mail=a@example.test", "-versions=14.1", "-forms=plain"}, &out)
	if err != nil {
		t.Fatal(err)
	}
	if j.run(t.Context()) || !strings.Contains(out.String(), `"asked to provision","ok":false`) {
		t.Errorf("an open gateway passes: %s", out.String())
	}
}

func TestWrongUse(t *testing.T) {
	t.Setenv("EAS_PASSWORD", "")
	for _, args := range [][]string{
		{}, {"-gateway=x", "-direct=y", "-user=u", "-mail=m"}, {"-versions=1.0"}, {"stray"}, {"-ca=/nonexistent"},
	} {
		if _, err := parse(args, &bytes.Buffer{}); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}

// accept runs the driver with wipes, whose hooks reach the gateway by HTTP.
func accept(t *testing.T, upstream string, g *standin.Gateway, args ...string) ([]line, bool) {
	t.Helper()
	g.Users, g.Upstream = map[string]string{"alice": sogo.Password}, upstream
	gateway := httptest.NewServer(g)
	t.Cleanup(gateway.Close)
	control := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.FormValue("device")
		switch r.URL.Path {
		case "/order":
			g.OrderWipe(id, false)
		case "/readmit":
			g.Readmit(id)
		}
		w.Write([]byte(g.WipeState(id)))
	}))
	t.Cleanup(control.Close)
	hook := func(path string) string { return "curl -sf '" + control.URL + path + "?device='$EAS_DEVICE_ID" }

	var out bytes.Buffer
	j, err := parse(append([]string{
		"-timeout=90s", "-gateway", gateway.URL, "-direct", upstream, "-user=alice", "-mail=alice@example.test",
		"-wipe-order", hook("/order"), "-wipe-state", hook("/state"), "-wipe-readmit", hook("/readmit"), "-wipe-done=acknowledged",
	}, args...), &out)
	if err != nil {
		t.Fatal(err)
	}
	good := j.run(t.Context())
	var lines []line
	for dec := json.NewDecoder(&out); dec.More(); {
		var l line
		if err := dec.Decode(&l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines, good
}

func failed(lines []line) []line {
	return slices.DeleteFunc(slices.Clone(lines), func(l line) bool { return l.OK })
}
