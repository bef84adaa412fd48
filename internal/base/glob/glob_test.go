package glob

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	for _, x := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"a*c", "abc", true},
		{"a*c", "abd", false},
		{"a?c", "aéc", true},
		{"?", "", false},
		{"*b*b*", "abcb", true},
		{"sm-g9*", "sm-g901f", true},
		{strings.Repeat("*a", 100) + "b", strings.Repeat("a", 200), false},
	} {
		if got := Match(x.pattern, x.s); got != x.want {
			t.Errorf("%q and %q: %v", x.pattern, x.s, got)
		}
	}
}

func TestATextFitsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[^*?]*`).Draw(t, "s")
		if !Match(s, s) || !Match("*"+s+"*", "x"+s+"y") || Match(s+"?", s) {
			t.Fatal(s)
		}
	})
}
