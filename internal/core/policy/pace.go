package policy

import (
	"hash/fnv"
	"time"
)

// Pace is what a schedule means for one device at one moment. Two are equal when the device is to do the same.
type Pace struct {
	Fetch
	Until time.Time // when it is to do something else; zero for never
}

// late is how much later than the schedule says a device changes its pace at most: thousands do not so at once.
const late = time.Minute

// Pace returns what the schedule means for the device. Its changes come up to a minute late, for each device always by
// the same.
func (t Times) Pace(device string, at time.Time) Pace {
	own := share(device, late)
	p := Pace{Fetch: t.At(at.Add(-own))}
	if t.Peak == t.OffPeak {
		return p
	}
	if next := t.Next(at.Add(-own)); !next.IsZero() {
		p.Until = next.Add(own).UTC()
	}
	return p
}

// Turns returns when it was the device's turn last, at the latest now, and when it is next. The turns of many devices are
// spread over the whole interval, and they go by real time: whether the clocks are changed between two makes no
// difference. Zero times where a device does not ask in intervals.
func (f Fetch) Turns(device string, at time.Time) (last, next time.Time) {
	if f.Manner != Interval {
		return last, next
	}
	every := time.Duration(f.Minutes) * time.Minute
	own := share(device, every)
	last = at.UTC().Add(-own).Truncate(every).Add(own)
	return last, last.Add(every)
}

// share is the device's own part of a time, in whole seconds and less than it.
func share(device string, of time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(device))
	return time.Duration(h.Sum64()%uint64(of/time.Second)) * time.Second
}
