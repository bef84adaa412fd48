package throttle

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drover/internal/base/problem"
)

func TestAFewGoOnAtOnceAndAllComeToTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turns Turns
		var mu sync.Mutex
		now, most, ended := 0, 0, 0
		for range 50 {
			go func() {
				done, err := turns.Take(t.Context(), "a")
				if err != nil {
					t.Error(err)
					return
				}
				defer done()
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				now, ended = now-1, ended+1
				mu.Unlock()
			}()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if most != atOnce || ended != 50 || len(turns.lanes) != 0 {
			t.Errorf("%d at once, %d ended, %d are kept", most, ended, len(turns.lanes))
		}
	})
}

func TestOneNetworkDoesNotKeepAnotherWaiting(t *testing.T) {
	var turns Turns
	for range atOnce {
		if _, err := turns.Take(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	done, err := turns.Take(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	done()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := turns.Take(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("who has gone waits: %v", err)
	}
	if l := turns.lanes["a"]; l.users != atOnce || len(turns.lanes) != 1 {
		t.Errorf("%+v", turns.lanes)
	}
}

func TestThoseWhoWaitAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turns Turns
		ctx, cancel := context.WithCancel(t.Context())
		for range atOnce + maxWaiting {
			go func() { _, _ = turns.Take(ctx, "a") }()
		}
		synctest.Wait()
		if _, err := turns.Take(ctx, "a"); !problem.Is(err, problem.Throttled) {
			t.Errorf("one more: %v", err)
		}
		cancel()
		synctest.Wait()
	})
}
