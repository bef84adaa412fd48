package agentv1_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"drover/api/agentv1"
)

// anyInventory draws an inventory of few names, so that much of it comes twice.
func anyInventory(t *rapid.T, name string) agentv1.Inventory {
	few := rapid.IntRange(0, 4)
	var i agentv1.Inventory
	if rapid.Bool().Draw(t, name+" hardware") {
		i.Hardware = &agentv1.Hardware{Model: fmt.Sprint("model ", few.Draw(t, name))}
	}
	for range few.Draw(t, name+" packages") {
		i.Packages = append(i.Packages, agentv1.Package{
			Source: "dpkg", Name: fmt.Sprint("p", few.Draw(t, name)), Version: fmt.Sprint(few.Draw(t, name)),
		})
	}
	for range few.Draw(t, name+" services") {
		i.Services = append(i.Services, agentv1.Service{Name: fmt.Sprint("s", few.Draw(t, name)), Running: rapid.Bool().Draw(t, name)})
	}
	for range few.Draw(t, name+" networks") {
		i.Networks = append(i.Networks, agentv1.Network{
			Name: fmt.Sprint("n", few.Draw(t, name)), Addresses: []string{fmt.Sprintf("192.0.2.%d/24", few.Draw(t, name))},
		})
	}
	i.Sort()
	return i
}

// Whatever the two inventories are, the server comes from the first to the second by what differs, over the wire.
func TestChangesLeadFromOneInventoryToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := anyInventory(t, "from"), anyInventory(t, "to")
		sections := agentv1.Sections()
		if to.Hardware == nil {
			sections = sections[1:]
		}
		put, gone := agentv1.Changes(from, to)
		raw, err := json.Marshal(agentv1.InventoryReport{Base: from.Hash(), Hash: to.Hash(), Sections: sections, Inventory: put, Gone: gone})
		if err != nil {
			t.Fatal(err)
		}
		var r agentv1.InventoryReport
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatal(err)
		}
		got, err := agentv1.Apply(from, r)
		if err != nil {
			t.Fatalf("%v: %s", err, raw)
		}
		if got.Hash() != to.Hash() {
			t.Fatal(cmp.Diff(to, got))
		}
	})
}

func TestAChangeOfAnotherInventoryIsRefused(t *testing.T) {
	one := agentv1.Inventory{Packages: []agentv1.Package{{Source: "dpkg", Name: "openssl", Version: "3.0.14"}}}
	two := agentv1.Inventory{Packages: []agentv1.Package{{Source: "dpkg", Name: "openssl", Version: "3.0.15"}}}
	put, gone := agentv1.Changes(one, two)
	if !slices.Equal(gone[agentv1.SectionPackages], []string{"dpkg/openssl//3.0.14"}) {
		t.Errorf("gone: %v", gone)
	}
	r := agentv1.InventoryReport{Base: one.Hash(), Hash: two.Hash(), Sections: agentv1.Sections(), Inventory: put, Gone: gone}
	for name, change := range map[string]func(*agentv1.InventoryReport) agentv1.Inventory{
		"another base": func(*agentv1.InventoryReport) agentv1.Inventory { return two },
		"another result": func(r *agentv1.InventoryReport) agentv1.Inventory {
			r.Hash = one.Hash()
			return one
		},
		"a whole one with another hash": func(r *agentv1.InventoryReport) agentv1.Inventory {
			r.Base, r.Hash = "", one.Hash()
			return one
		},
	} {
		bad := r
		if _, err := agentv1.Apply(change(&bad), bad); !errors.Is(err, agentv1.ErrBase) {
			t.Errorf("%s: %v, want ErrBase", name, err)
		}
	}
}
