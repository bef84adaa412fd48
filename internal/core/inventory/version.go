package inventory

import (
	"cmp"
	"slices"
	"strings"

	deb "github.com/knqyf263/go-deb-version"
	rpm "github.com/knqyf263/go-rpm-version"
)

// CompareVersions orders two versions by the rules of where the program comes from: those of Debian's packages, of RPM, and
// for all others number by number and word by word. It returns -1, 0 or 1.
func CompareVersions(source, a, b string) int {
	switch source {
	case "dpkg":
		x, err := deb.NewVersion(a)
		y, other := deb.NewVersion(b)
		if err == nil && other == nil {
			return x.Compare(y)
		}
	case "rpm":
		return rpm.NewVersion(a).Compare(rpm.NewVersion(b))
	}
	return compareWords(a, b)
}

// compareWords compares versions of unknown form: runs of digits as numbers, all else as text; a version that goes on is the
// newer one, unless it goes on with a word, as in "1.0-beta".
func compareWords(a, b string) int {
	x, y := runs(a), runs(b)
	for i := range max(len(x), len(y)) {
		switch {
		case i >= len(x):
			return -goesOn(y[i])
		case i >= len(y):
			return goesOn(x[i])
		}
		if c := compareRuns(x[i], y[i]); c != 0 {
			return c
		}
	}
	return 0
}

func goesOn(run string) int {
	if digit(run[0]) {
		return 1
	}
	return -1
}

func compareRuns(a, b string) int {
	if digit(a[0]) != digit(b[0]) {
		return goesOn(a) // a number is newer than a word
	}
	if !digit(a[0]) {
		return cmp.Compare(strings.ToLower(a), strings.ToLower(b))
	}
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// runs cuts a version into its numbers and words.
func runs(v string) []string {
	var out []string
	for i := 0; i < len(v); {
		kind := digit
		if !digit(v[i]) {
			kind = letter
		}
		j := i
		for j < len(v) && kind(v[j]) {
			j++
		}
		if j == i {
			i++
			continue
		}
		out, i = append(out, v[i:j]), j
	}
	return out
}

func sortVersions(list []Version, source string) {
	slices.SortFunc(list, func(a, b Version) int {
		return cmp.Or(CompareVersions(source, b.Version, a.Version), cmp.Compare(b.Version, a.Version), cmp.Compare(a.Arch, b.Arch))
	})
}
