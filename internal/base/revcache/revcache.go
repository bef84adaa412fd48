// Package revcache keeps what decisions are made from in memory, as long as the zone's revision stays what it was when
// it was read, and a minute at most where other servers change it without raising the revision.
package revcache

import (
	"sync"
	"time"
)

// maxAge bounds how long a server decides on a fact that another server has changed without raising the revision.
const maxAge = time.Minute

// Cache holds at most a fixed number of values. It may be used by several goroutines.
type Cache[K comparable, V any] struct {
	limit int
	age   time.Duration // 0 for no bound

	mu       sync.Mutex
	revision int64
	values   map[K]entry[V]
}

type entry[V any] struct {
	value   V
	version int64
	since   time.Time
}

// New returns an empty cache for at most limit values, of which none is used for more than a minute.
func New[K comparable, V any](limit int) *Cache[K, V] {
	c := NewLasting[K, V](limit)
	c.age = maxAge
	return c
}

// NewLasting returns an empty cache for at most limit values that hold as long as the revision does: for facts that never
// change without raising it.
func NewLasting[K comparable, V any](limit int) *Cache[K, V] {
	return &Cache[K, V]{limit: limit, values: make(map[K]entry[V])}
}

// Get returns the value, unless it was read before the revision.
func (c *Cache[K, V]) Get(revision int64, k K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.values[k]
	if !ok || revision != c.revision || c.age > 0 && time.Since(e.since) > c.age {
		return v, false
	}
	return e.value, true
}

// Put keeps a value that was read when the revision was already this one. A value whose version is lower than that of
// the one that is there is dropped: a slow reader must not undo a writer.
func (c *Cache[K, V]) Put(revision int64, k K, v V, version int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if revision < c.revision {
		return
	}
	if revision > c.revision {
		clear(c.values)
		c.revision = revision
	}
	old, there := c.values[k]
	if there && old.version > version {
		return
	}
	if !there && len(c.values) >= c.limit {
		c.evict()
	}
	c.values[k] = entry[V]{v, version, time.Now()}
}

// evict drops an arbitrary tenth: which one hardly matters, and keeping the order of use would cost each reader.
func (c *Cache[K, V]) evict() {
	drop := max(1, c.limit/10)
	for k := range c.values {
		if drop == 0 {
			return
		}
		delete(c.values, k)
		drop--
	}
}
