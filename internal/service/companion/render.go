package companion

import (
	"encoding/json"

	"drover/api/companionv1"
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
		// The address stays here: who holds the device must not learn who is told. The server sends the mail.
		if !d.Key.CarriedBy(platform.Companion) || d.Key == platform.LockDuressAddress {
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
