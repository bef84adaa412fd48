package table

import (
	"bytes"
	"strings"
	"testing"
)

func TestColumnsAreAlignedByWhatIsShown(t *testing.T) {
	tab := New("NAME", "STATE")
	tab.Row("Zoë", "active")
	tab.Row("a longer name", "wiped")
	var out bytes.Buffer
	if err := tab.Write(&out, "nothing"); err != nil {
		t.Fatal(err)
	}
	want := "NAME           STATE\nZoë            active\na longer name  wiped\n"
	if out.String() != want {
		t.Fatalf("got\n%swant\n%s", out.String(), want)
	}
}

func TestAnEmptyTableSaysSo(t *testing.T) {
	var out bytes.Buffer
	if err := New("NAME").Write(&out, "There is no device."); err != nil {
		t.Fatal(err)
	}
	if out.String() != "There is no device.\n" {
		t.Fatalf("got %q", out.String())
	}
}

// A device names itself: what it says must not move the cursor, set the window's title or turn the text around.
func TestNothingReachesTheTerminalThatItObeys(t *testing.T) {
	tab := New("NAME")
	tab.Row("a\x1b]0;owned\x07b\x9b2J\u202ec\nd\x00\xff")
	var out bytes.Buffer
	if err := tab.Write(&out, ""); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\x07\x00\u009b\u202e") || strings.Count(out.String(), "\n") != 2 {
		t.Fatalf("got %q", out.String())
	}
}

func TestFactsWithoutValueAreLeftOut(t *testing.T) {
	var f Facts
	f.Add("name", "phone")
	f.Add("model", "")
	f.Add("platform", "ios")
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	if out.String() != "name      phone\nplatform  ios\n" {
		t.Fatalf("got %q", out.String())
	}
}
