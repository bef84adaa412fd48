package main

import (
	"bytes"
	"os"
	"testing"
)

func TestCheckedInTablesAreCurrent(t *testing.T) {
	facts, err := os.ReadFile("../codepages.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate(facts)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../tables_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("tables_gen.go differs from what codepages.json says: run go generate ./internal/base/wbxml")
	}
}

func TestBrokenFactsAreRefused(t *testing.T) {
	if _, err := generate([]byte(`{"pages": 1}`)); err == nil {
		t.Error("pages that are no list were accepted")
	}
}
