package release

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// version is the version of a program: three numbers, and whether it was made before the release of that name, as what is
// built between two releases.
type version struct {
	numbers [3]int
	before  bool
}

// parse reads a version as releases and Go modules have them: 1.4.0, v1.4.0, v1.4.1-0.20260301120000-0123456789ab. It is false
// for anything else, such as what a working copy says of itself.
func parse(s string) (v version, ok bool) {
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "v"), "+")
	s, _, v.before = strings.Cut(s, "-")
	words := strings.Split(s, ".")
	if len(words) != len(v.numbers) {
		return v, false
	}
	for i, w := range words {
		n, err := strconv.ParseUint(w, 10, 31)
		if err != nil || strconv.FormatUint(n, 10) != w {
			return v, false
		}
		v.numbers[i] = int(n)
	}
	return v, true
}

// compare orders versions that [parse] knows; one that it does not know comes first.
func compare(a, b string) int {
	x, knownX := parse(a)
	y, knownY := parse(b)
	return cmp.Or(order(knownX, knownY), slices.Compare(x.numbers[:], y.numbers[:]), order(y.before, x.before))
}

// order puts false before true.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
