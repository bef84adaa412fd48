package schedule

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"drover/api/agentv1"
)

// Next is when something is due that was done last: after the interval, and later by a random part of its jitter. What was
// never done is due within the jitter, and at most a minute.
func Next(last, now time.Time, every agentv1.Interval) time.Time {
	if last.IsZero() {
		return now.Add(rand.N(min(span(every.Jitter), time.Minute) + 1))
	}
	if last.After(now) { // the clock was set back: what it says of the past is of no use
		last = now
	}
	return last.Add(span(every.Minutes) + rand.N(span(every.Jitter)+1))
}

// Due tells whether something that was done last is due. Unlike [Next] it has nothing random: each name has a part of the
// jitter of its own.
func Due(name string, last, now time.Time, every agentv1.Interval) bool {
	if last.IsZero() || last.After(now) {
		return true
	}
	return !now.Before(last.Add(span(every.Minutes) + Part(name, span(every.Jitter))))
}

// Part is a fixed part of d for each name, evenly spread: 0 to d.
func Part(name string, d time.Duration) time.Duration {
	sum := fnv.New64a()
	sum.Write([]byte(name))
	return time.Duration(sum.Sum64() % uint64(d+1))
}

// Retry is how long to wait after n failures in a row: 5 seconds at first and twice as long each time, at most half an
// hour, and each time by a random part of it longer.
func Retry(n int) time.Duration { return backOff(n, 5*time.Second, 30*time.Minute) }

// Knock is how long a computer that waits to be let in waits before it asks for the nth time again: 2 seconds at first and
// twice as long each time, at most 5 minutes, and each time by a random part of it longer.
func Knock(n int) time.Duration { return backOff(n, 2*time.Second, 5*time.Minute) }

func backOff(n int, first, most time.Duration) time.Duration {
	d := min(first<<min(max(n-1, 0), 9), most)
	return d + rand.N(d/2)
}

func span(minutes int) time.Duration { return time.Duration(max(minutes, 0)) * time.Minute }
