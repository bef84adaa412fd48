package companion

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"drover/api/companionv1"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

// Renderer turns an effective policy into what a companion application is sent.
type Renderer struct{}

// Channel is the companion's.
func (Renderer) Channel() platform.Channel { return platform.Companion }

// Render returns the policy as JSON and what it says. Every setting that the protocol has a word for is sent, with its
// default where nobody sets it, since devices keep what an earlier policy set.
func (Renderer) Render(e *policy.Effective, _ platform.Version) (body []byte, sent []policy.Sent, err error) {
	p, err := render(e)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range policy.Catalogue() {
		if one, ok := p.Settings[string(d.Key)]; ok {
			sent = append(sent, policy.Sent{Setting: d.Key, Element: string(d.Key), Text: string(one.Value)})
		}
	}
	body, err = json.Marshal(p)
	return body, sent, err
}

func render(e *policy.Effective) (companionv1.Policy, error) {
	p := companionv1.Policy{Settings: map[string]companionv1.Setting{}}
	if e.Empty() {
		return p, nil
	}
	p.Revision = revision(e)
	for _, d := range policy.Catalogue() {
		if !d.Key.CarriedBy(platform.Companion) || d.Key.Unsent() {
			continue
		}
		v := e.Value(d.Key)
		text, err := json.Marshal(v.Unlock())
		if err != nil {
			return p, err
		}
		p.Settings[string(d.Key)] = companionv1.Setting{Value: text, Locked: v.Locked()}
	}
	return p, nil
}

// revision names what a companion application is to be told of a policy, "" where there is none.
func revision(e *policy.Effective) string {
	if e.Empty() {
		return ""
	}
	return e.RevisionOver(platform.Companion, platform.Version{})
}

// times returns when a device comes for news, nil where nobody has said so.
func (s *Service) times(ctx context.Context, d device.Device) (*policy.Times, error) {
	list, err := s.Schedules(ctx, d)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0].Times, nil
}

// noTimes is the revision where there is no schedule.
const noTimes = "none"

// timesRevision names what a schedule says.
func timesRevision(t *policy.Times) string {
	if t == nil {
		return noTimes
	}
	text, err := json.Marshal(t)
	if err != nil {
		return noTimes // numbers and texts always marshal
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

func renderTimes(t *policy.Times) *companionv1.Schedule {
	if t == nil {
		return nil
	}
	out := &companionv1.Schedule{
		Revision: timesRevision(t), Zone: t.Zone, Windows: []companionv1.Window{}, Peak: fetch(t.Peak), OffPeak: fetch(t.OffPeak),
	}
	for _, w := range t.Windows {
		days := make([]int, len(w.Days))
		for i, d := range w.Days {
			days[i] = int(d)
		}
		out.Windows = append(out.Windows, companionv1.Window{Days: days, From: w.From, To: w.To})
	}
	return out
}

func fetch(f policy.Fetch) companionv1.Fetch {
	return companionv1.Fetch{Manner: string(f.Manner), Minutes: f.Minutes}
}

// contact is how a device comes for news now.
func contact(t *policy.Times, device string, now time.Time) companionv1.Contact {
	if t == nil {
		return companionv1.Contact{Fetch: companionv1.Fetch{Manner: string(policy.Push)}}
	}
	p := t.Pace(device, now)
	c := companionv1.Contact{Fetch: fetch(p.Fetch)}
	if !p.Until.IsZero() {
		c.Until = stamp(p.Until)
	}
	return c
}
