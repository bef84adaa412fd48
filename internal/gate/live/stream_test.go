package live

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// follow runs a stream until it ends and returns what was written.
func follow(ctx context.Context, s Stream) string {
	var b strings.Builder
	s.run(ctx, &b, func() error { return nil })
	return b.String()
}

func yes(context.Context) bool { return true }

func TestAStreamBeatsAndEndsAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		text := follow(t.Context(), Stream{Full: make(chan struct{}), MayGoOn: yes})
		if lasted := time.Since(begun); lasted != streamTime || strings.Count(text, ": still here\n\n") < 39 || !strings.Contains(text, ": hello") {
			t.Errorf("it lasted %v: %q", lasted, text)
		}
	})
}

func TestAStreamEndsWithItsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		text := follow(t.Context(), Stream{Full: make(chan struct{}), MayGoOn: func(context.Context) bool { return time.Since(begun) < time.Minute }})
		if lasted := time.Since(begun); lasted != time.Minute || strings.Count(text, "still here") != 3 {
			t.Errorf("it lasted %v: %q", lasted, text)
		}
	})
}

func TestChangesAreGatheredAndTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full, told := make(chan struct{}, 1), 0
		s := Stream{Full: full, MayGoOn: yes, Take: func(context.Context) (string, error) {
			told++
			if told == 3 {
				return "", errors.New("the database is away")
			}
			full <- struct{}{}
			return Event("device", "1"), nil
		}}
		full <- struct{}{}
		begun := time.Now()
		text := follow(t.Context(), s)
		if strings.Count(text, "event: device\ndata: {\"id\":\"1\"}\n\n") != 2 || time.Since(begun) != 3*gather {
			t.Errorf("after %v: %q", time.Since(begun), text)
		}
	})
}

func TestAStreamEndsWithItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		follow(ctx, Stream{Full: make(chan struct{}), MayGoOn: yes})
		if lasted := time.Since(begun); lasted != time.Second {
			t.Errorf("it lasted %v", lasted)
		}
	})
}

func TestWithoutAnIDAnythingMayHaveChanged(t *testing.T) {
	if got := Event("device", ""); got != "event: device\ndata: {}\n\n" {
		t.Errorf("%q", got)
	}
}
