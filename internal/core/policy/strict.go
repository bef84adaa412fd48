package policy

import (
	"cmp"
	"slices"
)

// Pick returns the stricter of two valid values of the setting. Of two approved lists that share nothing, a stays:
// an empty list would mean that everything is approved.
func (d *Definition) Pick(a, b Value) Value {
	switch d.Stricter {
	case Both:
		if d.Kind == KindFiles {
			return d.allFiles(a, b)
		}
		return List(append(a.Texts(), b.list...)...)
	case Common:
		if d.Kind == KindText {
			return Text(cmp.Or(a.Line(), b.Line()))
		}
		return d.common(a, b)
	}
	if d.laxer(a, b) {
		return b
	}
	return a
}

// laxer tells whether a is laxer than b.
func (d *Definition) laxer(a, b Value) bool {
	if a.n == b.n {
		return false
	}
	if d.Kind != KindBool {
		if a.n == d.None || b.n == d.None {
			return a.n == d.None
		}
	}
	switch d.Stricter {
	case Yes, More:
		return a.n < b.n
	default:
		return a.n > b.n
	}
}

func (d *Definition) common(a, b Value) Value {
	if len(a.list) == 0 {
		return b
	}
	if len(b.list) == 0 {
		return a
	}
	var both []string
	for _, t := range a.list {
		if slices.Contains(b.list, t) {
			both = append(both, t)
		}
	}
	if len(both) == 0 {
		return a
	}
	return List(both...)
}
