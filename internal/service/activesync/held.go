package activesync

import (
	"context"
	"sync"
)

// held is one exchange that waits: a Ping or Sync that the mail server or the gateway holds.
type held struct {
	ctx      context.Context // of the exchange, to ask whether its service is still on
	login    string
	server   string // the address of the mail server
	place    place
	version  Version
	standing *Standing // where the device stood when it began to wait
	pending  bool      // an order was in sight even then, and was not due
	end      func()    // ends the waiting; it may be called more than once and does not block
}

// holding knows every exchange that waits, so that a new policy or a block ends it at once.
type holding struct {
	mu   sync.Mutex
	list map[*held]struct{}
}

func newHolding() *holding { return &holding{list: map[*held]struct{}{}} }

func (h *holding) add(x *held) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list[x] = struct{}{}
}

func (h *holding) remove(x *held) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.list, x)
}

// all returns what waits at this moment.
func (h *holding) all() []*held {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*held, 0, len(h.list))
	for x := range h.list {
		list = append(list, x)
	}
	return list
}

// endAll ends all waiting.
func (h *holding) endAll() {
	for _, x := range h.all() {
		x.end()
	}
}
