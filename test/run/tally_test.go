package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTallyCountsAndPrints(t *testing.T) {
	const events = `
{"Action":"start","Package":"p/good"}
{"Action":"run","Package":"p/good","Test":"TestA"}
{"Action":"output","Package":"p/good","Test":"TestA","Output":"quiet\n"}
{"Action":"pass","Package":"p/good","Test":"TestA"}
{"Action":"pass","Package":"p/good","Test":"TestA/sub"}
{"Action":"output","Package":"p/good","Output":"PASS\n"}
{"Action":"output","Package":"p/good","Output":"ok  \tp/good\t0.1s\n"}
{"Action":"pass","Package":"p/good"}
{"Action":"output","Package":"p/bad","Test":"TestB","Output":"    b_test.go:1: wrong\n"}
{"Action":"fail","Package":"p/bad","Test":"TestB"}
{"Action":"output","Package":"p/bad","Output":"FAIL\tp/bad\t0.1s\n"}
{"Action":"fail","Package":"p/bad"}
{"Action":"skip","Package":"p/lazy","Test":"TestC"}
{"Action":"pass","Package":"p/lazy"}
{"Action":"skip","Package":"p/empty"}
{"Action":"build-output","ImportPath":"p/broken","Output":"x.go:1: undefined\n"}
{"Action":"fail","Package":"p/broken"}
`
	var out strings.Builder
	tally := &tally{out: &out}
	if err := tally.read(strings.NewReader(strings.TrimSpace(events))); err != nil {
		t.Fatal(err)
	}
	want := "failed: p/bad TestB\nfailed: p/lazy TestC\nfailed: p/broken\n2 passed, 3 failed"
	if diff := cmp.Diff(want, tally.closing()); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"ok  \tp/good\t0.1s", "b_test.go:1: wrong", "FAIL\tp/bad", "x.go:1: undefined"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("the output lacks %q:\n%s", text, out.String())
		}
	}
	if strings.Contains(out.String(), "quiet") {
		t.Error("the output of a passed test was printed")
	}
}
