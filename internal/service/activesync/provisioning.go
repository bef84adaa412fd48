package activesync

import (
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"time"

	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/base/wbxml"
)

// ackAgain is how long an acknowledgement may be repeated with the temporary key: its answer may have been lost.
const ackAgain = 10 * time.Minute

// provision ends a Provision (MS-ASPROV section 3.2.5.1): first the policy with a temporary key, then, once the device
// has acknowledged, the final key.
func (v *visit) provision(s *Standing) (answer, error) {
	request, a, err := v.readProvision(s)
	if err != nil || a.status != 0 {
		return a, err
	}
	told := provisionAnswer{Status: int(statusOK), Information: request.Information != nil}
	if request.Wipe != 0 || request.AccountWipe != 0 {
		return frame(told.node()), nil // an order that is no longer known: there is nothing to acknowledge
	}
	if !request.Policy {
		return frame(provisionAnswer{Status: provisionProtocolError}.node()), nil
	}
	kind := policyType(v.version)
	switch {
	case request.PolicyType == "":
		told.Status = provisionProtocolError
		return frame(told.node()), nil
	case request.PolicyType != kind:
		told.Policy = &policyAnswer{Type: request.PolicyType, Status: policyWrong}
		return frame(told.node()), nil
	case request.acknowledges():
		return v.acknowledge(s, request, told)
	}
	return v.offer(s, told)
}

// readProvision reads the request and keeps what the device tells of itself.
func (v *visit) readProvision(s *Standing) (provisionRequest, answer, error) {
	body, err := v.readBody()
	if err != nil {
		return provisionRequest{}, answer{}, err
	}
	request, err := parseProvision(body)
	if err != nil {
		return provisionRequest{}, frame(provisionAnswer{Status: provisionProtocolError}.node()), nil
	}
	return request, answer{}, v.keepInformation(s, request.Information)
}

// provisionNothing answers a Provision of a device that is in quarantine: there is no policy for it yet.
func (v *visit) provisionNothing(s *Standing) (answer, error) {
	request, a, err := v.readProvision(s)
	if err != nil || a.status != 0 {
		return a, err
	}
	told := provisionAnswer{Status: int(statusOK), Information: request.Information != nil}
	if request.Policy {
		told.Policy = &policyAnswer{Type: policyType(v.version), Status: policyNone}
	}
	return frame(told.node()), nil
}

// offer sends the policy, or says that there is none.
func (v *visit) offer(s *Standing, told provisionAnswer) (answer, error) {
	now := v.g.clock.Now()
	if looping, first := v.g.standings.looping(v.place, now); looping {
		if first {
			v.g.log.LogAttrs(v.r.Context(), slog.LevelWarn, "a device provisions over and over: it does not believe that it obeys",
				slog.String(logfield.Device, s.Device), slog.String(logfield.Version, v.version.String()))
		}
		return answer{}, problem.New(problem.Throttled, "activesync.loop", "The device provisions too often.").WithRetry(loopWindow)
	}
	v.g.standings.answered(v.place)
	if s.Upstream != nil {
		if a, err := v.fetchUpstream(s); err != nil || a.status != 0 {
			return a, err
		}
		var err error
		if s, err = v.load(); err != nil {
			return answer{}, err
		}
	}
	kind, revision := policyType(v.version), s.policyRevision(v.version)
	if revision == "" {
		told.Policy = &policyAnswer{Type: kind, Status: policyNone}
		return frame(told.node()), nil
	}
	if v.version >= V141 && !told.Information && !s.Policy.AllowsNonProvisionable() {
		told.Status = int(statusInformationRequired) // the device must say what it is before it is sent anything
		return frame(told.node()), nil
	}
	k := s.Keys
	k.Temporary, k.TemporaryBinding = newKey(), Binding{revision, v.version}
	if err := v.keepKeys(s, k); err != nil {
		return answer{}, err
	}
	told.Policy = &policyAnswer{Type: kind, Status: int(statusOK), Key: k.Temporary, Document: render(s.Policy, v.version)}
	return frame(told.node()), nil
}

// acknowledge takes the device's word on the policy and gives the final key.
func (v *visit) acknowledge(s *Standing, request provisionRequest, told provisionAnswer) (answer, error) {
	k, now := s.Keys, v.g.clock.Now()
	told.Policy = &policyAnswer{Type: request.PolicyType, Status: policyWrongKey}
	if request.PolicyKey == 0 || request.PolicyKey != k.Temporary || k.TemporaryBinding.Version != v.version {
		return frame(told.node()), nil
	}
	if status := refusedBy(request.Status); status != 0 && !s.Policy.AllowsNonProvisionable() {
		k.ClientStatus = request.Status
		k.Temporary = 0
		if err := v.keepKeys(s, k); err != nil {
			return answer{}, err
		}
		return v.tell(status), nil
	}
	told.Policy.Status = int(statusOK)
	if k.Final != 0 && k.FinalBinding == k.TemporaryBinding && now.Sub(k.At) < ackAgain && k.Acknowledged == k.Temporary {
		told.Policy.Key = k.Final // the same acknowledgement again
		return frame(told.node()), nil
	}
	if s.Upstream != nil {
		if a, err := v.acknowledgeUpstream(s, request.Status); err != nil || a.status != 0 {
			return a, err
		}
	}
	k.Final, k.FinalBinding, k.Acknowledged = newKey(), k.TemporaryBinding, k.Temporary
	k.At, k.ClientStatus = now, request.Status
	if err := v.keepKeys(s, k); err != nil {
		return answer{}, err
	}
	told.Policy.Key = k.Final
	return frame(told.node()), nil
}

// refusedBy is the answer to a device that does not apply the whole policy, where it must (MS-ASPROV section 3.2.5.1.2).
func refusedBy(clientStatus int) Status {
	switch clientStatus {
	case clientApplied:
		return 0
	case clientExternally:
		return statusExternallyManaged
	}
	return statusNotProvisionable
}

// keepKeys writes the keys before the device hears of them.
func (v *visit) keepKeys(s *Standing, k Keys) error {
	if err := v.g.core.KeepKeys(v.r.Context(), s.Device, k); err != nil {
		return err
	}
	_, err := v.load()
	return err
}

// keepInformation writes what the device tells of itself; nil tells nothing.
func (v *visit) keepInformation(s *Standing, i *Information) error {
	if i == nil {
		return nil
	}
	if err := v.g.core.KeepInformation(v.r.Context(), s.Device, *i); err != nil {
		return err
	}
	v.g.standings.forget(v.place) // the platform, and with it the policy or the access, may be another now
	return nil
}

// parseSettings finds what a device tells of itself in a Settings; nil when it is nothing, or cannot be read.
func parseSettings(body []byte) *Information {
	root, err := wbxml.Parse(body)
	if err != nil || root.Tag != wbxml.SettingsSettings {
		return nil
	}
	return parseInformation(root.Child(wbxml.SettingsDeviceInformation))
}

// newKey returns a random policy key. It is never 0, which means that there is none, and it cannot be guessed: with a
// wipe pending it is what tells the device from others.
func newKey() uint32 {
	var b [4]byte
	for {
		_, _ = rand.Read(b[:]) // never fails (crypto/rand)
		if key := binary.LittleEndian.Uint32(b[:]); key != 0 {
			return key
		}
	}
}
