package main

import "testing"

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"dance"},
		{"-version=1.0", "options"},
		{"-form=round", "options"},
		{"-ca=/nonexistent", "options"},
		{"-steps=/nonexistent"},
		{"-colour=red"},
	} {
		if _, err := run(t.Context(), args); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}
