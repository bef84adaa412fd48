package activesync

import (
	"net/http"
	"strconv"
	"time"

	"drover/internal/base/wbxml"
	"drover/internal/core/policy"
	"drover/internal/gate"
)

// A schedule bounds the requests that wait for news: Ping, and a Sync that asks to wait. While the device is told at once
// they go to the mail server, until that time is over. At other times the gateway keeps them itself: the device is asked
// for a heartbeat as long as its interval, hears of mail when it is its turn, and is woken for orders, another policy and
// another schedule as ever. No answer makes a client come back later than a held request does (MS-ASCMD section 2.2.1.13):
// every other one makes it ask again at once, or takes the account for broken.

const (
	// lookTime is how long the mail server has to tell that there are news when it is a device's turn. Where there are, it
	// answers at once.
	lookTime = 30 * time.Second
	// corrections is how often in a row a client is told what its request should say before it is taken as it is.
	corrections = 3
)

// The statuses by which a Sync that waits is corrected.
const (
	syncOutOfRange = 14 // with the Limit (MS-ASCMD, Status of Sync)
	longestHold    = maxHeartbeat * time.Second
	shortestHold   = minHeartbeat * time.Second
)

// pace is how the device comes for news at the moment.
func (s *Standing) pace(at time.Time) policy.Pace {
	if s.Times == nil {
		return policy.Pace{Fetch: policy.Fetch{Manner: policy.Push}}
	}
	return s.Times.Pace(s.Device, at)
}

// least is the shortest heartbeat that a pace outside push allows.
func least(p policy.Pace) time.Duration {
	if p.Manner == policy.Interval {
		return min(time.Duration(p.Minutes)*time.Minute, longestHold)
	}
	return longestHold
}

// keepPace answers a request that waits for news, where the device's schedule does not have the mail server asked now.
// With false the mail server is to be asked, for as long as v.bound says.
func (v *visit) keepPace(s *Standing) (a answer, answered bool, err error) {
	if s.Times == nil || !v.waits() {
		return answer{}, false, nil
	}
	w, mine := readWish(v.query.Command, v.body)
	if !mine {
		return answer{}, false, nil
	}
	now := v.g.clock.Now()
	p := s.pace(now)
	if p.Manner == policy.Push {
		return v.untilPushEnds(p, w, now)
	}
	if a, err := v.prove(); err != nil || a.status != 0 {
		return a, true, err
	}
	gate.Synced(v.r.Context()).Reason = "schedule"
	if a, wrong := v.correct(w, least(p)); wrong && v.g.standings.corrects(v.place) {
		return a, true, nil
	}
	v.g.standings.keep(v.place, v.query.Command, w.hold >= least(p))
	return v.untilTurn(s, p, w, now)
}

// untilPushEnds has the mail server asked. It may know an older request than the client means to repeat.
func (v *visit) untilPushEnds(p policy.Pace, w wish, now time.Time) (answer, bool, error) {
	if w.hold == 0 && v.g.standings.isOurs(v.place, v.query.Command) && v.g.standings.corrects(v.place) {
		return v.missing(), true, nil
	}
	if w.hold > 0 {
		v.g.standings.pass(v.place, v.query.Command)
	}
	if !p.Until.IsZero() {
		v.bound = p.Until.Sub(now)
	}
	return answer{}, false, nil
}

// untilTurn keeps the request until the device's next turn, and answers it before where its heartbeat or the pace ends.
func (v *visit) untilTurn(s *Standing, p policy.Pace, w wish, now time.Time) (answer, bool, error) {
	last, next := p.Turns(s.Device, now)
	if !v.g.standings.turn(v.place, last) {
		hold := min(max(w.hold, shortestHold), longestHold)
		if w.hold == 0 {
			hold = least(p)
		}
		if !p.Until.IsZero() {
			hold = min(hold, p.Until.Sub(now))
		}
		turns := p.Manner == policy.Interval && next.Sub(now) <= hold
		if turns {
			hold = next.Sub(now)
		}
		if changed := v.rest(s, hold); changed != nil {
			a, err := v.wakeUp(changed)
			return a, true, err
		}
		if !turns {
			return v.nothingNew(), true, nil
		}
		v.g.standings.turn(v.place, next)
	}
	v.bound = lookTime
	if w.hold > 0 {
		v.g.standings.pass(v.place, v.query.Command)
	}
	return answer{}, false, nil
}

// rest holds the request for a time; nil when that is over, else the request for whose device something has changed.
func (v *visit) rest(s *Standing, d time.Duration) *held {
	changed := make(chan struct{}, 1)
	w := v.await(s, func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer w.done()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-v.r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-timer.C:
		return nil
	case <-changed:
		return &w.held
	}
}

// wish is what a request that waits for news says of how long.
type wish struct {
	hold time.Duration // 0 where it leaves out what was said before
	unit time.Duration // in which it says so
}

// readWish reads how long a request asks to be held; false where it is not the gateway's to keep: it cannot be read, or it
// carries something to the mail server.
func readWish(c Command, body []byte) (wish, bool) {
	if len(body) == 0 {
		return wish{}, true
	}
	root, err := wbxml.Parse(body)
	if err != nil {
		return wish{}, false
	}
	if c == Ping {
		return wishOf(root.Child(wbxml.PingHeartbeatInterval), time.Second), root.Tag == wbxml.PingPing
	}
	for _, one := range root.Child(wbxml.AirSyncCollections).All() {
		if one.Child(wbxml.AirSyncCommands) != nil || one.Child(wbxml.AirSyncSyncKey).Value() == "0" {
			return wish{}, false
		}
	}
	switch {
	case root.Child(wbxml.AirSyncPartial) != nil:
		return wish{}, true
	case root.Child(wbxml.AirSyncWait) != nil:
		return wishOf(root.Child(wbxml.AirSyncWait), time.Minute), true
	}
	return wishOf(root.Child(wbxml.AirSyncHeartbeatInterval), time.Second), true
}

func wishOf(n *wbxml.Node, unit time.Duration) wish {
	count, err := strconv.Atoi(n.Value())
	if err != nil || count < 0 || count > maxHeartbeat*10 {
		return wish{}
	}
	return wish{time.Duration(count) * unit, unit}
}

// correct tells a client what its request should say; false where it says so.
func (v *visit) correct(w wish, shortest time.Duration) (answer, bool) {
	if w.hold == 0 {
		return v.missing(), true
	}
	bound := min(max(w.hold, shortest), longestHold)
	if bound == w.hold {
		return answer{}, false
	}
	if v.query.Command == Ping {
		return outOfRange(int(bound / time.Second)), true
	}
	return frame(wbxml.Elem(wbxml.AirSyncSync, wbxml.Int(wbxml.AirSyncStatus, syncOutOfRange),
		wbxml.Int(wbxml.AirSyncLimit, int(bound/w.unit)))), true
}

// missing asks a client for the whole request.
func (v *visit) missing() answer {
	if v.query.Command == Ping {
		return pingAnswer(pingMissing)
	}
	return frame(wbxml.Elem(wbxml.AirSyncSync, wbxml.Int(wbxml.AirSyncStatus, syncNotCached)))
}

// outOfRange tells a client the heartbeat, in seconds, nearest to its own that is allowed.
func outOfRange(bound int) answer {
	return frame(wbxml.Elem(wbxml.PingPing, wbxml.Int(wbxml.PingStatus, pingOutOfRange), wbxml.Int(wbxml.PingHeartbeatInterval, bound)))
}
