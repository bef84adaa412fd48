package release

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// State is how the check stands, and what the last answer that was believed says.
type State struct {
	Config  Config
	Version int64  // of the configuration
	Running string // the version of this program

	Checked  time.Time // when the host was last asked; zero for never
	OK       bool      // the last answer was believed
	Said     string    // what was wrong otherwise
	Due      time.Time // when it is asked again; zero while the check is off
	Peer     Peer      // how the last connection was protected; empty where there was none
	Answered time.Time // when an answer was last believed
	Manifest Manifest  // that answer; the zero value for none
}

// State returns how the check stands. It needs the right setting.read or security.read.
func (s *Store) State(ctx context.Context, c scope.Caller) (State, error) {
	if c.Require(scope.SecurityRead) != nil {
		if err := c.Require(scope.SettingRead); err != nil {
			return State{}, err
		}
	}
	out := State{Running: s.with.Running}
	var x row
	err := s.with.DB.Read(ctx, func(q sqldb.Querier) (err error) {
		if out.Config, out.Version, err = zone.Get(ctx, q, Setting); err != nil {
			return err
		}
		x, err = readRow(ctx, q)
		return err
	})
	if err != nil {
		return out, err
	}
	out.Checked, out.OK, out.Said, out.Answered = sqldb.Time(x.checked), x.ok, x.said, sqldb.Time(x.answered)
	if out.Config.Enabled {
		out.Due = sqldb.Time(max(x.due, sqldb.Micros(s.with.Clock.Now())))
	}
	if x.peer != "" {
		if err := json.Unmarshal([]byte(x.peer), &out.Peer); err != nil {
			return out, err
		}
	}
	if x.manifest != "" {
		out.Manifest, err = Decode([]byte(x.manifest))
	}
	return out, err
}

// Comparable tells whether this program knows its own version: one that was built from a working copy does not.
func (s State) Comparable() bool {
	_, ok := parse(s.Running)
	return ok
}

// Newer returns the releases that are newer than this program, the newest first; none where that is not known.
func (s State) Newer() []Release {
	if !s.Comparable() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Manifest.Releases), func(r Release) bool { return compare(r.Version, s.Running) <= 0 })
}

// Security tells whether one of the newer releases mends faults of security.
func (s State) Security() bool {
	return slices.ContainsFunc(s.Newer(), func(r Release) bool { return r.Security })
}
