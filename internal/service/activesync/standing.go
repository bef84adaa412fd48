package activesync

import (
	"sync"
	"time"
)

// place names a partnership as requests do.
type place struct{ upstream, user, device string }

// standings keeps where devices stand, so that the database is asked only at first contact and after a change.
type standings struct {
	mu   sync.RWMutex
	list map[place]*kept
}

type kept struct {
	standing *Standing
	revision int64
	read     time.Time
	seen     time.Time // when core was last told of the device
	asked    int       // how often it was asked to provision and did not come
	rounds   tally     // first requests of a provisioning

	turn      time.Time        // the newest turn at which the mail server was asked for news
	corrected int              // how often in a row the device was told what a request that waits should say
	ours      map[Command]bool // the last whole request of the kind was kept here and has not reached the mail server
}

func newStandings() *standings { return &standings{list: map[place]*kept{}} }

// standingAge is how long a standing is gone by: rules and exceptions run out, and devices tell other servers of
// themselves, without a new revision.
const standingAge = time.Minute

// get returns a standing that was read at this revision of the zone or a later one, or nil, and whether it is old.
func (s *standings) get(p place, revision int64, now time.Time) (v *Standing, old bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if k := s.list[p]; k != nil && k.standing != nil && k.revision >= revision {
		return k.standing, now.Sub(k.read) > standingAge || now.Before(k.read)
	}
	return nil, false
}

func (s *standings) put(p place, v *Standing, revision int64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.list[p]
	if k == nil {
		room(s.list)
		k = &kept{}
		s.list[p] = k
	}
	k.standing, k.revision, k.read = v, revision, now
}

// forget has the next request read the database, and keeps the counters.
func (s *standings) forget(p place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.list[p]; k != nil {
		k.standing = nil
	}
}

// seenEvery is how exact the last contact of a device is.
const seenEvery = time.Minute

// due tells whether core should be told of a contact, and takes it as told.
func (s *standings) due(p place, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.list[p]
	if k == nil || now.Sub(k.seen) < seenEvery && !now.Before(k.seen) {
		return false
	}
	k.seen = now
	return true
}

// ask counts that a device is asked to provision and returns how often it has been.
func (s *standings) ask(p place) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.list[p]
	if k == nil {
		return 0
	}
	k.asked++
	return k.asked
}

// answered forgets how often a device was asked: it provisions.
func (s *standings) answered(p place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.list[p]; k != nil {
		k.asked = 0
	}
}

// How often a device may begin to provision. More is a loop: the device believes that it does not obey, and asks again.
const (
	loopWindow = 10 * time.Minute
	loopLimit  = 10
)

// looping counts the beginning of a provisioning; first is true once, when a device has begun to loop.
func (s *standings) looping(p place, now time.Time) (looping, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.list[p]
	if k == nil {
		return false, false
	}
	if now.Sub(k.rounds.began) >= loopWindow {
		k.rounds = tally{began: now}
	}
	k.rounds.count++
	return k.rounds.count > loopLimit, k.rounds.count == loopLimit+1
}

// with does f to what is kept of a device, where anything is.
func (s *standings) with(p place, f func(k *kept)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.list[p]; k != nil {
		f(k)
	}
}

// turn takes a device's turn; false when it has had it.
func (s *standings) turn(p place, at time.Time) (due bool) {
	s.with(p, func(k *kept) {
		if due = k.turn.Before(at); due {
			k.turn = at
		}
	})
	return due
}

// corrects counts that a device is told what its request should say; false when it has not listened several times.
func (s *standings) corrects(p place) (again bool) {
	s.with(p, func(k *kept) {
		if again = k.corrected < corrections; again {
			k.corrected++
		}
	})
	return again
}

// keep takes note that the gateway keeps a request, and whether it says what it should.
func (s *standings) keep(p place, c Command, right bool) {
	s.with(p, func(k *kept) {
		if right {
			k.corrected = 0
		}
		if k.ours == nil {
			k.ours = map[Command]bool{}
		}
		k.ours[c] = true
	})
}

// pass takes note that the mail server gets a whole request of the kind.
func (s *standings) pass(p place, c Command) {
	s.with(p, func(k *kept) {
		k.corrected = 0
		delete(k.ours, c)
	})
}

// isOurs tells whether the mail server does not know the request that a device repeats.
func (s *standings) isOurs(p place, c Command) (ours bool) {
	s.with(p, func(k *kept) { ours = k.ours[c] })
	return ours
}
