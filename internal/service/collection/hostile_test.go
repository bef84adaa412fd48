package collection_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"drover/api/agentv1"
	"drover/internal/base/problem"
	"drover/internal/service/collection"
)

func packed(t testing.TB, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestASmallFileDoesNotBecomeALargeOne(t *testing.T) {
	bomb := packed(t, make([]byte, 300<<20))
	for name, most := range map[string]int64{"by its ratio": 1 << 40, "by its size": 1 << 20} {
		r, err := collection.Unpack(bytes.NewReader(bomb), "application/gzip", int64(len(bomb)), most)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, r)
		if !problem.Is(err, problem.TooLarge) || n > most || n > 200*int64(len(bomb))+(1<<20) {
			t.Errorf("%s: %d octets come out of %d, %v", name, n, len(bomb), err)
		}
	}
	for name, raw := range map[string][]byte{
		"no gzip": []byte("hello"), "nothing": nil, "broken off": packed(t, bytes.Repeat([]byte("a line\n"), 1000))[:40],
		"altered": slices.Concat(packed(t, []byte("a line"))[:12], []byte{0xff, 0xff, 0xff, 0xff}),
	} {
		r, err := collection.Unpack(bytes.NewReader(raw), "application/gzip", int64(len(raw)), 1<<20)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if !problem.Is(err, problem.Malformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestALogIsCutBetweenItsLines(t *testing.T) {
	begun := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	text := strings.Repeat(`{"time":"2026-03-01T10:00:00Z","msg":"x"}`+"\n", 10_000) + strings.Repeat("y", 300_000) + "\nend without a line feed"
	list, err := collection.LogPieces(strings.NewReader(text), begun)
	if err != nil {
		t.Fatal(err)
	}
	var whole strings.Builder
	for i, p := range list {
		whole.WriteString(p.Text)
		if i > 0 && !p.Until.After(list[i-1].Until) || p.From.After(p.Until) {
			t.Errorf("piece %d is from %v until %v", i, p.From, p.Until)
		}
	}
	if whole.String() != text {
		t.Error("another log comes out")
	}
}

func FuzzLogPieces(f *testing.F) {
	f.Add([]byte(`{"time":"2026-03-01T10:00:00Z","msg":"x"}` + "\nplain\n"))
	f.Add([]byte("\xff\xfe\n\n" + strings.Repeat("z", 300_000)))
	begun := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := collection.LogPieces(bytes.NewReader(raw), begun)
		if err != nil && !problem.Is(err, problem.TooLarge) {
			t.Fatal(err)
		}
		for i, p := range list {
			if !utf8.ValidString(p.Text) || p.From.After(p.Until) || i > 0 && !p.Until.After(list[i-1].Until) {
				t.Fatalf("piece %d: %q from %v until %v", i, p.Text, p.From, p.Until)
			}
		}
	})
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte("plain"), "text/plain")
	f.Add(packed(f, []byte("plain")), "application/gzip")
	f.Fuzz(func(t *testing.T, raw []byte, media string) {
		const most = 1 << 20
		r, err := collection.Unpack(bytes.NewReader(raw), media, int64(len(raw)), most)
		if err != nil {
			return
		}
		if n, _ := io.Copy(io.Discard, r); n > most {
			t.Fatalf("%d octets", n)
		}
	})
}

// A report that fits becomes sections of the zone, and what is held of it is the same when it is read again.
func FuzzInventoryReport(f *testing.F) {
	whole := agentv1.Inventory{
		System: &agentv1.System{Host: "h", Name: "debian"}, Hardware: &agentv1.Hardware{Processor: "p", Memory: 1},
		Packages: []agentv1.Package{{Source: "dpkg", Name: "a", Version: "1"}}, Users: []agentv1.User{{Name: "ann"}},
	}
	raw, err := json.Marshal(agentv1.InventoryReport{Hash: whole.Hash(), Sections: agentv1.Sections(), Inventory: whole})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"sections":["disks"],"gone":{"disks":["a"]},"inventory":{"disks":[{"name":"a","size":-1}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r agentv1.InventoryReport
		if json.Unmarshal(raw, &r) != nil {
			return
		}
		r.Hash = ""
		r.Base = ""
		next := r.Inventory
		next.Sort()
		list := collection.Parts(next, r.Sections)
		for _, p := range list {
			if len(p.Items) > 0 && len(r.Sections) == 0 {
				t.Fatal("what is not collected is told")
			}
		}
		body, err := collection.PackTold(next)
		if err != nil {
			t.Fatal(err)
		}
		again, err := collection.UnpackTold(body)
		if err != nil || again.Hash() != next.Hash() {
			t.Fatal(err, cmp.Diff(next, again))
		}
	})
}

func FuzzEvents(f *testing.F) {
	f.Add([]byte(`{"id":"0123456789abcdef","events":[{"id":"0123456789abcdef","at":"2026-03-01T10:00:00Z","kind":"login","level":"info","words":"x","user":"ann"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var in agentv1.Events
		if json.Unmarshal(raw, &in) != nil {
			return
		}
		own, told, err := collection.SortEvents(in.Events)
		if err == nil && len(own)+len(told) != len(in.Events) {
			t.Fatal("an event is lost")
		}
	})
}
