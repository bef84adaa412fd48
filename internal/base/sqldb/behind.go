package sqldb

import (
	"context"
	"sync"
	"time"
)

// Behind gathers facts that may be lost, such as the time of last contact, and writes them in groups. Later values of
// one key replace earlier ones. What is put is written within the interval; what is put in the moments before a crash
// is lost, which is why nothing but counters and last contacts may go through it.
type Behind[K comparable, V any] struct {
	flush func(context.Context, map[K]V) error
	limit int
	kick  chan struct{}

	mu      sync.Mutex
	pending map[K]V
}

// NewBehind returns a writer whose flush is called with at most limit keys at a time. Run it with [Behind.Run].
func NewBehind[K comparable, V any](limit int, flush func(context.Context, map[K]V) error) *Behind[K, V] {
	return &Behind[K, V]{
		flush: flush, limit: limit, kick: make(chan struct{}, 1), pending: make(map[K]V),
	}
}

// Put records a value. When limit keys wait already and the key is new, the value is dropped: memory is bounded, and
// the fact is losable.
func (b *Behind[K, V]) Put(k K, v V) { b.Merge(k, func(V) V { return v }) }

// Merge records a value made from the one that waits, or from the zero value. When limit keys wait already and the key
// is new, it is dropped.
func (b *Behind[K, V]) Merge(k K, join func(waiting V) V) {
	b.mu.Lock()
	defer b.mu.Unlock()
	waiting, there := b.pending[k]
	if !there && len(b.pending) >= b.limit {
		return
	}
	b.pending[k] = join(waiting)
	if len(b.pending) >= b.limit/2 {
		select {
		case b.kick <- struct{}{}:
		default:
		}
	}
}

// Pending returns the value that waits to be written for k.
func (b *Behind[K, V]) Pending(k K) (V, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v, ok := b.pending[k]
	return v, ok
}

// Flush writes what waits. When that fails, it waits again unless newer values have come.
func (b *Behind[K, V]) Flush(ctx context.Context) error {
	b.mu.Lock()
	batch := b.pending
	b.pending = make(map[K]V)
	b.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	err := b.flush(ctx, batch)
	if err == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, v := range batch {
		if _, newer := b.pending[k]; !newer && len(b.pending) < b.limit {
			b.pending[k] = v
		}
	}
	return err
}

// Run writes every interval, and earlier when much waits, until ctx ends; then it writes a last time. Errors are
// handed to report.
func (b *Behind[K, V]) Run(ctx context.Context, interval time.Duration, report func(error)) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			if err := b.Flush(last); err != nil {
				report(err)
			}
			return
		case <-tick.C:
		case <-b.kick:
		}
		if err := b.Flush(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
	}
}
