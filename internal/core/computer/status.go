package computer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"drover/api/agentv1"
	"drover/internal/base/httpsig"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// Setting is how one setting was found.
type Setting struct {
	State  string // as in [agentv1.SettingState]
	At     time.Time
	Found  string // before anything was mended, for people
	Reason string // a sentence
}

// Broken tells whether the policy asks for something that is not so.
func (x Setting) Broken() bool {
	return x.State == agentv1.StateViolated || x.State == agentv1.StateFailed
}

// Standing is how a computer stands, as its agent told last.
type Standing struct {
	Agent     string // its version
	Made      time.Time
	Received  time.Time
	Revision  string // of the policy that Settings are of
	Sent      string // the revision of the policy that it was told last, "" for none
	SentAt    time.Time
	Documents []agentv1.Held
	Refused   []agentv1.Refusal
	Waiting   int
	Lost      int
	Settings  map[platform.Setting]Setting
}

// told is what of a status stands in clear: nothing of it names anybody.
type told struct {
	Documents []agentv1.Held    `json:"documents,omitempty"`
	Refused   []agentv1.Refusal `json:"refused,omitempty"`
	Waiting   int               `json:"waiting,omitempty"`
	Lost      int               `json:"lost,omitempty"`
	Settings  []found           `json:"settings,omitempty"`
}

// found is what of a setting stands in clear.
type found struct {
	Setting platform.Setting `json:"s"`
	State   string           `json:"is"`
	At      int64            `json:"at"` // microseconds since 1970
}

// words are what of a setting is sealed.
type words struct {
	Setting platform.Setting `json:"s"`
	Found   string           `json:"f,omitempty"`
	Reason  string           `json:"r,omitempty"`
}

const (
	maxSettings = 200
	maxWords    = 600
	maxListed   = 4 // kinds of documents
	maxRevision = 64
)

var states = []string{
	agentv1.StateMet, agentv1.StateRepaired, agentv1.StateViolated, agentv1.StateFailed, agentv1.StateUnsupported, agentv1.StateUnknown,
}

func invalid(field, words string) error {
	return problem.New(problem.Invalid, "status.form", words).WithField(field)
}

// Report takes what a computer tells of how it stands; it is durable on return, and may wait a moment for others. One that was
// made before the last changes nothing, unless that lies ahead: the server's clock was wrong. For the channel of the computer alone, whose owner is given. Problems of kind Invalid
// where it tells what no agent does.
func (s *Store) Report(ctx context.Context, c scope.Caller, id, owner string, r agentv1.Status) error {
	if err := own(c, id); err != nil {
		return err
	}
	made, err := s.made(r.Made)
	if err != nil {
		return err
	}
	clear, sealed, broken, err := split(r, made)
	if err != nil {
		return err
	}
	state := outcome(r.Settings)
	return s.db.WriteSoon(ctx, func(tx *sqldb.Tx) error {
		hidden, err := s.sealIn(ctx, tx, wordsOf(id), owner, sealed)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `INSERT INTO agent_status (device, owner, agent, revision, broken, told, words, made, received)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (device) DO UPDATE SET owner = excluded.owner,
			agent = excluded.agent, revision = excluded.revision, broken = excluded.broken, told = excluded.told,
			words = excluded.words, made = excluded.made, received = excluded.received
			WHERE agent_status.made <= excluded.made OR agent_status.made > $10`,
			id, owner, sqldb.Line(r.Agent, maxRevision), sqldb.Line(r.Revision, maxRevision), broken, string(clear), hidden,
			sqldb.Micros(made), sqldb.Micros(s.with.Clock.Now()), sqldb.Micros(s.latest()))
		if err != nil || n == 0 {
			return err
		}
		return s.with.Devices.AgentState(ctx, tx, id, state)
	})
}

func wordsOf(id string) seal.Field {
	return seal.Field{Table: "agent_status", Column: "words", Row: id}
}

// made reads a time of an agent, who knows the server's clock. One that is ahead of it would keep all later ones out.
func (s *Store) made(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.After(s.latest()) || at.Year() < 2000 {
		return at, invalid("made", "The time at which it was made is none, or lies ahead.")
	}
	return at, nil
}

// latest is the time from which on nothing can have been made yet.
func (s *Store) latest() time.Time { return s.with.Clock.Now().Add(2 * httpsig.Window) }

// split bounds a status and parts what may stand in clear from what may not.
func split(r agentv1.Status, made time.Time) (clear, sealed []byte, broken int, err error) {
	if len(r.Settings) > maxSettings || len(r.Documents) > maxListed || len(r.Refused) > maxListed {
		return nil, nil, 0, invalid("settings", "There is more of it than a computer has.")
	}
	t := told{Waiting: max(r.Waiting, 0), Lost: max(r.Lost, 0), Settings: make([]found, 0, len(r.Settings))}
	hidden := make([]words, 0, len(r.Settings))
	for _, x := range r.Settings {
		key := platform.Setting(x.Setting)
		if !key.CarriedBy(platform.Agent) {
			continue // of a policy that a newer server made
		}
		if !slices.Contains(states, x.State) {
			return nil, nil, 0, invalid("settings", "A setting has a state that there is not.")
		}
		at, err := time.Parse(time.RFC3339, x.At)
		if err != nil {
			at = made
		}
		if (Setting{State: x.State}).Broken() {
			broken++
		}
		t.Settings = append(t.Settings, found{key, x.State, sqldb.Micros(at)})
		if x.Found != "" || x.Reason != "" {
			hidden = append(hidden, words{key, sqldb.Line(x.Found, maxWords), sqldb.Line(x.Reason, maxWords)})
		}
	}
	for _, h := range r.Documents {
		t.Documents = append(t.Documents, agentv1.Held{Kind: sqldb.Line(h.Kind, maxRevision), Version: h.Version, Stale: h.Stale})
	}
	for _, f := range r.Refused {
		t.Refused = append(t.Refused, agentv1.Refusal{Kind: sqldb.Line(f.Kind, maxRevision), Reason: sqldb.Line(f.Reason, maxRevision)})
	}
	if clear, err = json.Marshal(t); err != nil {
		return nil, nil, 0, err
	}
	sealed, err = json.Marshal(hidden)
	return clear, sealed, broken, err
}

// outcome sums a status up. What the system cannot do is no refusal: the catalogue says so beforehand.
func outcome(list []agentv1.SettingState) device.PolicyState {
	broken := 0
	for _, x := range list {
		if (Setting{State: x.State}).Broken() || x.State == agentv1.StateUnknown {
			broken++
		}
	}
	switch {
	case broken == 0:
		return device.PolicyAcknowledged
	case broken == len(list):
		return device.PolicyRefused
	}
	return device.PolicyPartial
}

// statusRow is a status as the database keeps it.
type statusRow struct {
	Standing
	owner       string
	told, words []byte
}

func scanStatus(r sqldb.Row) (x statusRow, err error) {
	var text string
	var made, received, sent int64
	err = r.Scan(&x.Agent, &x.Revision, &x.owner, &text, &x.words, &made, &received, &x.Sent, &sent)
	x.told, x.Made, x.Received, x.SentAt = []byte(text), sqldb.Time(made), sqldb.Time(received), sqldb.Time(sent)
	return x, err
}

// Standing returns how a computer stands, within the caller's scope of the right device.read; a problem of kind NotFound when
// its agent has told nothing yet, or it has none.
func (s *Store) Standing(ctx context.Context, c scope.Caller, id string) (Standing, error) {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil {
		return Standing{}, err
	}
	var a sqldb.Args
	where := "s.device = " + a.Add(id) + " AND " + sc.Devices("s.device", &a)
	x, err := sqldb.One(ctx, s.db, scanStatus, `SELECT s.agent, s.revision, s.owner, s.told, s.words, s.made, s.received,
		COALESCE(d.revision, ''), COALESCE(d.made, 0) FROM agent_status s
		LEFT JOIN agent_document d ON d.device = s.device AND d.kind = 'policies' WHERE `+where, a.List()...)
	if errors.Is(err, sqldb.ErrNotFound) {
		return Standing{}, problem.New(problem.NotFound, "computer.status", "No agent of this device has told how it stands.")
	}
	if err != nil {
		return Standing{}, err
	}
	return x.Standing, s.fill(ctx, id, &x)
}

// fill reads what is kept as JSON, and opens what is sealed.
func (s *Store) fill(ctx context.Context, id string, x *statusRow) error {
	var t told
	if err := json.Unmarshal(x.told, &t); err != nil {
		return err
	}
	plain, err := s.open(ctx, wordsOf(id), x.owner, x.words)
	var hidden []words
	if err == nil && len(plain) > 0 {
		err = json.Unmarshal(plain, &hidden)
	}
	settings := make(map[platform.Setting]Setting, len(t.Settings))
	for _, f := range t.Settings {
		settings[f.Setting] = Setting{State: f.State, At: sqldb.Time(f.At)}
	}
	for _, w := range hidden {
		one := settings[w.Setting]
		one.Found, one.Reason = w.Found, w.Reason
		settings[w.Setting] = one
	}
	x.Documents, x.Refused, x.Waiting, x.Lost, x.Settings = t.Documents, t.Refused, t.Waiting, t.Lost, settings
	slices.SortFunc(x.Documents, func(a, b agentv1.Held) int { return cmp.Compare(a.Kind, b.Kind) })
	return err
}
