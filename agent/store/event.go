package store

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"drover/api/agentv1"
)

// maxEvents bounds the queue; when it is full the oldest go, and are counted.
const maxEvents = 5_000

const fileLost = "lost.json"

// readQueue learns what waits.
func (s *Store) readQueue() error {
	files, err := os.ReadDir(s.path(dirEvents))
	if err != nil {
		return err
	}
	for _, f := range files {
		number, ok := strings.CutSuffix(f.Name(), ".json")
		n, err := strconv.Atoi(number)
		if !ok || err != nil {
			continue
		}
		s.events = append(s.events, f.Name())
		s.next = max(s.next, n+1)
	}
	slices.Sort(s.events)
	return nil
}

// AddEvent keeps an event until it is told. One that does not say when it happened, happened now.
func (s *Store) AddEvent(e agentv1.Event, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.ID, e.At = rand.Text(), cmp.Or(e.At, now.Format(time.RFC3339))
	name := fmt.Sprintf("%012d.json", s.next)
	if err := s.put(e, private, dirEvents, name); err != nil {
		return err
	}
	s.next++
	s.events = append(s.events, name)
	if len(s.events) <= maxEvents {
		return nil
	}
	oldest := s.events[0]
	if err := s.drop(dirEvents, oldest); err != nil {
		return err
	}
	return s.lose(oldest)
}

// Events returns the oldest events that wait, at most n.
func (s *Store) Events(n int) ([]agentv1.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []agentv1.Event
	for _, name := range slices.Clone(s.events) {
		var e agentv1.Event
		ok, err := s.kept(&e, dirEvents, name)
		switch {
		case err != nil:
			return nil, err
		case ok:
			list = append(list, e)
		case s.isDamaged(dirEvents, name):
			err = s.lose(name)
		default: // a command beside the agent has left the zone that it was for
			s.drain(name)
		}
		if err != nil || len(list) == n {
			return list, err
		}
	}
	return list, nil
}

// lose counts an event that nobody will be told of. The caller holds the lock.
func (s *Store) lose(name string) error {
	s.drain(name)
	return s.put(s.lost()+1, private, fileLost)
}

func (s *Store) drain(name string) {
	s.events = slices.DeleteFunc(s.events, func(x string) bool { return x == name })
}

// TookEvents forgets the oldest events, as [Store.Events] gave them.
func (s *Store) TookEvents(list []agentv1.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	told := map[string]bool{}
	for _, e := range list {
		told[e.ID] = true
	}
	for len(s.events) > 0 {
		var e agentv1.Event
		if _, err := s.get(&e, dirEvents, s.events[0]); err != nil {
			return err
		}
		if !told[e.ID] {
			return nil
		}
		if err := s.drop(dirEvents, s.events[0]); err != nil {
			return err
		}
		s.events = s.events[1:]
	}
	return nil
}

// Waiting tells how many events and results wait, and how many events were lost.
func (s *Store) Waiting() (waiting, lost int, err error) {
	results, err := s.entries(func(e Entry) bool { return e.Finished && !e.Told })
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.events) + len(results), s.lost(), err
}

func (s *Store) lost() (n int) {
	_, _ = s.get(&n, fileLost) // a count for people
	return n
}
