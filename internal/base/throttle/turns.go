package throttle

import (
	"context"
	"sync"
	"time"

	"drover/internal/base/problem"
)

const (
	// atOnce is how many tries of one network go on at once. A [Book] counts a try before it is made: as long as they are
	// fewer than those that have no consequence, right ones that come together do not look like failures.
	atOnce = Free - 1
	// maxWaiting bounds those of one network that wait for their turn.
	maxWaiting = 500
)

// Turns lets a few tries of one network go on at once, and has the others wait: a house behind one address that signs in
// together is no attack, and guessing gets no faster by it. The zero value is ready. It is of one server alone.
type Turns struct {
	mu    sync.Mutex
	lanes map[string]*lane
}

type lane struct {
	slots chan struct{}
	users int
}

// Take waits for a turn until ctx ends; call done at the end of it. A problem of kind Throttled when too many wait.
func (t *Turns) Take(ctx context.Context, name string) (done func(), err error) {
	l := t.enter(name)
	if l == nil {
		return nil, problem.New(problem.Throttled, "login.throttled", "Too many sign in from there at once: try again.").WithRetry(time.Second)
	}
	select {
	case l.slots <- struct{}{}:
		return func() { <-l.slots; t.leave(name, l) }, nil
	case <-ctx.Done():
		t.leave(name, l)
		return nil, ctx.Err()
	}
}

func (t *Turns) enter(name string) *lane {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lanes == nil {
		t.lanes = map[string]*lane{}
	}
	l := t.lanes[name]
	if l == nil {
		l = &lane{slots: make(chan struct{}, atOnce)}
		t.lanes[name] = l
	}
	if l.users >= atOnce+maxWaiting {
		return nil
	}
	l.users++
	return l
}

func (t *Turns) leave(name string, l *lane) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(t.lanes, name)
	}
}
