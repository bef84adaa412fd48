package inventory

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// Item is one thing of a section, field by field. Fields that are not known are left out.
type Item map[string]string

// Part is one section, whole, as a report tells it. Without items there is none of it.
type Part struct {
	Section Section
	Items   []Item
}

// Report is what a device tells of itself at one moment. Sections that it does not tell of stay as they are known.
type Report struct {
	Made   time.Time // when the device signed it
	Source string    // the program that tells, with its version
	Parts  []Part
	// Told is the report in the teller's own form, kept so that the next one can tell the difference alone; nil for tellers
	// that do not.
	Told *Told
}

// Told is a report in its teller's own form.
type Told struct {
	Base string // the hash of the one before it that it was made from; "" for none
	Hash string // its own
	Body []byte // at most 4 MiB
}

const (
	maxText   = 512
	maxSource = 100
	maxSum    = 64
	maxTold   = 4 << 20
)

// clean bounds the items to what the section has, and sorts them by key. Of two items with one key the later counts.
func (d Description) clean(items []Item) []Item {
	byKey := make(map[string]Item, len(items))
	for _, it := range items {
		x := Item{}
		for _, f := range d.Fields {
			if v := strings.TrimSpace(sqldb.Line(it[f.Name], maxText)); v != "" {
				x[f.Name] = v
			}
		}
		if len(x) > 0 {
			byKey[d.key(x)] = x
		}
	}
	keys := slices.Sorted(maps.Keys(byKey))
	out := make([]Item, len(keys))
	for i, k := range keys {
		out[i] = byKey[k]
	}
	return out
}

// key tells an item from the others of its section.
func (d Description) key(it Item) string {
	parts := make([]string, len(d.Key))
	for i, name := range d.Key {
		parts[i] = it[name]
	}
	return strings.Join(parts, "\x1f")
}

// hash names the state of a section.
func (d Description) hash(items []Item) string {
	sum := sha256.New()
	if err := json.NewEncoder(sum).Encode(d.clean(items)); err != nil {
		panic(err) // texts always have a JSON form
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func (r *Report) check() error {
	r.Source = sqldb.Line(r.Source, maxSource)
	seen := map[Section]bool{}
	for _, p := range r.Parts {
		d, err := Describe(p.Section)
		if err != nil {
			return err
		}
		if seen[p.Section] {
			return problem.Newf(problem.Invalid, "inventory.twice", "The section %q is told twice.", p.Section).WithField("section")
		}
		seen[p.Section] = true
		if len(p.Items) > d.Most {
			return problem.Newf(problem.TooLarge, "inventory.many", "The section %q has at most %d items.", p.Section, d.Most).WithField("items")
		}
	}
	if t := r.Told; t != nil && (len(t.Base) > maxSum || t.Hash == "" || len(t.Hash) > maxSum || len(t.Body) > maxTold) {
		return problem.New(problem.TooLarge, "inventory.told", "The inventory is too long.")
	}
	return nil
}

// Kind says what became of an item.
type Kind string

// The kinds.
const (
	Added   Kind = "added"
	Gone    Kind = "gone"
	Changed Kind = "changed"
)

// Change is one step of a section's history.
type Change struct {
	ID      string
	Device  string
	At      time.Time
	Section Section
	Kind    Kind
	Before  Item // nil for what was added
	After   Item // nil for what is gone
}

// compare returns what has changed between two states of a section, restless fields aside. Both are sorted by key.
func (d Description) compare(old, now []Item) []Change {
	var out []Change
	i, j := 0, 0
	for i < len(old) || j < len(now) {
		order := 0
		switch {
		case i == len(old):
			order = 1
		case j == len(now):
			order = -1
		default:
			order = cmp.Compare(d.key(old[i]), d.key(now[j]))
		}
		switch {
		case order < 0:
			out = append(out, Change{Section: d.Section, Kind: Gone, Before: old[i]})
			i++
		case order > 0:
			out = append(out, Change{Section: d.Section, Kind: Added, After: now[j]})
			j++
		default:
			if !maps.Equal(d.still(old[i]), d.still(now[j])) {
				out = append(out, Change{Section: d.Section, Kind: Changed, Before: old[i], After: now[j]})
			}
			i, j = i+1, j+1
		}
	}
	if d.Section == Software {
		return updates(out)
	}
	return out
}

// updates makes one change of a program that is gone in one version and added in another. One of which several versions come or
// go at once, such as a kernel, stays as it is.
func updates(list []Change) []Change {
	type pair struct{ gone, added []int }
	of := map[string]*pair{}
	for i, x := range list {
		it := x.After
		if x.Kind == Gone {
			it = x.Before
		}
		key := strings.Join([]string{it["name"], it["arch"], it["source"]}, "\x1f")
		if of[key] == nil {
			of[key] = &pair{}
		}
		switch x.Kind {
		case Gone:
			of[key].gone = append(of[key].gone, i)
		case Added:
			of[key].added = append(of[key].added, i)
		case Changed:
		}
	}
	spent := map[int]bool{}
	for _, p := range of {
		if len(p.gone) == 1 && len(p.added) == 1 {
			x := &list[p.added[0]]
			x.Kind, x.Before = Changed, list[p.gone[0]].Before
			spent[p.gone[0]] = true
		}
	}
	var out []Change
	for i, x := range list {
		if !spent[i] {
			out = append(out, x)
		}
	}
	return out
}

// still returns an item without its restless fields.
func (d Description) still(it Item) Item {
	x := maps.Clone(it)
	for _, f := range d.Fields {
		if f.Restless {
			delete(x, f.Name)
		}
	}
	return x
}
