package openapi

import "testing"

// FuzzSafely: whatever a sender makes up as the name of a property, only plain names come back in an error.
func FuzzSafely(f *testing.F) {
	for _, s := range []string{"body.name", "body.<script>", "query.a b", "", ".", "body.\u202ename", "body.values[3]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, location string) {
		if got := safely(location); !plainLocation.MatchString(got) {
			t.Fatalf("%q became %q", location, got)
		}
	})
}
