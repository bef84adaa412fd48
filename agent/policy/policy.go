package policy

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"drover/agent/system"
	"drover/api/agentv1"
)

// finding is how a setting was found.
type finding struct {
	state string // met, violated, unsupported or unknown
	found string // for people
	why   string // for people
}

func met(found string) finding           { return finding{agentv1.StateMet, found, ""} }
func violated(found, why string) finding { return finding{agentv1.StateViolated, found, why} }
func unsupported(why string) finding     { return finding{agentv1.StateUnsupported, "", why} }
func unknown(err error) finding          { return finding{agentv1.StateUnknown, "", err.Error()} }

// judge is met when ok holds.
func judge(ok bool, found, why string) finding {
	if ok {
		return met(found)
	}
	return violated(found, why)
}

// rule is how one setting is checked and mended on one platform.
type rule struct {
	check func(ctx context.Context, m system.Machine, v value) finding
	mend  func(ctx context.Context, m system.Machine, v value) error // nil where it cannot be mended from here
}

// value is what a policy asks.
type value json.RawMessage

func (v value) number() (n int) {
	_ = json.Unmarshal(v, &n) // checked before any rule sees it
	return n
}

func (v value) names() (list []string) {
	_ = json.Unmarshal(v, &list) // as above
	return list
}

func (v value) files() (list []agentv1.File) {
	_ = json.Unmarshal(v, &list) // as above
	return list
}

// form is what the value of a setting must be.
type form int

const (
	aNumber form = iota
	aFlag
	aList
	files
	aWord
)

var forms = map[string]form{
	agentv1.PasswordMinLength: aNumber, agentv1.PasswordComplexGroups: aNumber, agentv1.PasswordExpiration: aNumber,
	agentv1.PasswordHistory: aNumber, agentv1.PasswordMaxFailures: aNumber, agentv1.LockInactivity: aNumber,
	agentv1.EncryptDevice: aFlag, agentv1.FirewallEnabled: aFlag, agentv1.UpdatesAutomatic: aFlag,
	agentv1.AdminsAllowed: aList, agentv1.ServicesRunning: aList, agentv1.ServicesStopped: aList, agentv1.FilesAbsent: aList,
	agentv1.FilesPresent: files, agentv1.LogLevel: aWord,
}

const (
	maxNumber = 100_000
	maxList   = 200
)

// read tells whether a value can be that of a setting. Whatever came is bounded before a rule sees it.
func (f form) read(raw json.RawMessage) error {
	switch f {
	case aNumber:
		var n int
		if err := json.Unmarshal(raw, &n); err != nil || n < 1 || n > maxNumber {
			return fmt.Errorf("the value must be a whole number from 1 to %d", maxNumber)
		}
	case aFlag:
		var on bool
		if err := json.Unmarshal(raw, &on); err != nil || !on {
			return fmt.Errorf("the value can be nothing but true")
		}
	case aList:
		var list []string
		if err := json.Unmarshal(raw, &list); err != nil || len(list) > maxList {
			return fmt.Errorf("the value must be a list of at most %d texts", maxList)
		}
		for _, s := range list {
			if s == "" || len(s) > 1024 || strings.ContainsAny(s, "\x00\r\n") || strings.HasPrefix(s, "-") {
				return fmt.Errorf("the list holds something that is no name")
			}
		}
	case files:
		var list []agentv1.File
		if err := json.Unmarshal(raw, &list); err != nil || len(list) > maxList {
			return fmt.Errorf("the value must be a list of at most %d files", maxList)
		}
	case aWord:
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return fmt.Errorf("the value must be a text")
		}
	}
	return nil
}

// Policy checks settings on a machine. Level is asked for the agent's own log level and told a new one.
type Policy struct {
	Machine system.Machine
	Level   interface {
		Level() string
		SetLevel(string) error
	}
}

// Check looks at every setting and mends what it may. One that fails stops none of the others.
func (p Policy) Check(ctx context.Context, settings []agentv1.PolicySetting, now time.Time) []agentv1.SettingState {
	rules := p.rules()
	states := make([]agentv1.SettingState, 0, len(settings))
	for _, s := range settings {
		state := p.one(ctx, rules[s.Setting], s)
		state.Setting, state.Asked, state.At = s.Setting, s.Value, now.Format(time.RFC3339)
		state.Found, state.Reason = short(state.Found), short(state.Reason)
		states = append(states, state)
	}
	return states
}

func (p Policy) one(ctx context.Context, r rule, s agentv1.PolicySetting) agentv1.SettingState {
	f, known := forms[s.Setting]
	if !known {
		return state(unsupported("This version of the agent does not know the setting."))
	}
	if err := f.read(s.Value); err != nil {
		return state(unsupported(err.Error()))
	}
	if r.check == nil {
		return state(unsupported("This system has no such setting, or the agent cannot read it."))
	}
	found := r.check(ctx, p.Machine, value(s.Value))
	if found.state != agentv1.StateViolated || !s.Repair {
		return state(found)
	}
	if r.mend == nil {
		return state(found)
	}
	err := r.mend(ctx, p.Machine, value(s.Value))
	again := r.check(ctx, p.Machine, value(s.Value)) // what is seen counts, not what the mending thinks of itself
	switch {
	case again.state == agentv1.StateMet:
		return agentv1.SettingState{State: agentv1.StateRepaired, Found: found.found}
	case err != nil:
		return agentv1.SettingState{State: agentv1.StateFailed, Found: found.found, Reason: err.Error()}
	}
	return agentv1.SettingState{State: again.state, Found: found.found, Reason: again.why}
}

func state(f finding) agentv1.SettingState {
	return agentv1.SettingState{State: f.state, Found: f.found, Reason: f.why}
}

// short keeps to what the protocol takes.
func short(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:500], "") + "…"
	}
	return s
}

func (p Policy) rules() map[string]rule {
	rules := map[string]rule{}
	switch p.Machine.Platform() {
	case system.Linux:
		rules = linuxRules()
	case system.Windows:
		rules = windowsRules()
	case system.MacOS:
		rules = macRules()
	}
	rules[agentv1.FilesPresent] = rule{filesPresent, writeFiles}
	rules[agentv1.FilesAbsent] = rule{filesAbsent, removeFiles}
	rules[agentv1.LogLevel] = rule{p.logLevel, p.setLogLevel}
	return rules
}

func (p Policy) logLevel(_ context.Context, _ system.Machine, v value) finding {
	now := p.Level.Level()
	return judge(now == v.word(), now, "The agent logs by another level.")
}

func (p Policy) setLogLevel(_ context.Context, _ system.Machine, v value) error {
	return p.Level.SetLevel(v.word())
}

func (v value) word() (s string) {
	_ = json.Unmarshal(v, &s) // checked before any rule sees it
	return s
}
