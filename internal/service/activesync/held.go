package activesync

import (
	"context"
	"sync"
	"sync/atomic"
)

// held is one exchange that waits: a Ping or Sync that the mail server or the gateway holds.
type held struct {
	ctx      context.Context // of the exchange, to ask whether its service is still on
	login    string
	server   string // the address of the mail server
	place    place
	command  Command
	version  Version
	print    fingerprint // of the credentials that it came with
	proven   bool        // they were known to be right then
	standing *Standing   // where the device stood when it began to wait
	pending  bool        // an order was in sight even then, and was not due
	end      func()      // ends the waiting; it may be called more than once and does not block
	followed atomic.Bool // the device has asked the same anew; nobody listens to this one any more
}

// holding knows every exchange that waits, so that a new policy or a block ends it at once. Of one device it keeps one
// Ping and one Sync: a phone that has changed its network leaves its request behind and asks anew.
type holding struct {
	mu     sync.Mutex
	list   map[*held]struct{}
	newest map[slot]*held
}

// slot is where the newest request of a device and kind is found.
type slot struct {
	place   place
	command Command
}

func newHolding() *holding { return &holding{list: map[*held]struct{}{}, newest: map[slot]*held{}} }

// add takes x in and ends the request that it follows. Who may say only the device's name, but neither has shown the same
// credentials nor any that are known to be right, ends nothing.
func (h *holding) add(x *held) {
	if older := h.enter(x); older != nil {
		older.followed.Store(true)
		older.end()
	}
}

// enter takes x in and returns the request that it follows, nil for none.
func (h *holding) enter(x *held) *held {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list[x] = struct{}{}
	at := slot{x.place, x.command}
	older := h.newest[at]
	if older != nil && !x.proven && older.print != x.print {
		return nil
	}
	h.newest[at] = x
	return older
}

func (h *holding) remove(x *held) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.list, x)
	if at := (slot{x.place, x.command}); h.newest[at] == x {
		delete(h.newest, at)
	}
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
