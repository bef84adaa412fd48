package server

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"

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

// endless is an array that goes on for ever; it counts what is read of it.
type endless struct{ read int }

// Read goes on.
func (e *endless) Read(b []byte) (int, error) {
	const thing = `{"latitude":1},`
	if e.read == 0 {
		e.read++
		return copy(b, "["), nil
	}
	n := copy(b, thing[:min(len(b), len(thing))])
	e.read += n
	return n, nil
}

func TestNoMoreIsReadThanIsKept(t *testing.T) {
	e := &endless{}
	if _, err := items[journal.Position](e); !problem.Is(err, problem.Invalid) {
		t.Fatal(err)
	}
	if most := (journal.MaxItems + 1000) * 16; e.read > most {
		t.Errorf("%d octets were read of an array that is too long, at most %d", e.read, most)
	}
	broken := problem.New(problem.TooLarge, "test", "too large")
	_, err := items[journal.Position](io.MultiReader(strings.NewReader(`[{"latitude":1}`), iotest.ErrReader(broken)))
	if !problem.Is(err, problem.TooLarge) {
		t.Errorf("what went wrong with reading: %v", err)
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
