package door_test

import (
	"testing"

	"drover/internal/core/door"
	"drover/internal/core/zone"
)

func TestTheCatalogueHoldsEveryServiceOnce(t *testing.T) {
	rows := door.Catalogue()
	for i, name := range zone.Services {
		row, ok := door.Lookup(name)
		if !ok || rows[i].Name != name {
			t.Errorf("%s is not in its place in the catalogue", name)
		}
		if row.Purpose == "" || row.Callers == "" || row.Proof == "" || row.Port == 0 || row.DMZ == "" || row.Surface == "" || len(row.Levels) == 0 {
			t.Errorf("%s is not described in full: %+v", name, row)
		}
	}
	if len(rows) != len(zone.Services) {
		t.Errorf("%d rows for %d services", len(rows), len(zone.Services))
	}
	if open := slicesOf(rows, func(s door.Service) bool { return s.Levels[0] == door.Open }); len(open) != 2 {
		t.Errorf("open without proof: %v, want download and monitoring alone", open)
	}
}

func slicesOf(rows []door.Service, keep func(door.Service) bool) (names []zone.Service) {
	for _, s := range rows {
		if keep(s) {
			names = append(names, s.Name)
		}
	}
	return names
}
