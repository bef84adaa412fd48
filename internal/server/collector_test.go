package server

import (
	"encoding/json"
	"strings"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/core/journal"
)

func TestWhatIsNoArrayOfItsKindIsRefusedWithoutAnEcho(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "an object": `{"at":"2026-03-01T12:00:00Z"}`, "an unknown field": `[{"at":"2026-03-01T12:00:00Z","secret":1}]`,
		"more behind it": `[{"latitude":1}] []`, "broken": `[{"latitude":1`, "a number too large": `[{"latitude":1e999}]`,
		"a text for a number": `[{"latitude":"secret"}]`, "an empty array": `[]`, "null": `null`,
		"too many": "[" + strings.TrimSuffix(strings.Repeat(`{"latitude":1},`, journal.MaxItems+1), ",") + "]",
	} {
		_, err := items[journal.Position](strings.NewReader(text))
		if !problem.Is(err, problem.Malformed) && !problem.Is(err, problem.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s is echoed: %v", name, err)
		}
	}
	list, err := items[journal.Position](strings.NewReader(`[{"at":"2026-03-01T12:00:00Z","latitude":1,"longitude":2,"accuracy":3}]`))
	if err != nil || len(list) != 1 || list[0].Longitude != 2 {
		t.Errorf("%+v %v", list, err)
	}
}

// FuzzItems: whatever a device sends is read as its kind or refused, and what was read can be written again.
func FuzzItems(f *testing.F) {
	f.Add(`[{"at":"2026-03-01T12:00:00Z","number":"1","direction":"in","text":"x"}]`)
	f.Add(`[{}]`)
	f.Add(`[null,{"number":"\ud800"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := items[journal.Text](strings.NewReader(text))
		if err != nil {
			return
		}
		if len(list) == 0 || len(list) > journal.MaxItems {
			t.Fatalf("%d things", len(list))
		}
		for _, x := range list {
			if x.At.IsZero() { // refused further in
				continue
			}
			if _, err := json.Marshal(x); err != nil {
				t.Fatal(err)
			}
		}
	})
}
