package agentv1

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
)

// Both sides reckon with the same code: what one leaves out the other puts back.

// Key names an item among those of its section; so with the others.
func (d Disk) Key() string        { return d.Name }
func (v Volume) Key() string      { return v.Mount }
func (n Network) Key() string     { return n.Name }
func (u User) Key() string        { return u.Name }
func (p Package) Key() string     { return p.Source + "/" + p.Name + "/" + p.Arch + "/" + p.Version }
func (c Certificate) Key() string { return c.SHA256 + "/" + c.Store }
func (s Service) Key() string     { return s.Name }

// item is one of a list.
type item interface{ Key() string }

// Sort puts every list in the order of its keys and drops what comes twice, as a hash needs it.
func (i *Inventory) Sort() {
	i.Disks, i.Volumes, i.Networks = sorted(i.Disks), sorted(i.Volumes), sorted(i.Networks)
	i.Users, i.Packages = sorted(i.Users), sorted(i.Packages)
	i.Certificates, i.Services = sorted(i.Certificates), sorted(i.Services)
}

func sorted[T item](list []T) []T {
	slices.SortStableFunc(list, func(a, b T) int { return cmp.Compare(a.Key(), b.Key()) })
	return slices.CompactFunc(list, func(a, b T) bool { return a.Key() == b.Key() })
}

// Hash is the SHA-256, in hexadecimal digits, of the JSON of a sorted inventory.
func (i Inventory) Hash() string {
	raw, err := json.Marshal(i)
	if err != nil {
		panic(err) // texts and numbers can always be written
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// Changes returns what makes the inventory from into to, and the keys of what is gone. Both must be sorted.
func Changes(from, to Inventory) (Inventory, map[string][]string) {
	gone := map[string][]string{}
	put := Inventory{
		Hardware: changed(from.Hardware, to.Hardware), System: changed(from.System, to.System),
		Disks:        differ(SectionDisks, from.Disks, to.Disks, gone),
		Volumes:      differ(SectionVolumes, from.Volumes, to.Volumes, gone),
		Networks:     differ(SectionNetworks, from.Networks, to.Networks, gone),
		Users:        differ(SectionUsers, from.Users, to.Users, gone),
		Packages:     differ(SectionPackages, from.Packages, to.Packages, gone),
		Certificates: differ(SectionCertificates, from.Certificates, to.Certificates, gone),
		Services:     differ(SectionServices, from.Services, to.Services, gone),
	}
	return put, gone
}

func changed[T comparable](from, to *T) *T {
	if from != nil && to != nil && *from == *to {
		return nil
	}
	return to
}

func differ[T item](section string, from, to []T, gone map[string][]string) []T {
	old := map[string]string{}
	for _, x := range from {
		old[x.Key()] = text(x)
	}
	var put []T
	for _, x := range to {
		if was, ok := old[x.Key()]; !ok || was != text(x) {
			put = append(put, x)
		}
		delete(old, x.Key())
	}
	for _, x := range from {
		if _, ok := old[x.Key()]; ok {
			gone[section] = append(gone[section], x.Key())
		}
	}
	return put
}

func text(x any) string {
	raw, err := json.Marshal(x)
	if err != nil {
		panic(err) // texts and numbers can always be written
	}
	return string(raw)
}

// ErrBase is returned where a change is not of the inventory that is held, or does not lead to the one it tells of: a whole
// one is needed.
var ErrBase = errors.New("the change does not fit the inventory that is held")

// Apply returns the inventory after a report, given the one that is held. Of a change it fails with [ErrBase] unless the
// result has the hash that the report tells; of a whole one too.
func Apply(held Inventory, r InventoryReport) (Inventory, error) {
	next := r.Inventory
	if r.Base != "" {
		if held.Hash() != r.Base {
			return held, ErrBase
		}
		next = merge(held, r)
	}
	next.keep(r.Sections)
	next.Sort()
	if next.Hash() != r.Hash {
		return held, ErrBase
	}
	return next, nil
}

func merge(held Inventory, r InventoryReport) Inventory {
	put := r.Inventory
	return Inventory{
		Hardware: cmp.Or(put.Hardware, held.Hardware), System: cmp.Or(put.System, held.System),
		Disks:        joined(held.Disks, put.Disks, r.Gone[SectionDisks]),
		Volumes:      joined(held.Volumes, put.Volumes, r.Gone[SectionVolumes]),
		Networks:     joined(held.Networks, put.Networks, r.Gone[SectionNetworks]),
		Users:        joined(held.Users, put.Users, r.Gone[SectionUsers]),
		Packages:     joined(held.Packages, put.Packages, r.Gone[SectionPackages]),
		Certificates: joined(held.Certificates, put.Certificates, r.Gone[SectionCertificates]),
		Services:     joined(held.Services, put.Services, r.Gone[SectionServices]),
	}
}

func joined[T item](held, put []T, gone []string) []T {
	out := map[string]bool{}
	for _, key := range gone {
		out[key] = true
	}
	next := slices.Clone(put)
	for _, x := range put {
		out[x.Key()] = true
	}
	for _, x := range held {
		if !out[x.Key()] {
			next = append(next, x)
		}
	}
	return next
}

// keep drops the sections that are not named.
func (i *Inventory) keep(sections []string) {
	drop := func(section string, clear func()) {
		if !slices.Contains(sections, section) {
			clear()
		}
	}
	drop(SectionHardware, func() { i.Hardware = nil })
	drop(SectionSystem, func() { i.System = nil })
	drop(SectionDisks, func() { i.Disks = nil })
	drop(SectionVolumes, func() { i.Volumes = nil })
	drop(SectionNetworks, func() { i.Networks = nil })
	drop(SectionUsers, func() { i.Users = nil })
	drop(SectionPackages, func() { i.Packages = nil })
	drop(SectionCertificates, func() { i.Certificates = nil })
	drop(SectionServices, func() { i.Services = nil })
}
