package roundtrip

import (
	"sync"
	"time"
)

// What holds where the transport says nothing.
const (
	defaultMost    = 64
	defaultLongest = 90 * time.Second
)

// idle keeps connections that wait for their next request, the freshest on top.
type idle struct {
	most    int           // of all hosts together
	longest time.Duration // that one waits

	mu    sync.Mutex
	stack []*conn
	timer *time.Timer
}

// get takes the freshest connection to a host, or nil.
func (i *idle) get(key string) *conn {
	i.mu.Lock()
	defer i.mu.Unlock()
	for n := len(i.stack) - 1; n >= 0; n-- {
		if c := i.stack[n]; c.key == key {
			i.stack = append(i.stack[:n], i.stack[n+1:]...)
			return c
		}
	}
	return nil
}

// put keeps a connection, or closes it where there are enough.
func (i *idle) put(c *conn) {
	c.since = time.Now()
	i.mu.Lock()
	defer i.mu.Unlock()
	most := i.most
	if most <= 0 {
		most = defaultMost
	}
	if len(i.stack) >= most {
		c.close()
		return
	}
	i.stack = append(i.stack, c)
	if i.timer == nil {
		i.timer = time.AfterFunc(i.patience(), i.sweep)
	}
}

func (i *idle) patience() time.Duration {
	if i.longest <= 0 {
		return defaultLongest
	}
	return i.longest
}

// sweep closes what has waited too long, and comes again while anything waits.
func (i *idle) sweep() {
	i.mu.Lock()
	defer i.mu.Unlock()
	oldest := time.Now().Add(-i.patience())
	n := 0
	for n < len(i.stack) && i.stack[n].since.Before(oldest) {
		i.stack[n].close()
		n++
	}
	i.stack = append(i.stack[:0], i.stack[n:]...)
	if len(i.stack) == 0 {
		i.timer = nil
		return
	}
	i.timer.Reset(i.patience())
}

// drop closes everything.
func (i *idle) drop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, c := range i.stack {
		c.close()
	}
	i.stack = nil
}
