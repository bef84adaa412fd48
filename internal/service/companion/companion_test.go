package companion

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"drover/api/companionv1"
	"drover/internal/base/problem"
	"drover/internal/core/device"
)

func TestAPieceIsReadToItsLimitAndNoFurther(t *testing.T) {
	for size, fits := range map[int]bool{0: true, 9: true, 10: true, 11: false, 100_000: false} {
		read, err := io.ReadAll(&limited{bytes.NewReader(make([]byte, size)), 10})
		if (err == nil) != fits || fits && len(read) != size {
			t.Errorf("%d octets: %d were read, %v", size, len(read), err)
		}
		if !fits && !problem.Is(err, problem.TooLarge) {
			t.Errorf("%d octets: %v", size, err)
		}
	}
}

func TestASecondWaitEndsTheFirst(t *testing.T) {
	h := newHolding()
	first, other := h.add("1"), h.add("2")
	second := h.add("1")
	select {
	case <-first.replaced:
	default:
		t.Error("the first wait goes on")
	}
	h.remove("1", first) // as it ends, it must not take the second along
	for what, p := range map[string]*poll{"second": second, "another's": other} {
		select {
		case <-p.replaced:
			t.Errorf("the %s wait was ended", what)
		default:
		}
	}
	if len(h.all()) != 2 {
		t.Errorf("%d are held", len(h.all()))
	}
	second.ring()
	second.ring() // it does not block
	h.remove("1", second)
	h.remove("2", other)
	if len(h.list) != 0 {
		t.Errorf("%d are held", len(h.list))
	}
}

func TestSoManyAreHeldAndNoMore(t *testing.T) {
	h := newHolding()
	for i := range maxHeld {
		h.list[fmt.Sprint(i)] = &poll{replaced: make(chan struct{})}
	}
	if h.add("one more") != nil {
		t.Error("there is no bound")
	}
	if h.add("7") == nil {
		t.Error("who waits already cannot wait anew")
	}
}

func TestWhatBecameOfThePolicy(t *testing.T) {
	for states, want := range map[string]device.PolicyState{
		"applied applied": device.PolicyAcknowledged, "unsupported applied": device.PolicyAcknowledged, "refused": device.PolicyRefused,
		"refused unsupported": device.PolicyRefused, "refused applied": device.PolicyPartial,
	} {
		var list []companionv1.SettingReport
		for _, s := range strings.Fields(states) {
			list = append(list, companionv1.SettingReport{State: s})
		}
		if got := outcome(list); got != want {
			t.Errorf("%s is %s, want %s", states, got, want)
		}
	}
}

func TestWhenARequestWasMade(t *testing.T) {
	const tag = "drover-1"
	at := time.Unix(1_700_000_000, 0)
	input := `other=("@method");created=1;keyid="k";tag="x", sig=("@method");created=1700000000;keyid="k";tag="drover-1"`
	x := Signed{Input: input, Signature: "other=:AAAA:, sig=:AAAA:"}
	if got := x.made(tag); !got.Equal(at) {
		t.Errorf("%v", got)
	}
	for _, bad := range []Signed{{}, {Input: "nonsense", Signature: "nonsense"}} {
		if got := bad.made(tag); !got.IsZero() {
			t.Errorf("%+v: %v", bad, got)
		}
	}
}
