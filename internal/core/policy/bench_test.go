package policy

import (
	"encoding/json"
	"fmt"
	"testing"
)

// Every request of a device asks for its effective policy.
func BenchmarkEffectiveFor(b *testing.B) {
	l := &loaded{assignments: map[Target]Assignment{}, suites: map[string]inForce{"s": {name: "s", now: Version{Suite: "s", Number: 1, Content: strict().Content}}}, merged: &merged{list: map[string]*Effective{}}}
	for i := range 100_000 {
		t := Target{ToUser, fmt.Sprint(i)}
		l.assignments[t] = Assignment{Target: t, Suite: "s"}
	}
	d := DeviceRef{Device: "d", User: "77", Groups: []string{"g1", "g2", "g3"}}
	b.ReportAllocs()
	for b.Loop() {
		if l.effective(d).Origin.Suite != "s" {
			b.Fatal("not found")
		}
	}
}

func BenchmarkWithUpstream(b *testing.B) {
	e, theirs := NewEffective(Origin{}, basic().Content.Corporate), strict().Content.Corporate
	b.ReportAllocs()
	for b.Loop() {
		e.WithUpstream("up", theirs)
	}
}

func FuzzValues(f *testing.F) {
	f.Add(`{"password.required":true,"password.history":5,"apps.blocked":["a"]}`)
	f.Add(`{"password.required":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		var vs Values
		if json.Unmarshal([]byte(text), &vs) != nil {
			return
		}
		faults := vs.Validate("")
		if len(faults) > 0 {
			return
		}
		NewEffective(Origin{}, vs).WithUpstream("u", vs)
		back, err := json.Marshal(vs)
		if err != nil {
			t.Fatal(err)
		}
		var again Values
		if err := json.Unmarshal(back, &again); err != nil || !again.Equal(vs) {
			t.Fatalf("%s became %s, %v", text, back, err)
		}
	})
}
