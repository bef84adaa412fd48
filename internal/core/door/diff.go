package door

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Difference is one thing in which two documents differ.
type Difference struct {
	Where  string `json:"where"` // "zone.services.portal.on"
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// maxDifferences bounds what is told of a change.
const maxDifferences = 200

// Diff tells how two documents differ, at most 200 of the differences. Rules are told whole, by their place and words.
func Diff(before, after Document) []Difference {
	old, now := lines(before), lines(after)
	var out []Difference
	add := func(where string) {
		if a, b := old.at[where], now.at[where]; a != b && len(out) < maxDifferences {
			out = append(out, Difference{where, a, b})
		}
	}
	for _, where := range old.order {
		add(where)
	}
	for _, where := range now.order {
		if _, known := old.at[where]; !known {
			add(where)
		}
	}
	return out
}

// said is a document as lines of words.
type said struct {
	order []string
	at    map[string]string
}

func (s *said) add(where, words string) {
	if words == "" {
		return
	}
	s.order = append(s.order, where)
	s.at[where] = words
}

func lines(d Document) said {
	s := said{at: map[string]string{}}
	s.add("internal", strings.Join(d.Internal, ", "))
	s.place("zone", &d.Zone)
	for i := range d.Servers {
		at := "servers." + d.Servers[i].ID
		s.add(at+".placement", string(d.Servers[i].Placement))
		for _, a := range d.Servers[i].Addresses {
			s.add(at+".addresses."+a.URL, a.words())
		}
		s.place(at, &d.Servers[i].Place)
	}
	s.orders("closest", d.Order)
	for i, l := range d.Locations {
		at := "locations." + l.Name
		s.add(at+".place", number(int64(i+1), ""))
		s.add(at+".networks", strings.Join(l.Networks, ", "))
		s.orders(at+".closest", l.Closest)
		if l.Alone {
			s.add(at+".alone", "no other servers")
		}
	}
	return s
}

func (s *said) orders(at string, list []Order) {
	for _, o := range list {
		var groups []string
		for _, g := range o.Groups {
			groups = append(groups, strings.Join(g, ", "))
		}
		s.add(at+"."+string(o.Role), strings.Join(groups, "; then "))
	}
}

func (s *said) place(at string, p *Place) {
	for _, c := range Categories {
		s.filter(at+"."+string(c), *p.Category(c))
	}
	services := slices.Clone(p.Services)
	slices.SortFunc(services, func(a, b Settings) int { return strings.Compare(string(a.Service), string(b.Service)) })
	for _, x := range services {
		s.service(at+".services."+string(x.Service), x)
	}
}

func (s *said) service(at string, x Settings) {
	if x.On != nil {
		s.add(at+".on", map[bool]string{true: "on", false: "off"}[*x.On])
	}
	s.add(at+".level", string(x.Level))
	s.add(at+".per_address", number(int64(x.PerAddress), " a minute"))
	s.add(at+".per_device", number(int64(x.PerDevice), " a minute"))
	s.add(at+".body", number(x.Body, " octets"))
	s.add(at+".seconds", number(int64(x.Seconds), " s"))
	s.filter(at+".filter", x.Filter)
}

func number(n int64, unit string) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10) + unit
}

func (s *said) filter(at string, f *Filter) {
	if f == nil {
		return
	}
	for i, r := range f.Rules {
		s.add(fmt.Sprintf("%s.rules.%d", at, i+1), r.String())
	}
	s.add(at+".otherwise", string(f.Otherwise))
}

// String returns a rule in words.
func (r Rule) String() string {
	words := string(r.Verdict) + " " + r.From
	if !r.Until.IsZero() {
		words += " until " + r.Until.UTC().Format(time.RFC3339)
	}
	if r.Note != "" {
		words += " (" + r.Note + ")"
	}
	return words
}
