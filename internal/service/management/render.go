package management

import (
	"encoding/json"
	"slices"
	"strings"

	"drover/api/agentv1"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

// Renderer turns an effective policy into what agents are told.
type Renderer struct{}

// Channel is the agent's.
func (Renderer) Channel() platform.Channel { return platform.Agent }

// Render returns the policies as JSON, and what they and the settings say of the policy. What asks for nothing is left out:
// an agent keeps no setting that it is not told.
func (Renderer) Render(e *policy.Effective, _ platform.Version) (body []byte, sent []policy.Sent, err error) {
	p, err := policies(e, "")
	if err != nil {
		return nil, nil, err
	}
	said := map[platform.Setting]string{}
	for _, x := range p.Settings {
		said[platform.Setting(x.Setting)] = string(x.Value)
	}
	for _, d := range policy.Catalogue() {
		text, ok := said[d.Key]
		if !ok && d.OfAgent() {
			text, ok = e.Value(d.Key).String(), true
		}
		if ok {
			sent = append(sent, policy.Sent{Setting: d.Key, Element: string(d.Key), Text: text})
		}
	}
	body, err = json.Marshal(p)
	return body, sent, err
}

// policies are what a computer of the platform must obey; "" for any.
func policies(e *policy.Effective, on platform.ID) (agentv1.Policies, error) {
	p := agentv1.Policies{Revision: e.RevisionOver(platform.Agent, platform.Version{}), Settings: []agentv1.PolicySetting{}}
	repair := e.Value(platform.AgentRepair).IsTrue()
	asked := e.InForce()
	for _, d := range policy.Catalogue() {
		v, ok := asked[d.Key]
		if !ok || !d.Key.CarriedBy(platform.Agent) || d.OfAgent() && d.Key != platform.AgentLogLevel {
			continue
		}
		value := value(d, v, on)
		if value == nil {
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return p, err
		}
		p.Settings = append(p.Settings, agentv1.PolicySetting{Setting: string(d.Key), Value: raw, Repair: repair})
	}
	return p, nil
}

// value is a value as agents read it; nil where it asks for nothing.
func value(d policy.Definition, v policy.Value, on platform.ID) any {
	switch d.Kind {
	case policy.KindBool:
		if v.IsTrue() {
			return true
		}
	case policy.KindNumber:
		if v.Int() == d.None {
			return nil
		}
		if d.Key == platform.LockInactivity { // seconds; rounded down, so that it is never laxer
			return max(v.Int()/60, 1)
		}
		return v.Int()
	case policy.KindChoice:
		return logLevel(v)
	case policy.KindList:
		if list := fit(v.Texts(), on, func(s string) string { return s }); len(list) > 0 {
			return list
		}
	case policy.KindFiles:
		if list := fit(v.Files(), on, func(f policy.File) string { return f.Path }); len(list) > 0 {
			return list
		}
	}
	return nil
}

// fit leaves out the paths that are none on the platform; what is no path fits everywhere.
func fit[T any](list []T, on platform.ID, text func(T) string) []T {
	return slices.DeleteFunc(list, func(x T) bool {
		s := text(x)
		drive := len(s) > 2 && s[1] == ':' && s[2] == '\\'
		switch on {
		case "":
			return false
		case platform.WindowsAgent:
			return strings.HasPrefix(s, "/")
		}
		return drive
	})
}

var logLevels = []string{"error", "warn", "info", "debug"}

func logLevel(v policy.Value) string {
	return logLevels[min(max(int(v.Int()), 0), len(logLevels)-1)]
}

const (
	// usualRefresh is how often an agent asks that is not told otherwise, in minutes.
	usualRefresh = 60
	maxJitter    = 15
	// usualInventory is how often the inventory is taken, in hours.
	usualInventory     = 24
	maxInventoryJitter = 120
)

// settings are how the agent of a computer works, but for what the zone says of itself.
func settings(e *policy.Effective, d device.Device) agentv1.Settings {
	refresh := int(e.Value(platform.AgentRefresh).Int())
	if refresh == 0 {
		refresh = usualRefresh
	}
	out := agentv1.Settings{
		Name: d.Name, Contact: e.Value(platform.AgentContact).Line(), Hold: true, LogLevel: logLevel(e.Value(platform.AgentLogLevel)),
		Refresh:   agentv1.Interval{Minutes: refresh, Jitter: min(refresh/4, maxJitter)},
		Inventory: inventories(e, d), Uninstall: agentv1.Uninstall{Free: e.Value(platform.AgentRemovable).IsTrue()},
	}
	for _, w := range []struct {
		setting platform.Setting
		event   string
	}{
		{platform.WatchLogins, agentv1.EventLogin},
		{platform.WatchElevations, agentv1.EventElevation},
		{platform.WatchUSB, agentv1.EventUSB},
	} {
		if e.Value(w.setting).IsTrue() {
			out.Events = append(out.Events, w.event)
		}
	}
	return out
}

// inventories are what is collected: of people only what is asked for, and of a computer that belongs to its user nothing of
// what is installed on it.
func inventories(e *policy.Effective, d device.Device) agentv1.Inventories {
	hours := int(e.Value(platform.InventoryHours).Int())
	if hours == 0 {
		hours = usualInventory
	}
	out := agentv1.Inventories{Every: agentv1.Interval{Minutes: 60 * hours, Jitter: min(15*hours, maxInventoryJitter)}, Sections: []string{}}
	if !e.Value(platform.AgentInventory).IsTrue() {
		return out
	}
	for _, section := range agentv1.Sections() {
		switch {
		case section == agentv1.SectionUsers && !e.Value(platform.InventoryUsers).IsTrue():
		case section == agentv1.SectionPackages && d.Liability == device.Personal:
		default:
			out.Sections = append(out.Sections, section)
		}
	}
	return out
}
