package adminapi

import (
	"bytes"
	"context"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
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

func TestAnOperationMustSayWhoMayCallIt(t *testing.T) {
	a := New(Deps{})
	add(a, operation{id: "forgotten", method: http.MethodGet, path: "/forgotten", tag: "zone"},
		func(context.Context, *none) (*none, error) { return &none{}, nil })
	if _, err := a.Routes(); err == nil || !strings.Contains(err.Error(), "forgotten") {
		t.Fatalf("an operation that anybody might call starts: %v", err)
	}
}

func TestEveryOperationIsARoute(t *testing.T) {
	a := New(Deps{})
	routes, err := a.Routes()
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, r := range routes {
		there[r.Method+" "+r.Pattern] = true
	}
	for key, op := range a.operations() {
		for _, part := range strings.Split(op.Path, "/") {
			name := strings.Trim(part, "{}")
			if name != part && !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "path" && p.Name == name }) {
				t.Errorf("%s does not read its %s", key, name)
			}
		}
		if !there[key] {
			t.Errorf("%s is described and is no route", key)
		}
		if op.Summary == "" || len(op.Tags) != 1 {
			t.Errorf("%s is not described", key)
		}
	}
}
