package policy

import (
	"strings"
	"testing"
)

// Whatever is in a file, a value that is put into it is read from it again, putting it twice is putting it once, and what
// belongs to other keys stays.
func FuzzKeyed(f *testing.F) {
	f.Add("# minlen = 8\nminlen = 6\nother=1\nminlen=7 # twice\n", true)
	f.Add("PASS_MAX_DAYS\t99999\nPASS_MIN_DAYS 0\n", false)
	f.Add("minlen", true)
	f.Fuzz(func(t *testing.T, text string, equals bool) {
		k := keyed{equals: equals}
		next := k.set(text, "minlen", "12")
		if v, ok := k.parse(next, "minlen"); !ok || v != "12" {
			t.Fatalf("%q becomes %q, which says %q", text, next, v)
		}
		if again := k.set(next, "minlen", "12"); again != next {
			t.Fatalf("%q becomes %q and then %q", text, next, again)
		}
		for line := range strings.Lines(text) {
			bare, _, _ := strings.Cut(line, "#")
			name, _ := k.split(bare)
			before, there := k.parse(text, name)
			if after, still := k.parse(next, name); name != "minlen" && (before != after || there != still) {
				t.Fatalf("%q was %q and is %q", name, before, after)
			}
		}
	})
}
