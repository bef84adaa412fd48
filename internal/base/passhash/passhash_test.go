package passhash

import (
	"bytes"
	"strings"
	"testing"

	"drover/internal/base/problem"
)

func TestOnlyTheRightPasswordVerifies(t *testing.T) {
	const right = "correct horse battery"
	a, err := Hash(t.Context(), right)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Hash(t.Context(), right)
	if err != nil || bytes.Equal(a, b) {
		t.Fatalf("two hashes of one password are equal (%v)", err)
	}
	for password, want := range map[string]bool{right: true, "correct horse batterz": false, "": false, strings.Repeat("x", 1<<20): false} {
		if ok, err := Verify(t.Context(), password, a); ok != want || err != nil {
			t.Errorf("%.30q: %v (%v), want %v", password, ok, err, want)
		}
	}
	for _, stored := range [][]byte{nil, {}, a[:20], append(bytes.Clone(a), 0)} {
		if ok, err := Verify(t.Context(), right, stored); ok || err != nil {
			t.Errorf("a stored value of %d bytes verified (%v)", len(stored), err)
		}
	}
	for _, bad := range []string{"short", strings.Repeat("x", Max+1)} {
		if _, err := Hash(t.Context(), bad); !problem.Is(err, problem.Invalid) {
			t.Errorf("a password of %d bytes: %v", len(bad), err)
		}
	}
}
