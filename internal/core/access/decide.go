package access

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Origin says where a decision comes from.
type Origin string

// The origins.
const (
	FromOverride   Origin = "override"   // said of this single device
	FromCompliance Origin = "compliance" // it breaks a rule of compliance
	FromRule       Origin = "rule"
	FromDefault    Origin = "default"
	FromState      Origin = "state" // it has been wiped or taken out of service, which comes before all others
)

// Decision says whether a device reaches mail, and why.
type Decision struct {
	Action   device.Access
	Origin   Origin
	Rule     string // the rule's id
	Position int    // the rule's
	Note     string // for the owner, or ""
	Because  string // a sentence: "Blocked by rule 3, because its platform is webOS."
}

// Step is one rule on the way to a decision.
type Step struct {
	Position int
	Name     string
	Matched  bool
	Sentence string
}

// Trail is a decision with every rule that was asked before it.
type Trail struct {
	Decision
	Steps []Step
}

// book is the rules at one revision.
type book struct {
	revision     int64
	rules        []compiled
	fallback     device.Access
	userGroups   bool // some rule looks at them
	deviceGroups bool
}

// override is what is said of a single device; no action when nothing is.
type override struct {
	action  device.Access
	note    string
	expires time.Time
}

// shelf keeps the book of the current revision.
type shelf struct {
	mu   sync.Mutex // one reads the book anew, the others wait
	book atomic.Pointer[book]
}

func (s *Store) current(ctx context.Context) (*book, error) {
	revision, err := s.with.Revision.Current()
	if err != nil {
		return nil, err
	}
	if b := s.shelf.book.Load(); b != nil && b.revision == revision {
		return b, nil
	}
	s.shelf.mu.Lock()
	defer s.shelf.mu.Unlock()
	if b := s.shelf.book.Load(); b != nil && b.revision >= revision {
		return b, nil
	}
	b, err := s.readBook(ctx, revision)
	if err != nil {
		return nil, err
	}
	s.shelf.book.Store(b)
	return b, nil
}

func (s *Store) readBook(ctx context.Context, revision int64) (*book, error) {
	b := &book{revision: revision}
	err := s.with.DB.Read(ctx, func(q sqldb.Querier) error {
		rules, err := sqldb.All(ctx, q, scanRule, rulesText)
		if err != nil {
			return err
		}
		for _, r := range rules {
			c, err := compile(r)
			if err != nil {
				return fmt.Errorf("access rule %s: %w", r.ID, err)
			}
			b.rules = append(b.rules, c)
			b.userGroups = b.userGroups || r.Kind == UserGroup
			b.deviceGroups = b.deviceGroups || r.Kind == DeviceGroup
		}
		b.fallback, _, err = zone.Get(ctx, q, Default)
		return err
	})
	return b, err
}

// Decide returns the decision for a device, from memory where it can: for the gateway at each request. It fails rather
// than guess, and whoever asks must then let nobody in.
func (s *Store) Decide(ctx context.Context, d device.Device) (Decision, error) {
	t, err := s.trail(ctx, d, s.facts)
	return t.Decision, err
}

// Explain returns the decision for a device within the caller's scope, with every rule that was asked.
func (s *Store) Explain(ctx context.Context, c scope.Caller, id string) (Trail, error) {
	d, err := s.with.Devices.Get(ctx, c, id)
	if err != nil {
		return Trail{}, err
	}
	if out := d.Refusal(); out != nil {
		return Trail{Decision: Decision{Action: device.Block, Origin: FromState, Because: problem.From(out).Message}}, nil
	}
	return s.trail(ctx, d, s.facts)
}

// gatherer finds what rules look at of a device.
type gatherer func(ctx context.Context, b *book, d device.Device) (Facts, error)

func (s *Store) trail(ctx context.Context, d device.Device, gather gatherer) (Trail, error) {
	b, err := s.current(ctx)
	if err != nil {
		return Trail{}, err
	}
	o, err := s.override(ctx, d.ID)
	if err != nil {
		return Trail{}, err
	}
	now := s.with.Clock.Now()
	said := o.action != "" && live(o.expires, now)
	if said && o.action != device.Allow {
		return o.trail(), nil
	}
	// A device that is allowed by name must keep the rules of compliance nevertheless: those have exemptions of their own.
	kept, err := s.with.Compliance.Restriction(ctx, d.ID)
	if err != nil {
		return Trail{}, err
	}
	if kept.Access != "" {
		because := past(kept.Access) + " by a rule of compliance. " + kept.Because
		return Trail{Decision: Decision{Action: kept.Access, Origin: FromCompliance, Because: because}}, nil
	}
	if said {
		return o.trail(), nil
	}
	f, err := gather(ctx, b, d)
	if err != nil {
		return Trail{}, err
	}
	return b.decide(f, now), nil
}

func (o override) trail() Trail {
	because := past(o.action) + " by an administrator, for this device alone."
	return Trail{Decision: Decision{Action: o.action, Origin: FromOverride, Note: o.note, Because: because}}
}

// facts gathers what the rules look at, and of the groups only what some rule asks for.
func (s *Store) facts(ctx context.Context, b *book, d device.Device) (f Facts, err error) {
	f = FactsOf(d)
	if b.userGroups {
		if f.UserGroups, err = s.with.Users.GroupIDs(ctx, self, d.Owner); err != nil {
			return f, err
		}
	}
	if b.deviceGroups {
		f.DeviceGroups, err = s.with.Devices.GroupIDs(ctx, self, d.ID)
	}
	return f, err
}

func (b *book) decide(f Facts, now time.Time) Trail {
	var t Trail
	for _, r := range b.rules {
		step := Step{Position: r.Position, Name: r.Name}
		ok, why := false, "it has expired"
		if live(r.Expires, now) {
			ok, why = r.fits(f)
		}
		step.Matched, step.Sentence = ok, fmt.Sprintf("Rule %d does not fit, because %s.", r.Position, why)
		if ok {
			step.Sentence = fmt.Sprintf("%s by rule %d, because %s.", past(r.Action), r.Position, why)
			t.Decision = Decision{
				Action: r.Action, Origin: FromRule, Rule: r.ID, Position: r.Position, Note: r.Note, Because: step.Sentence,
			}
		}
		t.Steps = append(t.Steps, step)
		if ok {
			return t
		}
	}
	t.Decision = Decision{
		Action: b.fallback, Origin: FromDefault, Because: past(b.fallback) + " by the zone's default, because no rule fits.",
	}
	return t
}

func live(expires, now time.Time) bool { return expires.IsZero() || now.Before(expires) }

func past(a device.Access) string {
	switch a {
	case device.Allow:
		return "Allowed"
	case device.Quarantine:
		return "Quarantined"
	case device.Block:
	}
	return "Blocked"
}

func (s *Store) override(ctx context.Context, id string) (override, error) {
	revision, err := s.with.Revision.People()
	if err != nil {
		return override{}, err
	}
	if o, ok := s.overrides.Get(revision, id); ok {
		return o, nil
	}
	o, err := sqldb.One(ctx, s.with.DB, scanOverride, overrideText, id)
	if err != nil && !errors.Is(err, sqldb.ErrNotFound) {
		return o, err
	}
	s.overrides.Put(revision, id, o, revision)
	return o, nil
}
