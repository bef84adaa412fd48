package portal

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"drover/internal/base/bus"
	"drover/internal/core/platform"
	"drover/internal/gate"
)

var update = flag.Bool("update", false, "write web/portal/openapi.json and web/portal/platform.ts anew")

func bare(t *testing.T) *Portal {
	t.Helper()
	p, err := New(Deps{Bus: bus.New(), Files: fstest.MapFS{"placeholder.html": {Data: []byte("<h1>not built</h1>")}}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// committed holds a file from which the pages are made equal to the code.
func committed(t *testing.T, name string, want []byte) {
	t.Helper()
	path := filepath.Join("..", "..", "..", "web", "portal", name)
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, want) {
		t.Fatalf("web/portal/%s is not what the code says: run go test ./internal/service/portal -run Committed -update", name)
	}
}

func TestCommittedOpenAPI(t *testing.T) { committed(t, "openapi.json", bare(t).JSON()) }

// TestCommittedWords keeps the list of every sentence in which a platform says what a command removes and leaves: the pages
// do not compile while one of them lacks its translation.
func TestCommittedWords(t *testing.T) {
	var b strings.Builder
	b.WriteString("// Made by go test ./internal/service/portal -run Committed -update: what platforms say of commands.\n" +
		"export const platformWords = [\n")
	for _, w := range platform.Sentences() {
		text, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString("  " + string(text) + ",\n")
	}
	b.WriteString("] as const;\n\nexport type PlatformWords = (typeof platformWords)[number];\n")
	committed(t, "platform.ts", []byte(b.String()))
}

// TestOnlySigningInIsOpen: every way in but those needs a session.
func TestOnlySigningInIsOpen(t *testing.T) {
	routes, err := bare(t).Routes()
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, r := range routes {
		if r.Who.Audience() != gate.AudienceUser {
			open = append(open, r.Method+" "+r.Pattern)
		}
	}
	slices.Sort(open)
	want := []string{
		"GET /portal", "GET /portal/api/v1/openapi.json", "GET /portal/api/v1/session/providers/callback", "GET /portal/api/v1/session/ways",
		"GET /portal/{page...}", "POST /portal/api/v1/session", "POST /portal/api/v1/session/providers/{id}",
	}
	if !slices.Equal(open, want) {
		t.Fatalf("open: %q", open)
	}
}
