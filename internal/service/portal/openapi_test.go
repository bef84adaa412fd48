package portal

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"drover/internal/base/bus"
	"drover/internal/gate"
)

var update = flag.Bool("update", false, "write the files in web/portal that are made from the code anew")

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
