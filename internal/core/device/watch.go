package device

import (
	"context"
	"slices"
	"strings"
	"time"

	"drover/internal/base/bus"
)

const (
	// maxWatched bounds the devices that wait for a look, and lookAtOnce those of one.
	maxWatched = 4096
	lookAtOnce = 500
	// gather is how long devices are gathered for one look.
	gather = 200 * time.Millisecond
)

// Watch calls look with the devices of which something was just told, at most 500 at once, until ctx ends. When very many are
// told of, some are left out: who watches needs a sweep beside it.
func Watch(ctx context.Context, b *bus.Bus, look func(ctx context.Context, ids []string)) {
	queue := make(chan string, maxWatched)
	cancel := b.Subscribe("event", func(m bus.Message) {
		if id, ok := strings.CutPrefix(m.Body, "device "); ok {
			select {
			case queue <- id:
			default:
			}
		}
	})
	defer cancel()
	for {
		ids := collect(ctx, queue)
		if ctx.Err() != nil {
			return
		}
		look(ctx, ids)
	}
}

// collect waits for a device and returns it with those that follow soon.
func collect(ctx context.Context, queue <-chan string) []string {
	var ids []string
	var end <-chan time.Time
	for len(ids) < lookAtOnce {
		select {
		case <-ctx.Done():
			return ids
		case id := <-queue:
			if end == nil {
				timer := time.NewTimer(gather)
				defer timer.Stop()
				end = timer.C
			}
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		case <-end:
			return ids
		}
	}
	return ids
}
