package gate

import (
	"net/netip"
	"sync"
	"time"

	"drover/internal/base/problem"
	"drover/internal/core/zone"
)

// maxRates bounds the callers that are counted at once. Beyond it some are forgotten, and begin anew.
const maxRates = 50_000

// rateKey is one caller of one service: an address, or a device.
type rateKey struct {
	service zone.Service
	network netip.Addr
	device  string
}

// rates count requests a minute. Of each caller one moment is kept: when all that was asked so far would have been asked at
// an even pace.
type rates struct {
	mu    sync.Mutex
	until map[rateKey]int64 // in nanoseconds
}

// count takes one request of a caller, of at most so many a minute; 0 bounds nothing. A whole minute's may come at once.
func (r *rates) count(k rateKey, perMinute int, at time.Time) (reason string, err error) {
	if perMinute == 0 {
		return "", nil
	}
	pace, now := int64(time.Minute)/int64(perMinute), at.UnixNano()
	r.mu.Lock()
	defer r.mu.Unlock()
	next := max(r.until[k], now) + pace
	if wait := next - now - int64(time.Minute); wait > 0 {
		return refusedRate, errRate.WithRetry(time.Duration(wait))
	}
	if r.until == nil {
		r.until = map[rateKey]int64{}
	}
	r.until[k] = next
	if len(r.until) > maxRates {
		r.prune(now)
	}
	return "", nil
}

// prune forgets who has been quiet, and some others when there are still too many.
func (r *rates) prune(now int64) {
	for k, until := range r.until {
		if until < now || len(r.until) > maxRates/2 {
			delete(r.until, k)
		}
	}
}

// network is the address by which requests are counted: with IPv6 one customer has a whole /64.
func network(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}

var errRate = problem.New(problem.Throttled, "request.rate", "More requests have come from you than are taken here in a minute; wait a little.")
