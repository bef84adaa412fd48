package endtoend

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drover/api/adminv1"
	"drover/test/netns"
)

// dmz is the built program as a server between two networks, and its administrator, who is inside.
type dmz struct {
	net    *netns.Network
	data   string
	env    []string
	node   string
	client map[string]*http.Client // of who stands "inside", "outside", and of the "server" itself
}

func newDMZ(t *testing.T) *dmz {
	t.Helper()
	s := &dmz{net: netns.New(t), data: filepath.Join(t.TempDir(), "data")}
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("a password that is long enough"), 0o600); err != nil {
		t.Fatal(err)
	}
	drover(t, s.data, "", nil, "admin", "create", "ann", "--role", "owner", "--password-file", password)
	token := drover(t, s.data, "", nil, "token", "create", "--admin", "ann", "--name", "test")
	s.env = []string{"DROVER_URL=https://" + netns.ServerInside4 + ":7443", "DROVER_TOKEN=" + token}
	cmd := program(t, s.data, "", "serve", "--device-addr", "[::]:8443", "--admin-addr", "[::]:7443")
	names := []string{"localhost", netns.ServerInside4, netns.ServerInside6, netns.ServerOutside4, netns.ServerOutside6}
	cmd.Env = append(cmd.Env, "DROVER_NAMES="+strings.Join(names, ","))
	s.net.Server.Put(t, cmd)
	start(t, cmd, s.data, s.net.Server.Dial)
	conf := tlsConfig(t, filepath.Join(s.data, "tls", "ca.pem"))
	conf.ServerName = "localhost"
	s.client = map[string]*http.Client{
		"inside": s.net.Inside.Client(conf), "outside": s.net.Outside.Client(conf), "server": s.net.Server.Client(conf),
	}
	var servers adminv1.Page[adminv1.ZoneServer]
	if err := json.Unmarshal([]byte(s.drover(t, "services", "servers", "--json")), &servers); err != nil || len(servers.Items) != 1 {
		t.Fatalf("%+v %v", servers, err)
	}
	s.node = servers.Items[0].ID
	return s
}

// drover has the administrator run a command, inside.
func (s *dmz) drover(t *testing.T, args ...string) string {
	t.Helper()
	cmd := program(t, s.data, "", args...)
	cmd.Env = append(cmd.Env, s.env...)
	s.net.Inside.Put(t, cmd)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("drover %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// entrances are one request for each service that this version has, and what it is answered where its door is open and the
// caller proves nothing. 404 is what is answered behind a closed door.
var entrances = map[string]struct {
	method, port, path string
	open               int
}{
	"management.settings":    {"GET", "8443", "/agent/v1/management/settings", 401},
	"management.policies":    {"GET", "8443", "/agent/v1/management/policies", 401},
	"management.assignments": {"GET", "8443", "/agent/v1/management/assignments", 401},
	"management.status":      {"POST", "8443", "/agent/v1/management/status", 401},
	"management.locations":   {"GET", "8443", "/agent/v1/management/locations", 401},
	"registration":           {"GET", "8443", "/agent/v1/registration/discovery", 200},
	"collection":             {"POST", "8443", "/agent/v1/collection/inventory", 401},
	"activesync":             {"OPTIONS", "8443", "/Microsoft-Server-ActiveSync", 401},
	"autodiscover":           {"POST", "8443", "/autodiscover/autodiscover.xml", 401},
	"companion":              {"GET", "8443", "/companion/v1/start", 200},
	"portal":                 {"GET", "8443", "/portal/", 200},
	"dashboard":              {"GET", "7443", "/", 200},
	"admin-api":              {"GET", "7443", "/api/v1/overview", 401},
	"monitoring":             {"GET", "7443", "/healthz", 200},
}

var (
	ofAgents = []string{"management.settings", "management.policies", "management.assignments", "management.status", "management.locations"}
	ofPhones = []string{"activesync", "autodiscover", "companion", "portal"}
	ofAdmins = []string{"dashboard", "admin-api", "monitoring"}
	called   = append(append([]string{"registration", "collection"}, ofAgents...), ofPhones...)
)

// sides are who asks, and by which address of the server.
var sides = []struct{ who, addr string }{
	{"inside", netns.ServerInside4}, {"inside", netns.ServerInside6}, {"outside", netns.ServerOutside4}, {"outside", netns.ServerOutside6},
}

// look knocks at every door from both sides, by IPv4 and IPv6. shut names the services that are to be behind a closed one.
func (s *dmz) look(t *testing.T, shut map[string][]string) {
	t.Helper()
	for name, e := range entrances {
		for _, side := range sides {
			want := e.open
			for _, x := range shut[side.who] {
				if x == name {
					want = http.StatusNotFound
				}
			}
			if got := s.knock(t, side.who, side.addr, name); got != want {
				t.Errorf("%s from %s at %s: %d, want %d", name, side.who, side.addr, got, want)
			}
		}
	}
}

func (s *dmz) knock(t *testing.T, who, addr, name string) int {
	t.Helper()
	e := entrances[name]
	r, err := http.NewRequestWithContext(t.Context(), e.method, "https://"+net.JoinHostPort(addr, e.port)+e.path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.client[who].Do(r)
	if err != nil {
		t.Fatalf("%s from %s at %s: %v", name, who, addr, err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// harden follows advice, all of it where no row is named, looks, and goes back to what held at first.
func (s *dmz) harden(t *testing.T, row string, shut map[string][]string) {
	t.Helper()
	args := []string{"services", "harden", s.node, "--apply", "--reason", "the test"}
	if row != "" {
		args = append(args, "--row", row)
	}
	s.drover(t, args...)
	s.look(t, shut)
	s.drover(t, "services", "rollback", "0", "--reason", "the test")
	s.look(t, nil)
}

// TestDMZSeenFromOutsideAndInside is a server with a foot in each network: new, then with each row of the advice by itself, then
// with all, asked at every door from outside and from inside, by IPv4 and IPv6.
func TestDMZSeenFromOutsideAndInside(t *testing.T) {
	s := newDMZ(t)
	s.look(t, nil)
	for row, shut := range map[string]map[string][]string{
		"inside-and-outside":  {"inside": called},
		"client-web-services": {},
		"registration":        {"inside": {"registration"}, "outside": {"registration"}},
		"collection":          {},
		"mdm-endpoint":        {"inside": ofPhones, "outside": ofPhones}, // nobody who is known has used any
		"administration":      {"outside": ofAdmins},
	} {
		t.Run(row, func(t *testing.T) { s.harden(t, row, shut) })
	}
	t.Run("all", func(t *testing.T) {
		s.harden(t, "", map[string][]string{
			"inside": called, "outside": append(append([]string{"registration"}, ofPhones...), ofAdmins...),
		})
	})
	t.Run("the server itself", func(t *testing.T) {
		s.drover(t, "services", "harden", s.node, "--apply", "--reason", "the test")
		for _, side := range sides {
			if got := s.knock(t, "server", side.addr, "admin-api"); got != http.StatusUnauthorized {
				t.Errorf("its own way in by %s: %d", side.addr, got)
			}
		}
	})
	t.Run("ports", func(t *testing.T) {
		other, err := s.net.Server.Listen("tcp", ":2645") // a program that is not ours
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		for _, port := range []int{7019, 7628, 7950} {
			c, err := s.net.Outside.Dial(t.Context(), "tcp", net.JoinHostPort(netns.ServerOutside4, fmt.Sprint(port)))
			if err == nil {
				_ = c.Close()
				t.Errorf("something answers at %d", port)
			}
		}
		var told adminv1.Hardening
		if err := json.Unmarshal([]byte(s.drover(t, "services", "harden", s.node, "--json")), &told); err != nil {
			t.Fatal(err)
		}
		got := map[int]string{}
		for _, row := range told.Rows {
			for _, p := range row.Ports {
				got[p.Port] = p.Here
			}
		}
		if diff := cmp.Diff(map[int]string{2645: "listens", 7443: "listens", 7019: "quiet", 7628: "quiet", 7950: "quiet"}, got); diff != "" {
			t.Error(diff)
		}
	})
}
