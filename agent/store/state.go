package store

import (
	"time"

	"drover/api/agentv1"
)

// State is what the agent must know again after a restart, besides the journal.
type State struct {
	Offset    time.Duration     `json:"offset"` // of the server's clock from ours
	Inventory agentv1.Inventory `json:"inventory"`
	Hash      string            `json:"hash"`     // of the inventory that the server holds, "" when it holds none
	Sections  []string          `json:"sections"` // of it
	Scanned   time.Time         `json:"scanned"`
	Reported  time.Time         `json:"reported"`
	Status    string            `json:"status"` // what the last status said, hashed
	Disabled  []string          `json:"disabled,omitempty"`
	Consent   string            `json:"consent,omitempty"` // the order by which the zone lets the agent go
	Journal   string            `json:"journal,omitempty"` // where events were read up to

	Mended []agentv1.SettingState `json:"mended,omitempty"` // and not told yet
}

const (
	fileState   = "state.json"
	fileSummary = "summary.json"
)

// State returns what was kept; nothing when there is none yet, or it is damaged: then everything is told anew.
func (s *Store) State() (State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var st State
	_, err := s.kept(&st, fileState)
	return st, err
}

// Change changes what is kept.
func (s *Store) Change(change func(*State)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var st State
	if _, err := s.kept(&st, fileState); err != nil {
		return err
	}
	change(&st)
	return s.put(st, private, fileState)
}

// Document returns the last good envelope of a kind; false when there is none.
func (s *Store) Document(kind string) (agentv1.Envelope, bool, error) {
	var e agentv1.Envelope
	ok, err := s.get(&e, dirDocuments, kind+".json")
	return e, ok, err
}

// SetDocument keeps an envelope as the last good one of its kind.
func (s *Store) SetDocument(kind string, e agentv1.Envelope) error {
	return s.put(e, private, dirDocuments, kind+".json")
}

// Summary is what everybody at the machine may read; it holds no secret.
type Summary struct {
	Zone      string                 `json:"zone"`
	Name      string                 `json:"name"`
	Server    string                 `json:"server"`
	Location  string                 `json:"location,omitempty"`
	Contact   string                 `json:"contact,omitempty"`
	Since     time.Time              `json:"since"`
	Reached   time.Time              `json:"reached"` // when the server was last heard
	Tried     time.Time              `json:"tried"`
	Problem   string                 `json:"problem,omitempty"`
	Collected []string               `json:"collected"`
	Watched   []string               `json:"watched,omitempty"`
	Scanned   time.Time              `json:"scanned"`
	Settings  []agentv1.SettingState `json:"settings"`
	Waiting   int                    `json:"waiting"`
	Refused   []agentv1.Refusal      `json:"refused,omitempty"`
	Free      bool                   `json:"free"`              // to uninstall
	Joining   string                 `json:"joining,omitempty"` // [JoinWaits] or [JoinRefused]; "" of a computer that is in
}

// How a registration stands that has not brought the computer in.
const (
	JoinWaits   = "waits"
	JoinRefused = "refused"
)

// Summary returns what may be read; false when there is nothing yet.
func (s *Store) Summary() (sum Summary, ok bool, err error) {
	ok, err = s.kept(&sum, fileSummary)
	return sum, ok, err
}

// ReadSummary reads the summary of a store without opening it.
func ReadSummary(dir string) (Summary, bool, error) {
	var sum Summary
	ok, err := (&Store{dir: dir}).get(&sum, fileSummary)
	return sum, ok, err
}

// SetSummary keeps what may be read.
func (s *Store) SetSummary(sum Summary) error { return s.put(sum, public, fileSummary) }
