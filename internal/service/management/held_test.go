package management_test

import (
	"context"
	"errors"
	"testing"

	"drover/agent/talk"
	"drover/api/agentv1"
)

// hold has the computer hold a connection; what it hears and how it ends come out.
func (c *workstation) hold(t testing.TB) (heard <-chan agentv1.Hint, ended <-chan error) {
	t.Helper()
	hints, end, client := make(chan agentv1.Hint, 16), make(chan error, 1), c.client(t)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go func() {
		end <- client.Wait(ctx, func(h agentv1.Hint) { hints <- h })
		close(hints)
	}()
	return hints, end
}

// TestASecondConnectionEndsTheFirst of the same computer, which holds one alone.
func TestASecondConnectionEndsTheFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.workstation(t)
		first, ended := c.hold(t)
		if h := <-first; h.Hint != agentv1.HintCheck {
			t.Fatalf("the first hint: %+v", h)
		}
		second, _ := c.hold(t)
		if h := <-second; h.Hint != agentv1.HintCheck {
			t.Fatalf("the first hint of the second: %+v", h)
		}
		if err := <-ended; err == nil || errors.Is(err, talk.ErrDrained) {
			t.Errorf("the first ended by %v", err)
		}
		if n := w.held(t); n != 1 {
			t.Errorf("%d connections are held", n)
		}
	})
}

// TestAServerThatStopsSaysSo to those that hold a connection to it.
func TestAServerThatStopsSaysSo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.workstation(t)
		hints, ended := c.hold(t)
		<-hints
		w.Stop()
		if err := <-ended; !errors.Is(err, talk.ErrDrained) {
			t.Errorf("it ended by %v", err)
		}
		if h := <-hints; h.Hint != agentv1.HintDrain || h.Seconds <= 0 {
			t.Errorf("%+v", h)
		}
	})
}
