package policy

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// Change is what a simulation supposes; one of its fields is set.
type Change struct {
	Edit     *SuiteContent // what a suite would say, to all of its devices
	Assign   *Assignment   // a suite in force for a target
	Unassign *Target
}

// one tells whether exactly one change is supposed.
func (ch Change) one() bool {
	n := 0
	for _, given := range []bool{ch.Edit != nil, ch.Assign != nil, ch.Unassign != nil} {
		if given {
			n++
		}
	}
	return n == 1
}

// SuiteContent is what a suite would say.
type SuiteContent struct {
	Suite   string
	Content Content
}

// Fleet hands out devices, as far as the caller sees them; [device.Store] does.
type Fleet interface {
	Sweep(ctx context.Context, c scope.Caller, r scope.Right, after string, limit int) ([]device.Member, error)
}

// Crowd knows the groups of users; [directory.Store] does.
type Crowd interface {
	Memberships(ctx context.Context, c scope.Caller, users ...string) (map[string][]string, error)
}

// simulation compares what is in force with what would be.
type simulation struct {
	before, after *loaded
	verdicts      map[string]*verdict
}

// maxVerdicts bounds the verdicts kept; devices that have the same suites, platform, protocol and state share one.
const maxVerdicts = 20_000

// verdict is what becomes of devices of one kind.
type verdict struct {
	row     platform.Row
	changes []Difference
	told    bool // the device must fetch its policy anew
	out     []Loss
}

// Loss is a setting that a device cannot keep, and why.
type Loss struct {
	Setting platform.Setting
	Words   string
}

// sweepPage is how many devices are read at once.
const sweepPage = 2000

// suppose makes a simulation of a change.
func (s *Store) suppose(ctx context.Context, ch Change) (*simulation, error) {
	now, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	after, err := now.with(ch)
	if err != nil {
		return nil, err
	}
	return &simulation{before: now, after: after, verdicts: map[string]*verdict{}}, nil
}

// with returns what would be in force after the change.
func (l *loaded) with(ch Change) (*loaded, error) {
	next := &loaded{
		zone: l.zone, policy: l.policy, merged: &merged{list: map[string]*Effective{}},
		assignments: maps.Clone(l.assignments), suites: maps.Clone(l.suites),
	}
	if !ch.one() {
		return nil, problem.New(problem.Invalid, "policy.simulation",
			"Say one change to suppose: what a suite would say, an assignment, or one that is taken away.")
	}
	switch {
	case ch.Edit != nil:
		s, ok := next.suites[ch.Edit.Suite]
		if !ok {
			return nil, errNoSuite
		}
		if err := ch.Edit.Content.Validate(); err != nil {
			return nil, err
		}
		s.now.Content, s.now.Number, s.staged = ch.Edit.Content, 0, nil
		next.suites[ch.Edit.Suite] = s
	case ch.Assign != nil:
		if err := errors.Join(ch.Assign.check(), ch.Assign.checkPriority(ch.Assign.Priority, "priority")); err != nil {
			return nil, err
		}
		if _, ok := next.suites[ch.Assign.Suite]; !ok {
			return nil, errNoSuite
		}
		next.assignments[ch.Assign.Target] = *ch.Assign
	default:
		delete(next.assignments, *ch.Unassign)
	}
	return next, nil
}

// judge says what becomes of one device.
func (m *simulation) judge(d device.Member, groups []string) (*verdict, error) {
	ref := DeviceRef{Device: d.ID, User: d.Owner, Groups: append(slices.Clone(groups), d.Groups...), Liability: d.Liability}
	_, _, was := m.before.layers(ref)
	_, _, is := m.after.layers(ref)
	row := platform.Resolve(d.PlatformFacts())
	app := ""
	if d.Companion {
		app = string(platform.Companion)
	}
	key := strings.Join([]string{was, is, row.Key(), d.Protocol, app, string(d.PolicyState), string(d.UpstreamPolicy)}, "\n")
	if v, ok := m.verdicts[key]; ok {
		return v, nil
	}
	v, err := compare(m.before.effective(ref), m.after.effective(ref), row, d)
	if err == nil && len(m.verdicts) < maxVerdicts {
		m.verdicts[key] = v
	}
	return v, err
}

func compare(before, after *Effective, row platform.Row, d device.Member) (*verdict, error) {
	if d.UpstreamPolicy != nil {
		var theirs Values
		if err := json.Unmarshal(d.UpstreamPolicy, &theirs); err != nil {
			return nil, err
		}
		before, after = before.WithUpstream(d.Upstream, theirs), after.WithUpstream(d.Upstream, theirs)
	}
	v := &verdict{row: row}
	for i := range definitions {
		x, y := before.values[i].Value, after.values[i].Value
		if !x.Equal(y) {
			v.changes = append(v.changes, Difference{d.Liability, definitions[i].Key, &x, &y})
		}
	}
	channels := exchanges(d)
	for _, x := range channels {
		v.told = v.told || before.RevisionOver(x.Channel, x.Version) != after.RevisionOver(x.Channel, x.Version)
	}
	if len(v.changes) > 0 {
		v.out = losses(before, after, row, channels, d.PolicyState)
	}
	return v, nil
}

// exchanges are the channels of a device.
func exchanges(d device.Member) (list []Exchange) {
	if d.Protocol != "" || !d.Companion {
		list = append(list, Exchange{Channel: platform.ActiveSync, Version: platform.ParseVersion(d.Protocol)})
	}
	if d.Companion {
		list = append(list, Exchange{Channel: platform.Companion})
	}
	return list
}

// losses returns what the policy newly asks of a device that it cannot keep.
func losses(before, after *Effective, row platform.Row, channels []Exchange, state device.PolicyState) []Loss {
	had := map[platform.Setting]bool{}
	for _, l := range unkept(before, row, channels) {
		had[l.Setting] = true
	}
	out := slices.DeleteFunc(unkept(after, row, channels), func(l Loss) bool { return had[l.Setting] })
	if before.AllowsNonProvisionable() && !after.AllowsNonProvisionable() && !takes(state) {
		out = append(out, Loss{platform.AllowNonProvisionable, "The device does not take the whole policy, and would get no mail."})
	}
	return out
}

// takes tells whether a device in this state is known to take the whole policy.
func takes(s device.PolicyState) bool {
	return s == device.PolicyAcknowledged || s == device.PolicySent || s == device.PolicyPending
}

// unkept returns what the policy asks of the device that its platform or protocol cannot keep.
func unkept(e *Effective, row platform.Row, channels []Exchange) (out []Loss) {
	for _, i := range Report(e, row, channels...) {
		d := &definitions[byKey[i.Setting]]
		if i.State == NotSupported && d.asks(i.Value) {
			out = append(out, Loss{i.Setting, i.Words})
		}
	}
	return out
}

// asks tells whether the value is a demand on the device: stricter than what holds where nobody sets it. What is
// collected and what is offered are none.
func (d *Definition) asks(v Value) bool {
	switch d.Category {
	case CategoryAudit, CategoryFiles, CategoryResources, CategoryAgent, CategoryGateway:
		return false
	}
	switch d.Kind {
	case KindList, KindFiles:
		return len(v.list) > 0
	case KindText:
		return v.Line() != ""
	}
	return d.laxer(d.Default, v)
}
