package portal

import (
	"context"
	"strconv"

	"drover/api/portalv1"
	"drover/internal/core/device"
	"drover/internal/core/journal"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

func (p *Portal) seeEmployer(ctx context.Context, in *byID) (*answer[portalv1.Employer], error) {
	_, d, err := p.own(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	e, err := p.Effective(ctx, d)
	if err != nil {
		return nil, err
	}
	effects, err := p.effects(ctx, d)
	if err != nil {
		return nil, err
	}
	rules, _, err := p.Journal.Rules(ctx, system)
	if err != nil {
		return nil, err
	}
	row := platform.Resolve(d.PlatformFacts())
	return reply(portalv1.Employer{
		Facts: factsOf(d), Collects: collected(e, row, rules), Effects: effects, Demands: demands(e, row),
	}, nil)
}

// phoneNumber is what the device has told among its facts, and is collected only where the policy asks for it.
const phoneNumber = "phone-number"

// factsOf are what the device has told of itself. The phone number is sealed: that it is kept is told, not what it is.
func factsOf(d device.Device) []portalv1.Fact {
	out := []portalv1.Fact{}
	for _, f := range []portalv1.Fact{
		{Key: "model", Value: d.Model},
		{Key: "system", Value: d.OS},
		{Key: "serial", Value: d.Serial},
		{Key: "imei", Value: d.IMEI},
		{Key: "operator", Value: d.Operator},
		{Key: "language", Value: d.Language},
		{Key: "mail-client", Value: d.UserAgent},
		{Key: "last-contact", Value: stamp(d.LastContact)},
	} {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	if d.HasPhone {
		out = append(out, portalv1.Fact{Key: phoneNumber})
	}
	return out
}

// collected tells of each kind of personal data whether the policy asks for it, and whether this device can tell it.
func collected(e *policy.Effective, row platform.Row, rules journal.Rules) []portalv1.Collected {
	out := []portalv1.Collected{}
	for _, k := range journal.Catalogue() {
		ask := journal.AskOf(e, k.Kind)
		out = append(out, portalv1.Collected{
			Kind: string(k.Kind), Asked: ask.Wanted, On: ask.Wanted && row.Setting(k.Setting).Keeps(),
			Days: int(rules.Keeps(k).Hours() / 24), Exact: ask.Exact, Bodies: ask.Bodies, Paths: append([]string{}, ask.Paths...),
			History: k.Kind == journal.Location && rules.LocationHistory,
		})
	}
	asked := e.Value(platform.AuditPhoneNumber).IsTrue()
	return append(out, portalv1.Collected{
		Kind: phoneNumber, Asked: asked, On: asked && row.Setting(platform.AuditPhoneNumber).Keeps(), Paths: []string{},
	})
}

// demanded tells whether the page names a setting among what the policy asks. It is silent on what is collected, which it shows
// apart, on what the gateway keeps by itself, and on what nobody who forces the user may learn of.
func demanded(d policy.Definition) bool {
	return !d.Key.Hidden() && d.Category != policy.CategoryAudit && !d.Gateway()
}

// demands are what the policy asks of the device, beside what it collects.
func demands(e *policy.Effective, row platform.Row) []portalv1.Demand {
	out := []portalv1.Demand{}
	set := e.Values()
	for _, d := range policy.Catalogue() {
		v, there := set[d.Key]
		if !there || !demanded(d) || v.Equal(d.Default) {
			continue
		}
		out = append(out, portalv1.Demand{
			Key: string(d.Key), Category: string(d.Category), Kind: string(d.Kind), Title: d.Title, Help: d.Help, Value: wordsOf(d, v),
			Unit: d.Unit, List: listOf(d, v), Kept: row.Setting(d.Key).Keeps(),
		})
	}
	return out
}

func wordsOf(d policy.Definition, v policy.Value) string {
	switch d.Kind {
	case policy.KindBool:
		if v.IsTrue() {
			return "yes"
		}
		return "no"
	case policy.KindNumber:
		if v.Int() == d.None {
			return noneOf(d)
		}
		return strconv.FormatInt(v.Int(), 10)
	case policy.KindChoice:
		for _, o := range d.Options {
			if o.Number == v.Int() {
				return o.Words
			}
		}
	case policy.KindText:
		return v.Line()
	case policy.KindList, policy.KindFiles:
	}
	return ""
}

// noneOf says that a number asks nothing, as where an administrator holds a device to that: a bound above, such as on the idle
// time, is then no limit; of what must be at least so much, such as a length, none is asked for.
func noneOf(d policy.Definition) string {
	if d.Stricter == policy.More {
		return "none"
	}
	return "no-limit"
}

// listOf are the texts of a list, and where files must be: what is in those is long, and not for a phone.
func listOf(d policy.Definition, v policy.Value) []string {
	out := []string{}
	switch d.Kind {
	case policy.KindList:
		out = append(out, v.Texts()...)
	case policy.KindFiles:
		for _, f := range v.Files() {
			out = append(out, f.Path)
		}
	case policy.KindBool, policy.KindNumber, policy.KindChoice, policy.KindText:
	}
	return out
}
