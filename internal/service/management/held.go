package management

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

const (
	// maxHeld bounds the connections that a server holds.
	maxHeld = 100_000
	// lookGroup is how many computers are looked at together, and lookGroups how many such groups beside one another.
	lookGroup  = 250
	lookGroups = 4
)

// connection is one that is held, by a key of a device.
type connection struct {
	ctx         context.Context
	conn        *websocket.Conn
	device, key string

	hinted atomic.Int64 // when it was hinted last, in seconds since 1970

	woken, looked bool // whether it stands in the line of that name; for holding alone

	// What [Service.look] alone knows: the revision of which it was told, and how the device was called when it was read last.
	known        string
	owner, easID string
}

// holding knows the connection of each computer, and which of them stand in line: to be hinted because something has happened
// to them, or to be looked at because something may have.
type holding struct {
	bell chan struct{} // somebody stands in line

	mu            sync.Mutex
	list          map[string]*connection
	woken, looked []*connection
	stopping      <-chan struct{} // as in [gate.Stopping]; nil until there is a connection
}

func newHolding() *holding {
	return &holding{bell: make(chan struct{}, 1), list: map[string]*connection{}}
}

// add holds a connection in place of the one of the same computer, which is closed, and has it looked at.
func (h *holding) add(c *connection, stopping <-chan struct{}) {
	c.hinted.Store(time.Now().Unix())
	h.mu.Lock()
	defer h.mu.Unlock()
	if old := h.list[c.device]; old != nil {
		go old.conn.CloseNow() // it waits for its readers
	}
	h.list[c.device], h.stopping = c, stopping
	h.lookAt(c)
}

func (h *holding) remove(c *connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.list[c.device] == c {
		delete(h.list, c.device)
	}
}

// wake puts a connection in line to be hinted.
func (h *holding) wake(c *connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !c.woken {
		c.woken = true
		h.woken = append(h.woken, c)
	}
	ring(h.bell)
}

// lookAt puts a connection in line to be looked at. The caller holds the lock.
func (h *holding) lookAt(c *connection) {
	if !c.looked {
		c.looked = true
		h.looked = append(h.looked, c)
	}
	ring(h.bell)
}

// lookAtAll puts all in line to be looked at: in the order of their ids, as those of a group then lie side by side in the database.
func (h *holding) lookAtAll() {
	list := h.all()
	slices.SortFunc(list, func(a, b *connection) int { return strings.Compare(a.device, b.device) })
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range list {
		h.lookAt(c)
	}
}

// next takes out of the lines all that are to be hinted, and some groups of those that are to be looked at. Those that have ended
// meanwhile are left out.
func (h *holding) next() (woken, looked []*connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.woken {
		c.woken = false
		woken = h.held(woken, c)
	}
	n := min(len(h.looked), lookGroups*lookGroup)
	for _, c := range h.looked[:n] {
		c.looked = false
		looked = h.held(looked, c)
	}
	h.woken, h.looked = nil, h.looked[n:]
	if len(h.looked) == 0 {
		h.looked = nil // what stood in line is not kept
	} else {
		ring(h.bell)
	}
	return woken, looked
}

// held appends a connection that is held still. The caller holds the lock.
func (h *holding) held(list []*connection, c *connection) []*connection {
	if h.list[c.device] != c {
		return list
	}
	return append(list, c)
}

func (h *holding) all() []*connection {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*connection, 0, len(h.list))
	for _, c := range h.list {
		list = append(list, c)
	}
	return list
}

func (h *holding) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.list)
}

// stops returns the channel that is closed when the server stops; nil as long as nothing is held.
func (h *holding) stops() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stopping
}

// Held is how many computers hold a connection to this server.
func (s *Service) Held() int { return s.held.count() }

// ring puts a word on a channel; it does not block.
func ring(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
