package activesync

import (
	"context"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"drover/internal/base/logfield"
	"drover/internal/core/device"
)

// Seen takes note of a contact. Who says something new of itself is written by [Zone.Run].
func (z *Zone) Seen(s Sighting) {
	z.Devices.Touch(gatewayCaller, s.Device)
	sum := maphash.String(z.seed, s.UserAgent)
	z.mu.Lock()
	same := z.told[s.Device] == sum
	if !same && len(z.told) < maxTold {
		z.told[s.Device] = sum
	}
	z.mu.Unlock()
	if same {
		return
	}
	select {
	case z.facts <- s:
	default: // the database is behind: it says so again
		z.mu.Lock()
		delete(z.told, s.Device)
		z.mu.Unlock()
	}
}

// factTime bounds the writing of one device's words.
const factTime = 10 * time.Second

// accessEvery is how long a decision may wait to be seen in the lists of devices.
const accessEvery = time.Second

// Run writes what devices newly say of themselves, and what was decided for them, until ctx ends.
func (z *Zone) Run(ctx context.Context) {
	var deciding sync.WaitGroup
	defer deciding.Wait()
	deciding.Go(func() {
		z.access.Run(ctx, accessEvery, func(err error) {
			z.Log.Warn("decisions on access were not written and will be tried again", slog.Any(logfield.Error, err))
		})
	})
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-z.facts:
			if err := z.note(ctx, s); err != nil && ctx.Err() == nil {
				z.Log.Warn("what a device says of itself was not written", slog.String(logfield.Device, s.Device), slog.Any(logfield.Error, err))
			}
		}
	}
}

func (z *Zone) note(ctx context.Context, s Sighting) error {
	ctx, cancel := context.WithTimeout(ctx, factTime)
	defer cancel()
	k, err := z.Devices.Fresh(ctx, gatewayCaller, s.Device)
	if err != nil || k.Device.UserAgent == s.UserAgent {
		return err
	}
	_, err = z.Devices.RecordFacts(ctx, deviceCaller(s.Device), s.Device, device.Facts{UserAgent: s.UserAgent})
	return err
}
