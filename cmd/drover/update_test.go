package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drover/internal/core/release"
)

// TestAManifestHostOfOnesOwn makes a key, signs, and checks what servers would say.
func TestAManifestHostOfOnesOwn(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, version string, serial int64, issued time.Time) string {
		t.Helper()
		text, err := json.Marshal(release.Manifest{
			Serial: serial, Issued: issued, Expires: issued.Add(30 * 24 * time.Hour), Releases: []release.Release{{Version: version, Date: "2026-03-01"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(in(name), text, 0o600); err != nil {
			t.Fatal(err)
		}
		return in(name)
	}
	drover := func(args ...string) (string, error) {
		t.Helper()
		var out bytes.Buffer
		parser, _, err := newParser(t.Context(), newConsole(os.Stdin, &out, io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.Parse(append([]string{"update"}, args...))
		if err != nil {
			t.Fatal(err)
		}
		err = parsed.Run()
		return out.String(), err
	}
	key, pub, now := in("releases"), in("releases.pub"), time.Now().Add(-time.Hour)
	must := func(words string, args ...string) {
		t.Helper()
		if said, err := drover(args...); err != nil || !strings.Contains(said, words) {
			t.Fatalf("drover update %v: %q (%v)", args, said, err)
		}
	}
	refused := func(words string, status int, args ...string) {
		t.Helper()
		if said, err := drover(args...); err == nil || !strings.Contains(err.Error(), words) || exitStatus(err) != status {
			t.Errorf("drover update %v: %q (%v, status %d)", args, said, err, exitStatus(err))
		}
	}
	must("signs", "key", key)
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the private key has the mode %v (%v)", info.Mode(), err)
	}
	refused("exists", exitUsage, "key", key)
	must("signs", "key", in("strange"))

	m := write("m.json", "1.4.0", 12, now)
	must("signs number 12 with 1 releases", "sign", m, "--key", key)
	must("number 12 with 1 releases is signed with this key", "check", m, "--key", pub)
	refused("signature", exitUsage, "check", m, "--key", in("strange.pub"))
	refused("public key", exitUsage, "check", m, "--key", m)
	write("m.json", "6.6.6", 12, now)
	refused("signature", exitUsage, "check", m, "--key", pub)

	refused("serial number", exitUsage, "sign", write("none.json", "1.4.0", 0, now), "--key", key)
	refused("private key", exitUsage, "sign", m, "--key", pub)
	refused("no such file", exitUsage, "sign", in("nothing"), "--key", key)
	old := write("old.json", "1.4.0", 1, now.Add(-40*24*time.Hour))
	must("signs number 1", "sign", old, "--key", key)
	refused("expired", exitUsage, "check", old, "--key", pub)
}
