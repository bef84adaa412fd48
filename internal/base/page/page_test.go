package page

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"drover/internal/base/problem"
)

func TestACursorComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, n, id := rapid.String().Draw(t, "name"), rapid.Int64().Draw(t, "n"), rapid.String().Draw(t, "id")
		if strings.Contains(name+id, "\x00") { // no row is called so, and PostgreSQL does not look for it
			if _, _, err := Parse[string](Cursor(name, id)); !problem.Is(err, problem.Invalid) {
				t.Fatalf("%q %q: %v", name, id, err)
			}
			return
		}
		if k, i, err := Parse[string](Cursor(name, id)); err != nil || k != name || i != id {
			t.Fatalf("%q %q came back as %q %q, %v", name, id, k, i, err)
		}
		if k, i, err := Parse[int64](Cursor(n, id)); err != nil || k != n || i != id {
			t.Fatalf("%d %q came back as %d %q, %v", n, id, k, i, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(Cursor("a", "b"))
	f.Add(Cursor(int64(1), "b"))
	f.Fuzz(func(t *testing.T, s string) {
		if _, _, err := Parse[int64](s); err != nil && !problem.Is(err, problem.Invalid) {
			t.Fatal(err)
		}
		_, _, _ = Parse[string](s)
	})
}

func TestLikeTakesEverythingLiterally(t *testing.T) {
	if got := Like(`50%_a\b`); got != `%50\%\_a\\b%` {
		t.Fatal(got)
	}
}

func TestALimitOutOfBoundsIsRefused(t *testing.T) {
	for _, n := range []int{-1, MaxLimit + 1} {
		if _, err := (Request{Limit: n}).Size(); !problem.Is(err, problem.Invalid) {
			t.Errorf("%d: %v", n, err)
		}
	}
}

func TestAWalkVisitsEveryRowOnceAndEndsAtAFault(t *testing.T) {
	pages := map[string][]int{"": {1, 2}, "a": {}, "b": {3}}
	next := map[string]string{"": "a", "a": "b", "b": ""}
	read := func(after string) ([]int, string, error) { return pages[after], next[after], nil }
	var got []int
	visit := func(n int) error {
		got = append(got, n)
		return nil
	}
	if err := Walk(read, visit); err != nil || !slices.Equal(got, []int{1, 2, 3}) {
		t.Fatalf("visited %v (%v)", got, err)
	}
	fault := errors.New("gone")
	if err := Walk(read, func(int) error { return fault }); !errors.Is(err, fault) {
		t.Error(err)
	}
	broken := func(after string) ([]int, string, error) {
		if after == "" {
			return []int{1}, "a", nil
		}
		return nil, "", fault
	}
	begun, err := Begin(broken)
	if err != nil {
		t.Fatal(err)
	}
	got = nil
	if err := Walk(begun, visit); !errors.Is(err, fault) || !slices.Equal(got, []int{1}) {
		t.Errorf("visited %v (%v)", got, err)
	}
	if _, err := Begin(func(string) ([]int, string, error) { return nil, "", fault }); !errors.Is(err, fault) {
		t.Error(err)
	}
}
