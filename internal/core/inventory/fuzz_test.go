package inventory_test

import (
	"testing"

	"drover/internal/core/inventory"
)

// FuzzCompareVersions holds for every text that comparing is the same from both sides.
func FuzzCompareVersions(f *testing.F) {
	for _, s := range []string{"dpkg", "rpm", ""} {
		f.Add(s, "1:1.0~rc1-2", "1.0-beta")
		f.Add(s, "٣", "1\xff")
	}
	f.Fuzz(func(t *testing.T, source, a, b string) {
		if x, y := inventory.CompareVersions(source, a, b), inventory.CompareVersions(source, b, a); x != -y {
			t.Errorf("%q: %q and %q: %d, and from the other side %d", source, a, b, x, y)
		}
		if inventory.CompareVersions(source, a, a) != 0 {
			t.Errorf("%q: %q is not itself", source, a)
		}
	})
}
