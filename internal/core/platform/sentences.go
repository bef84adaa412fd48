package platform

import "slices"

// Sentences returns every fixed sentence in which the catalogue speaks of orders, each once and in the order of the alphabet:
// for whoever translates them.
func Sentences() []string {
	list := []string{needsApple}
	for _, s := range unasked {
		list = append(list, s)
	}
	for _, r := range catalogue {
		for _, o := range r.orders {
			list = append(list, o.sentences()...)
		}
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(s string) bool { return s == "" })
}

func (o Order) sentences() []string {
	list := []string{o.Refusal}
	for _, w := range o.Ways {
		list = append(list, w.Removes, w.Leaves, w.Caveat)
		if w.Channel != AppleMDM {
			list = append(list, needs(w.Channel))
		}
		if w.Option == nil {
			continue
		}
		for _, x := range []Way{w.Option.On, w.Option.Off} {
			list = append(list, x.Removes, x.Leaves, x.Caveat)
		}
	}
	for _, a := range o.Alternatives {
		list = append(list, a.Words)
	}
	return list
}
