package activesync

import (
	"fmt"
	"net/http"
	"strconv"

	"drover/internal/base/wbxml"
	"drover/internal/core/policy"
)

// A mail server may have a policy of its own. Drover fetches it with the device's credentials, the device is sent the
// stricter of both, and when it has acknowledged that, Drover acknowledges to the mail server. The mail server's key
// then goes with everything that is passed on, in place of Drover's.

// upstreamAsks answers when the mail server wants the device to provision.
func (v *visit) upstreamAsks(s *Standing) (answer, error) {
	a, err := v.fetchUpstream(s)
	if err != nil || a.status != 0 {
		return a, err
	}
	if s, err = v.load(); err != nil {
		return answer{}, err
	}
	if due := v.policyDue(s); due != 0 {
		return v.tell(due), nil
	}
	// The device obeys already: only the mail server's key was missing or old.
	if a, err := v.acknowledgeUpstream(s, clientApplied); err != nil || a.status != 0 {
		return a, err
	}
	if v.repeated || !v.whole {
		return answer{status: http.StatusServiceUnavailable, retry: 1}, nil
	}
	v.repeated = true
	if s, err = v.load(); err != nil {
		return answer{}, err
	}
	return v.passOn(s)
}

// fetchUpstream reads the mail server's policy and keeps it. An answer is returned when nothing can go on.
func (v *visit) fetchUpstream(s *Standing) (answer, error) {
	offered, a, err := v.upstreamOffer(s)
	if err != nil || a.status != 0 {
		return a, err
	}
	kept := UpstreamPolicy{Values: offered.values}
	if s.Upstream != nil {
		kept.Key = s.Upstream.Key
	}
	return answer{}, v.g.core.KeepUpstream(v.r.Context(), s.Device, v.upstream.ID, kept)
}

// acknowledgeUpstream fetches the policy once more, since its temporary key may have aged, and acknowledges it. A policy
// that has changed in between goes to the device first.
func (v *visit) acknowledgeUpstream(s *Standing, clientStatus int) (answer, error) {
	offered, a, err := v.upstreamOffer(s)
	if err != nil || a.status != 0 {
		return a, err
	}
	kept := UpstreamPolicy{Values: offered.values}
	if s.Upstream == nil || !s.Upstream.Values.Equal(offered.values) {
		if err := v.g.core.KeepUpstream(v.r.Context(), s.Device, v.upstream.ID, kept); err != nil {
			return answer{}, err
		}
		v.g.standings.forget(v.place)
		return v.tell(statusRefresh), nil
	}
	if offered.key != 0 {
		if kept.Key, err = v.upstreamFinal(offered.key, clientStatus); err != nil {
			return answer{}, err
		}
	}
	if err := v.g.core.KeepUpstream(v.r.Context(), s.Device, v.upstream.ID, kept); err != nil {
		return answer{}, err
	}
	_, err = v.load()
	return answer{}, err
}

// offer is what a mail server answers to the first request of a provisioning. The key is 0 where it has no policy.
type offer struct {
	key    uint32
	values policy.Values
}

func (v *visit) upstreamOffer(s *Standing) (offer, answer, error) {
	request := wbxml.Elem(wbxml.ProvisionProvision)
	if v.version >= V141 {
		request.Children = append(request.Children, wbxml.Elem(wbxml.SettingsDeviceInformation,
			wbxml.Elem(wbxml.SettingsSet, wbxml.Leaf(wbxml.SettingsModel, orDefault(cleanFact(v.query.DeviceType), "unknown")))))
	}
	request.Children = append(request.Children, wbxml.Elem(wbxml.ProvisionPolicies,
		wbxml.Elem(wbxml.ProvisionPolicy, wbxml.Leaf(wbxml.ProvisionPolicyType, policyType(v.version)))))
	root, err := v.askProvision(request, 0)
	if err != nil {
		return offer{}, answer{}, err
	}
	if order := wipeAsked(root); order != NoOrder {
		a, err := v.upstreamWipes(s, order)
		return offer{}, a, err
	}
	if status := root.Child(wbxml.ProvisionStatus).Value(); status != "1" {
		return offer{}, answer{}, unavailable(fmt.Errorf("it answers a Provision with status %.10q", status))
	}
	p := root.Child(wbxml.ProvisionPolicies).Child(wbxml.ProvisionPolicy)
	switch status := p.Child(wbxml.ProvisionStatus).Value(); status {
	case "1":
	case strconv.Itoa(policyNone):
		return offer{values: policy.Values{}}, answer{}, nil
	default:
		return offer{}, answer{}, unavailable(fmt.Errorf("it answers with a policy of status %.10q", status))
	}
	key, err := policyKey(p.Child(wbxml.ProvisionPolicyKey).Value())
	if err != nil {
		return offer{}, answer{}, unavailable(err)
	}
	return offer{key: key, values: readDocument(p.Child(wbxml.ProvisionData))}, answer{}, nil
}

func wipeAsked(root *wbxml.Node) Order {
	switch {
	case root.Child(wbxml.ProvisionRemoteWipe) != nil:
		return FullWipe
	case root.Child(wbxml.ProvisionAccountOnlyRemoteWipe) != nil:
		return AccountWipe
	}
	return NoOrder
}

// upstreamFinal acknowledges and returns the final key.
func (v *visit) upstreamFinal(temporary uint32, clientStatus int) (uint32, error) {
	root, err := v.askProvision(wbxml.Elem(wbxml.ProvisionProvision, wbxml.Elem(wbxml.ProvisionPolicies,
		wbxml.Elem(wbxml.ProvisionPolicy, wbxml.Leaf(wbxml.ProvisionPolicyType, policyType(v.version)),
			wbxml.Int(wbxml.ProvisionPolicyKey, temporary), wbxml.Int(wbxml.ProvisionStatus, clientStatus)))), temporary)
	if err != nil {
		return 0, err
	}
	p := root.Child(wbxml.ProvisionPolicies).Child(wbxml.ProvisionPolicy)
	key, err := policyKey(p.Child(wbxml.ProvisionPolicyKey).Value())
	if err != nil || key == 0 || p.Child(wbxml.ProvisionStatus).Value() != "1" {
		return 0, unavailable(err)
	}
	return key, nil
}

func (v *visit) askProvision(request *wbxml.Node, key uint32) (*wbxml.Node, error) {
	status, body, err := v.ask(Provision, request, key)
	if err != nil {
		return nil, unavailable(err)
	}
	if status != http.StatusOK {
		return nil, unavailable(nil)
	}
	root, err := wbxml.Parse(body)
	if err != nil || root.Tag != wbxml.ProvisionProvision {
		return nil, unavailable(err)
	}
	return root, nil
}
