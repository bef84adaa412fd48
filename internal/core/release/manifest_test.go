package release_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drover/internal/core/coretest"
	"drover/internal/core/release"
)

func private(t *testing.T, key ed25519.PrivateKey) string {
	t.Helper()
	text, err := release.FormatPrivate(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// plain is a server that does not speak TLS.
func plain(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("220 mail.example.org ready\r\n"))
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// TestOpenSSLSignsAndVerifies: keys and signatures are those of other tools, too.
func TestOpenSSLSignsAndVerifies(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	openssl := func(args ...string) []byte {
		t.Helper()
		out, err := exec.Command("openssl", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("openssl %v (see scripts/install-test-deps): %v\n%s", args, err, out)
		}
		return out
	}
	write := func(name string, text []byte) {
		t.Helper()
		if err := os.WriteFile(in(name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := manifest(t, 1)
	write("m.json", text)

	openssl("genpkey", "-algorithm", "ed25519", "-out", in("key"))
	public, err := release.ParsePublic(string(openssl("pkey", "-in", in("key"), "-pubout")))
	if err != nil {
		t.Fatal(err)
	}
	openssl("pkeyutl", "-sign", "-rawin", "-inkey", in("key"), "-in", in("m.json"), "-out", in("sig"))
	raw, err := os.ReadFile(in("sig"))
	if err != nil {
		t.Fatal(err)
	}
	if m, err := release.Read(text, []byte(base64.StdEncoding.EncodeToString(raw)), public, coretest.Start); err != nil || m.Serial != 1 {
		t.Errorf("what OpenSSL has signed: %v", err)
	}
	theirs, err := os.ReadFile(in("key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := release.ParsePrivate(string(theirs))
	if err != nil {
		t.Fatal(err)
	}
	ours, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(release.Sign(key, text))))
	if err != nil || !bytes.Equal(ours, raw) {
		t.Errorf("our signature differs from OpenSSL's (%v)", err)
	}

	_, own, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	write("own", []byte(private(t, own)))
	pub, err := release.FormatPublic(own.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(openssl("pkey", "-in", in("own"), "-pubout")); got != pub {
		t.Errorf("OpenSSL reads our key as\n%s\nnot\n%s", got, pub)
	}
}

func TestWhatAManifestMaySay(t *testing.T) {
	for name, change := range map[string]func(*release.Manifest){
		"no serial":            func(m *release.Manifest) { m.Serial = 0 },
		"ends before it began": func(m *release.Manifest) { m.Expires = m.Issued },
		"lives for two years":  func(m *release.Manifest) { m.Expires = m.Issued.Add(2 * 365 * 24 * time.Hour) },
		"a version twice":      func(m *release.Manifest) { m.Releases[1].Version = m.Releases[0].Version },
		"two numbers":          func(m *release.Manifest) { m.Releases[0].Version = "1.2" },
		"before a release":     func(m *release.Manifest) { m.Releases[0].Version = "1.2.3-rc1" },
		"a leading zero":       func(m *release.Manifest) { m.Releases[0].Version = "1.02.3" },
		"a huge number":        func(m *release.Manifest) { m.Releases[0].Version = "1.2.99999999999" },
		"no date":              func(m *release.Manifest) { m.Releases[0].Date = "yesterday" },
		"long notes":           func(m *release.Manifest) { m.Releases[0].Notes = strings.Repeat("x", 4001) },
		"notes that ring":      func(m *release.Manifest) { m.Releases[0].Notes = "\a" },
		"notes turned around":  func(m *release.Manifest) { m.Releases[0].Notes = "\u202e" },
		"no sum":               func(m *release.Manifest) { m.Releases[1].Files[0].SHA256 = "00" },
		"no name":              func(m *release.Manifest) { m.Releases[1].Files[0].Name = "" },
		"many files":           func(m *release.Manifest) { m.Releases[1].Files = make([]release.File, 51) },
		"many releases":        func(m *release.Manifest) { m.Releases = make([]release.Release, 201) },
	} {
		if m, err := release.Decode(manifest(t, 1, change)); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
	for _, text := range []string{"", "null", "[]", "{}", `"x"`, string(manifest(t, 1)) + "{}"} {
		if _, err := release.Decode([]byte(text)); err == nil {
			t.Errorf("%.40q was taken", text)
		}
	}
	later := strings.Replace(string(manifest(t, 1)), `"serial"`, `"channel": "stable", "serial"`, 1)
	if _, err := release.Decode([]byte(later)); err != nil {
		t.Errorf("a later version's manifest: %v", err)
	}
}

func TestWhichReleaseIsNewer(t *testing.T) {
	for _, c := range []struct {
		running string
		newer   int
		known   bool
	}{
		{"v1.0.0", 3, true},
		{"1.1.0", 2, true},
		{"v1.2.1", 1, true},
		{"v1.2.1-0.20260301120000-0123456789ab", 2, true},
		{"v1.2.1+dirty", 1, true},
		{"v1.10.0", 0, true},
		{"v1.3.0", 0, true},
		{"v0.0.0-20260301120000-0123456789ab", 3, true},
		{"(devel)", 0, false},
		{"", 0, false},
		{"v1.2", 0, false},
	} {
		m, err := release.Decode(manifest(t, 1))
		if err != nil {
			t.Fatal(err)
		}
		s := release.State{Running: c.running, Manifest: m}
		if n := len(s.Newer()); n != c.newer || s.Comparable() != c.known {
			t.Errorf("%q: %d newer, known %v", c.running, n, s.Comparable())
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"serial":1,"issued":"2026-03-01T00:00:00Z","expires":"2026-04-01T00:00:00Z","releases":[{"version":"1.2.3","date":"2026-03-01","security":true,"notes":"n","files":[]}]}`))
	f.Add([]byte(`{"serial":9223372036854775807,"issued":"0000-01-01T00:00:00Z","expires":"9999-12-31T23:59:59Z"}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := release.Decode(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatalf("it cannot be written: %v", err)
		}
		twin, err := release.Decode(again)
		if err != nil && len(again) <= release.MaxManifest {
			t.Fatalf("what was read and written again: %v", err)
		}
		if err == nil && !cmp.Equal(m, twin) {
			t.Fatalf("it changes by reading:\n%s", cmp.Diff(m, twin))
		}
		_ = release.State{Running: "v1.0.0", Manifest: m}.Security()
	})
}
