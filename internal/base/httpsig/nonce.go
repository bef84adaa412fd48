package httpsig

import (
	"crypto/sha256"
	"sync"
	"time"

	"drover/internal/base/problem"
)

const (
	// maxNonces bounds the nonces that are kept of one generation, about 60 bytes each: 1,600 requests a second.
	maxNonces = 1_000_000
	// maxOfKey bounds those of one key: two requests a second, which no honest device needs.
	maxOfKey = 1_200
)

var (
	errReplay = problem.New(problem.Unauthenticated, "signature.replay", "This very request has been made already: sign a new one.")
	errMany   = problem.New(problem.Throttled, "signature.rate", "This device makes too many requests: wait some minutes.").WithRetry(time.Minute)
	errFull   = problem.New(problem.Unavailable, "signature.full", "The server takes no more signed requests for the moment.").WithRetry(time.Minute)
)

// Nonces remembers which nonces each key has used, in two generations: one that is being filled and the one before it. A
// nonce is remembered for one generation at least. Nothing is forgotten early: who asks too much is refused. It may be
// used by several goroutines.
type Nonces struct {
	life time.Duration

	mu       sync.Mutex
	began    time.Time
	now, old generation
}

type generation struct {
	used  map[[16]byte]struct{}
	byKey map[string]int
}

func newGeneration() generation {
	return generation{used: make(map[[16]byte]struct{}), byKey: make(map[string]int)}
}

// NewNonces returns an empty memory that keeps each nonce for life at least.
func NewNonces(life time.Duration) *Nonces {
	return &Nonces{life: life, now: newGeneration(), old: newGeneration()}
}

// Use takes a nonce of a key at the given time. Problems: Unauthenticated when it was used before, Throttled when the key
// has used more than 1,200 within a generation, Unavailable when there are a million.
func (n *Nonces) Use(key, nonce string, at time.Time) error {
	id := nonceID(key, nonce)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.turn(at)
	if _, used := n.now.used[id]; used {
		return errReplay
	}
	if _, used := n.old.used[id]; used {
		return errReplay
	}
	if n.now.byKey[key] >= maxOfKey {
		return errMany
	}
	if len(n.now.used) >= maxNonces {
		return errFull
	}
	n.now.used[id] = struct{}{}
	n.now.byKey[key]++
	return nil
}

// turn begins a new generation when its time has come.
func (n *Nonces) turn(at time.Time) {
	if n.began.IsZero() {
		n.began = at
	}
	switch age := at.Sub(n.began); {
	case age < n.life:
		return
	case age < 2*n.life:
		n.old = n.now
	default:
		n.old = newGeneration()
	}
	n.now, n.began = newGeneration(), at
}

func nonceID(key, nonce string) (id [16]byte) {
	sum := sha256.Sum256([]byte(key + "\x00" + nonce))
	copy(id[:], sum[:])
	return id
}
