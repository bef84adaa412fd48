package addrrule

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func list(t *testing.T, entries ...string) List {
	t.Helper()
	l, err := ParseList(entries)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestListContains(t *testing.T) {
	l := list(t, "192.0.2.7", " 10.0.0.0/8", "2001:db8::/32")
	for addr, want := range map[string]bool{
		"192.0.2.7": true, "192.0.2.8": false, "10.255.0.1": true, "11.0.0.1": false, "::ffff:10.1.2.3": true,
		"2001:db8::1": true, "2001:db9::1": false, "::1": false, "2001:db8::1%eth0": true,
	} {
		if got := l.Contains(netip.MustParseAddr(addr)); got != want {
			t.Errorf("Contains(%s) = %t, want %t", addr, got, want)
		}
	}
	if (List{}).Contains(netip.MustParseAddr("127.0.0.1")) {
		t.Error("the zero list contains an address")
	}
}

func TestParseListRefuses(t *testing.T) {
	for _, entry := range []string{"", "host", "10.0.0.1/8", "10.0.0.0/33", "::ffff:10.0.0.1", "fe80::1%eth0", "10.0.0.0/8/8"} {
		if _, err := ParseList([]string{entry}); err == nil {
			t.Errorf("ParseList(%q) was accepted", entry)
		}
	}
}

func TestClient(t *testing.T) {
	const proxy, inner, client = "10.0.0.1", "10.0.0.2", "198.51.100.9"
	tests := []struct {
		name, header, peer string
		lines              []string
		want               string
	}{
		{"untrusted peer is not asked", "", "203.0.113.5", []string{client}, "203.0.113.5"},
		{"trusted peer without header", "", proxy, nil, proxy},
		{"one hop", "", proxy, []string{client}, client},
		{"right-most untrusted", "", proxy, []string{"1.2.3.4, " + client + ", " + inner}, client},
		{"lines are one list", "", proxy, []string{"1.2.3.4", client + "," + inner}, client},
		{"a forged hop on the left", "", proxy, []string{inner + ", " + client}, client},
		{"all trusted", "", proxy, []string{inner}, inner},
		{"no address ends the walk", "", proxy, []string{client + ", unknown, " + inner}, inner},
		{"empty", "", proxy, []string{""}, proxy},
		{"port", "", proxy, []string{client + ":4711"}, client},
		{"mapped", "", proxy, []string{"::ffff:" + client}, client},
		{"v6 in brackets with port", "", proxy, []string{"[2001:db8:1::9]:443"}, "2001:db8:1::9"},
		{"the other header is not read", "Forwarded", proxy, nil, proxy},
		{"forwarded", "forwarded", proxy, []string{`for=1.2.3.4, for="` + client + `:99";proto=https;by=` + proxy}, client},
		{"forwarded v6", "forwarded", proxy, []string{`For="[2001:db8:1::9]"`}, "2001:db8:1::9"},
		{"forwarded twice in one element", "forwarded", proxy, []string{"for=1.2.3.4;for=" + client}, proxy},
		{"forwarded obfuscated", "forwarded", proxy, []string{"for=_hidden"}, proxy},
	}
	for _, tt := range tests {
		p, err := NewProxies(list(t, proxy, inner), tt.header)
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		name := XForwardedFor
		if tt.header != "" {
			name = Forwarded
			h[XForwardedFor] = []string{"1.1.1.1"}
		} else {
			h[Forwarded] = []string{"for=1.1.1.1"}
		}
		if tt.lines != nil {
			h[name] = tt.lines
		}
		if got := p.Client(netip.MustParseAddr(tt.peer), h); got.String() != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestClientIsBounded(t *testing.T) {
	p, _ := NewProxies(list(t, "10.0.0.0/8"), "")
	h := http.Header{XForwardedFor: {"1.2.3.4," + strings.Repeat("10.0.0.2,", maxHops) + "10.0.0.3"}}
	if got := p.Client(netip.MustParseAddr("10.0.0.1"), h); got.String() != "10.0.0.2" {
		t.Errorf("the walk went on past %d hops, to %s", maxHops, got)
	}
}

func TestNewProxiesRefusesOtherHeaders(t *testing.T) {
	if _, err := NewProxies(List{}, "X-Real-IP"); err == nil {
		t.Error("X-Real-IP was accepted")
	}
}

func FuzzClient(f *testing.F) {
	f.Add("for=1.2.3.4", true)
	f.Add("1.2.3.4, [::1]:80", false)
	f.Fuzz(func(t *testing.T, line string, forwarded bool) {
		p := Proxies{trusted: list(t, "10.0.0.0/8"), forwarded: forwarded}
		h := http.Header{XForwardedFor: {line}, Forwarded: {line}}
		if got := p.Client(netip.MustParseAddr("192.0.2.1"), h); got.String() != "192.0.2.1" {
			t.Errorf("an untrusted peer became %s", got)
		}
		if got := p.Client(netip.MustParseAddr("10.0.0.1"), h); !got.IsValid() || got.Is4In6() || got.Zone() != "" {
			t.Errorf("not in normal form: %s", got)
		}
	})
}
