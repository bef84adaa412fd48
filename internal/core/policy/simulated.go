package policy

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// Simulated is what a change would do to the devices that the caller sees.
type Simulated struct {
	Devices int // in service
	Changed int // of which some value changes
	Told    int // which must fetch their policy anew
	Out     int // which could not keep what is newly asked, or would get no mail

	Platforms []SimulatedPlatform // by name
	Settings  []SimulatedSetting  // the most devices first
}

// SimulatedPlatform is the part of one platform.
type SimulatedPlatform struct {
	Row                   platform.Row
	Devices, Changed, Out int
}

// SimulatedSetting is the part of one setting.
type SimulatedSetting struct {
	Setting      platform.Setting
	Changed, Out int
}

// simulationTime bounds a question to the whole fleet; 100,000 devices take a few seconds.
const simulationTime = 45 * time.Second

// Simulate says what a change would do, by asking for each device of the fleet. Nothing is changed. It needs the right
// policy.read over the whole zone; devices and users are seen as far as the caller's other rights reach.
func (s *Store) Simulate(ctx context.Context, c scope.Caller, fleet Fleet, crowd Crowd, ch Change) (Simulated, error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return Simulated{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, simulationTime)
	defer cancel()
	m, err := s.suppose(ctx, ch)
	if err != nil {
		return Simulated{}, err
	}
	t := tally{rows: map[string]*SimulatedPlatform{}, settings: map[platform.Setting]*SimulatedSetting{}}
	_, err = m.sweep(ctx, c, fleet, crowd, "", func(_ device.Member, v *verdict) bool {
		t.add(v)
		return true
	})
	return t.result(), err
}

// sweep calls fn with each device behind after until fn says no, and returns the last device it was called with.
func (m *simulation) sweep(ctx context.Context, c scope.Caller, fleet Fleet, crowd Crowd, after string, fn func(device.Member, *verdict) bool) (string, error) {
	for {
		list, err := fleet.Sweep(ctx, c, scope.DeviceRead, after, sweepPage)
		if err != nil {
			return after, slow(ctx, err)
		}
		owners := make([]string, 0, len(list))
		for _, d := range list {
			owners = append(owners, d.Owner)
		}
		slices.Sort(owners)
		groups, err := crowd.Memberships(ctx, c, slices.Compact(owners)...)
		if err != nil {
			return after, slow(ctx, err)
		}
		for _, d := range list {
			v, err := m.judge(d, groups[d.Owner])
			if err != nil {
				return after, err
			}
			after = d.ID
			if !fn(d, v) {
				return after, nil
			}
		}
		if len(list) < sweepPage {
			return "", nil
		}
	}
}

// slow says what became of a question that took too long.
func slow(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return problem.New(problem.Unavailable, "policy.simulation-slow",
		"The fleet could not be looked through in time; try again when the server has less to do.").WithRetry(simulationTime).WithDetail(err)
}

type tally struct {
	sum      Simulated
	rows     map[string]*SimulatedPlatform
	settings map[platform.Setting]*SimulatedSetting
}

func (t *tally) add(v *verdict) {
	row := t.rows[v.row.Key()]
	if row == nil {
		row = &SimulatedPlatform{Row: v.row}
		t.rows[v.row.Key()] = row
	}
	t.sum.Devices++
	row.Devices++
	if v.told {
		t.sum.Told++
	}
	if len(v.changes) > 0 {
		t.sum.Changed++
		row.Changed++
	}
	if len(v.out) > 0 {
		t.sum.Out++
		row.Out++
	}
	for _, d := range v.changes {
		t.setting(d.Setting).Changed++
	}
	for _, l := range v.out {
		t.setting(l.Setting).Out++
	}
}

func (t *tally) setting(s platform.Setting) *SimulatedSetting {
	if t.settings[s] == nil {
		t.settings[s] = &SimulatedSetting{Setting: s}
	}
	return t.settings[s]
}

func (t *tally) result() Simulated {
	for _, k := range slices.Sorted(maps.Keys(t.rows)) {
		t.sum.Platforms = append(t.sum.Platforms, *t.rows[k])
	}
	for _, k := range slices.Sorted(maps.Keys(t.settings)) {
		t.sum.Settings = append(t.sum.Settings, *t.settings[k])
	}
	slices.SortStableFunc(t.sum.Settings, func(a, b SimulatedSetting) int { return cmp.Compare(b.Changed+b.Out, a.Changed+a.Out) })
	return t.sum
}

// SimulatedDevice is one device that a change would reach.
type SimulatedDevice struct {
	device.Device
	Row     platform.Row
	Changes []Difference
	Out     []Loss
}

// SimulateList returns the devices that a change would reach, or with out those alone that would fall out of policy, page
// by page in the order of their ids. A page looks through the fleet until it is full.
func (s *Store) SimulateList(ctx context.Context, c scope.Caller, fleet Fleet, crowd Crowd, ch Change, out bool, r page.Request) (page.Page[SimulatedDevice], error) {
	var p page.Page[SimulatedDevice]
	if err := c.Require(scope.PolicyRead); err != nil {
		return p, err
	}
	size, err := r.Size()
	if err != nil {
		return p, err
	}
	after := ""
	if r.After != "" {
		if after, _, err = page.Parse[string](r.After); err != nil {
			return p, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, simulationTime)
	defer cancel()
	m, err := s.suppose(ctx, ch)
	if err != nil {
		return p, err
	}
	last, err := m.sweep(ctx, c, fleet, crowd, after, func(d device.Member, v *verdict) bool {
		if len(v.out) > 0 || !out && len(v.changes) > 0 {
			p.Items = append(p.Items, SimulatedDevice{d.Device, v.row, v.changes, v.out})
		}
		return len(p.Items) < size
	})
	if last != "" {
		p.Next = page.Cursor(last, last)
	}
	return p, err
}
