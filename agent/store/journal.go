package store

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"drover/api/agentv1"
)

// Entry is one order, or one run of a script.
type Entry struct {
	Order    string          `json:"order,omitempty"`
	Script   string          `json:"script,omitempty"`
	Revision string          `json:"revision,omitempty"` // of the script
	Print    string          `json:"print,omitempty"`    // of what the script does: a zone that was restored counts revisions again
	Begun    time.Time       `json:"begun"`
	Finished bool            `json:"finished"`
	Told     bool            `json:"told"` // the server has the result
	Forget   time.Time       `json:"forget"`
	Result   *agentv1.Result `json:"result,omitempty"`
}

// remember is how long an order is known after its end, far longer than any document that could bring it again.
const remember = 30 * 24 * time.Hour

// entryName makes a file's name of an id that a server chose.
func entryName(kind, id string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + id))
	return hex.EncodeToString(sum[:16]) + ".json"
}

func (e Entry) name() string {
	if e.Order != "" {
		return entryName("order", e.Order)
	}
	return entryName("script "+e.Begun.UTC().Format(time.RFC3339Nano), e.Script)
}

// ErrForgotten is returned of an order whose entry is damaged: it has begun, and nobody knows how far it came.
var ErrForgotten = errors.New("what became of the order cannot be read any more")

// Order returns what is known of an order; false when it has never begun.
func (s *Store) Order(id string) (e Entry, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := entryName("order", id)
	if ok, err = s.kept(&e, dirJournal, name); ok || err != nil {
		return e, ok, err
	}
	if s.isDamaged(dirJournal, name) {
		return e, false, ErrForgotten
	}
	return e, false, nil
}

// Script returns the latest run of a script; false when it has never run. One that began later than now, as a clock said that was
// ahead, is none while there are others.
func (s *Store) Script(id string, now time.Time) (Entry, bool, error) {
	runs, err := s.runs(id)
	if err != nil || len(runs) == 0 {
		return Entry{}, false, err
	}
	for _, e := range slices.Backward(runs) {
		if !e.Begun.After(now) {
			return e, true, nil
		}
	}
	return runs[len(runs)-1], true, nil
}

// Ran tells whether a revision of a script has run, whatever the clock said then. An entry that is damaged is forgotten: that run
// may come again.
func (s *Store) Ran(id, revision, print string) (bool, error) {
	runs, err := s.runs(id)
	return slices.ContainsFunc(runs, func(e Entry) bool { return e.Revision == revision && e.Print == print }), err
}

// runs are those of a script, the oldest first.
func (s *Store) runs(id string) ([]Entry, error) {
	runs, err := s.entries(func(e Entry) bool { return e.Script == id })
	slices.SortFunc(runs, func(a, b Entry) int { return a.Begun.Compare(b.Begun) })
	return runs, err
}

// maxRuns bounds the runs of one script that are kept. The results of more, on a computer that is long without its zone, go
// with the oldest.
const maxRuns = 100

// Begin writes down that something begins. Only what was begun in this way may be carried out.
func (s *Store) Begin(e Entry) error {
	if e.Script != "" {
		if err := s.makeRoom(e.Script); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Finished, e.Told, e.Result = false, false, nil
	return s.put(e, private, dirJournal, e.name())
}

// makeRoom forgets the runs of a script that nobody needs any more.
func (s *Store) makeRoom(script string) error {
	runs, err := s.runs(script)
	for i, e := range runs {
		if e.Told || len(runs)-i >= maxRuns {
			if err := s.drop(dirJournal, e.name()); err != nil {
				return err
			}
		}
	}
	return err
}

// Finish writes down what became of it; the result waits until it is told. Its id is the server's to know it by, for ever
// the same.
func (s *Store) Finish(e Entry, r agentv1.Result) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.ID = cmp.Or(r.ID, rand.Text())
	r.Order, r.Script, r.Revision = e.Order, e.Script, e.Revision
	e.Finished, e.Told, e.Result = true, false, &r
	return s.put(e, private, dirJournal, e.name())
}

// Interrupted returns what was begun and never finished: the agent ended meanwhile.
func (s *Store) Interrupted() ([]Entry, error) {
	return s.entries(func(e Entry) bool { return !e.Finished })
}

// Results returns the results that wait, the oldest first, at most n.
func (s *Store) Results(n int) ([]agentv1.Result, error) {
	waiting, err := s.entries(func(e Entry) bool { return e.Finished && !e.Told && e.Result != nil })
	slices.SortFunc(waiting, func(a, b Entry) int { return a.Begun.Compare(b.Begun) })
	results := make([]agentv1.Result, 0, min(n, len(waiting)))
	for _, e := range waiting[:min(n, len(waiting))] {
		results = append(results, *e.Result)
	}
	return results, err
}

// Told writes down that the server has results, by their ids.
func (s *Store) Told(ids []string) error {
	all, err := s.entries(func(e Entry) bool { return e.Result != nil && slices.Contains(ids, e.Result.ID) })
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range all {
		e.Told, e.Result = true, nil
		if err := s.put(e, private, dirJournal, e.name()); err != nil {
			return err
		}
	}
	return nil
}

// Prune forgets orders that ended long ago, and scripts that are not among those that are assigned.
func (s *Store) Prune(now time.Time, scripts []string) error {
	old, err := s.entries(func(e Entry) bool {
		if !e.Told {
			return false
		}
		return e.Order != "" && now.Sub(e.Forget) > remember || e.Script != "" && !slices.Contains(scripts, e.Script)
	})
	for _, e := range old {
		if err := s.drop(dirJournal, e.name()); err != nil {
			return err
		}
	}
	return err
}

// entries returns those that pass.
func (s *Store) entries(pass func(Entry) bool) ([]Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	files, err := os.ReadDir(s.path(dirJournal))
	if err != nil {
		return nil, err
	}
	var list []Entry
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".json") {
			continue
		}
		var e Entry
		ok, err := s.kept(&e, dirJournal, f.Name())
		if err != nil {
			return nil, err
		}
		if ok && pass(e) {
			list = append(list, e)
		}
	}
	return list, nil
}
