package adminapi

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write web/openapi.json anew")

// TestOpenAPI holds the committed description, from which the dashboard's types are made, equal to the code.
func TestOpenAPI(t *testing.T) {
	a := New(Deps{})
	if _, err := a.Routes(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "..", "..", "web", "openapi.json")
	if *update {
		if err := os.WriteFile(path, a.OpenAPI(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, a.OpenAPI()) {
		t.Fatal("web/openapi.json is not what the code says: run go test ./internal/service/adminapi -run TestOpenAPI -update")
	}
}
