package seal

import (
	"container/list"
	"sync"
	"time"
)

const (
	cacheSize = 1024 // keys; 64 KB with everything around them
	// cacheAge bounds how long a key outlives its erasure by another server.
	cacheAge = time.Minute
)

// cache holds the keys used last, each for cacheAge at most. Keys are copied in and out, and zeroed when they leave.
type cache struct {
	mu      sync.Mutex
	entries map[string]*list.Element
	order   *list.List // of *cached, the one used last in front
}

type cached struct {
	name  string
	key   key
	num   uint32
	since time.Time
}

func newCache() *cache { return &cache{entries: make(map[string]*list.Element), order: list.New()} }

// get returns a copy of the key, which the caller wipes.
func (c *cache) get(name string, now time.Time) (*key, uint32, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[name]
	if !ok {
		return nil, 0, false
	}
	v := e.Value.(*cached)
	if v.expired(now) {
		c.remove(e)
		return nil, 0, false
	}
	c.order.MoveToFront(e)
	k := v.key
	return &k, v.num, true
}

// put keeps a copy of the key; num is the key's number.
func (c *cache) put(name string, k *key, num uint32, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[name]; ok {
		c.remove(e)
	}
	if c.order.Len() >= cacheSize {
		c.remove(c.order.Back())
	}
	c.entries[name] = c.order.PushFront(&cached{name: name, key: *k, num: num, since: now})
}

// drop removes the keys for which match says so.
func (c *cache) drop(match func(name string) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, e := range c.entries {
		if match(name) {
			c.remove(e)
		}
	}
}

// sweep removes what has expired.
func (c *cache) sweep(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.entries {
		if e.Value.(*cached).expired(now) {
			c.remove(e)
		}
	}
}

func (c *cache) remove(e *list.Element) {
	v := c.order.Remove(e).(*cached)
	v.key.wipe()
	delete(c.entries, v.name)
}

// expired also holds for a key from the future: the clock has jumped back.
func (v *cached) expired(now time.Time) bool {
	age := now.Sub(v.since)
	return age >= cacheAge || age < 0
}
