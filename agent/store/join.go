package store

import "time"

// Join is a registration that waits for the zone: what is asked with again after a restart.
type Join struct {
	Server     string            `json:"server"`
	Pin        string            `json:"pin,omitempty"`
	Key        string            `json:"key,omitempty"` // an authorization key that the zone has not counted yet
	Attributes map[string]string `json:"attributes,omitempty"`
	Since      time.Time         `json:"since"`
}

const fileJoin = "join.json"

// Join returns the registration that waits; false when none does.
func (s *Store) Join() (Join, bool, error) {
	var j Join
	ok, err := s.get(&j, fileJoin)
	return j, ok, err
}

// SetJoin keeps the registration that waits.
func (s *Store) SetJoin(j Join) error { return s.put(j, private, fileJoin) }

// DropJoin forgets it, with what the person at the machine was told of it.
func (s *Store) DropJoin() error {
	if err := s.drop(fileSummary); err != nil {
		return err
	}
	return s.drop(fileJoin)
}
