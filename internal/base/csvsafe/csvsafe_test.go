package csvsafe

import (
	"encoding/csv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNoCellIsAFormula(t *testing.T) {
	for in, want := range map[string]string{
		`=cmd|' /C calc'!A0`: `'=cmd|' /C calc'!A0`, "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1",
		"  =1": "'  =1", "＝1": "'＝1", "Anna's phone": "Anna's phone", "": "", "'quoted": "'quoted", "a=b": "a=b",
	} {
		if got := Cell(in); got != want {
			t.Errorf("%q is written %q, want %q", in, got, want)
		}
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOfN(rapid.StringMatching(`[=+\-@'a-z ,"]{0,12}`), 2, 5).Draw(t, "cells")
		var b strings.Builder
		w := NewWriter(&b)
		if err := w.Write(in...); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		out, err := csv.NewReader(strings.NewReader(b.String())).Read()
		if err != nil {
			t.Fatal(err)
		}
		for i, cell := range out {
			if Formula(cell) || Plain(cell) != Plain(in[i]) {
				t.Fatalf("%q came back as %q", in[i], cell)
			}
		}
	})
}
