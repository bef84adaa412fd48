package problem

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestFromHidesWhatIsNoProblem(t *testing.T) {
	p := From(errors.New("dial tcp 10.0.0.1: the secret is hunter2"))
	if p.Status() != 500 || strings.Contains(p.Error(), "hunter2") {
		t.Fatalf("got %d %q: an unknown error must become a constant sentence", p.Status(), p.Error())
	}
	if !strings.Contains(p.Detail.Error(), "hunter2") {
		t.Fatal("the log has lost the detail")
	}
}

func TestFromFindsAProblemInside(t *testing.T) {
	inner := New(NotFound, "device.unknown", "There is no such device.")
	p := From(fmt.Errorf("show: %w", inner))
	if p != inner || p.Status() != 404 || !Is(p, NotFound) || Is(p, Forbidden) {
		t.Fatalf("got %+v", p)
	}
	if From(nil) != nil {
		t.Fatal("From(nil) must be nil")
	}
}

func TestEveryKindHasAStatus(t *testing.T) {
	for k := Internal; k <= Unavailable; k++ {
		if New(k, "x", "X.").Status() < 400 {
			t.Errorf("kind %d has no status", k)
		}
	}
}
