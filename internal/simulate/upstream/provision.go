package upstream

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"

	"drover/internal/base/wbxml"
)

const statusNeed = 449 // "provision first" up to 12.1 (MS-ASPROV section 3.1.5.1)

// roots are the elements that carry a status instead of an answer, in each command's own namespace.
var roots = map[string][2]wbxml.Tag{
	"FolderSync":      {wbxml.FolderHierarchyFolderSync, wbxml.FolderHierarchyStatus},
	"Sync":            {wbxml.AirSyncSync, wbxml.AirSyncStatus},
	"Ping":            {wbxml.PingPing, wbxml.PingStatus},
	"Settings":        {wbxml.SettingsSettings, wbxml.SettingsStatus},
	"SendMail":        {wbxml.ComposeMailSendMail, wbxml.ComposeMailStatus},
	"GetItemEstimate": {wbxml.GetItemEstimateGetItemEstimate, wbxml.GetItemEstimateStatus},
}

// provisioned tells whether the device may have its mail. A Ping need not carry its key: what is known of the device
// decides (MS-ASHTTP section 2.2.1.1.2.6).
func (s *Server) provisioned(c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, d := s.device(c.user, c.deviceID)
	if d == nil || !d.final || strings.EqualFold(c.user, s.o.Wipe) {
		return false
	}
	return d.key == c.key || (c.command == "Ping" && c.key == 0)
}

// demand asks for provisioning: HTTP 449 up to 12.1, status 142 or 144 from 14.0 on, 140 for a wipe.
func (s *Server) demand(w http.ResponseWriter, c *call) {
	root, known := roots[c.command]
	if !c.modern() || !known {
		w.WriteHeader(statusNeed)
		return
	}
	status := "142"
	switch {
	case strings.EqualFold(c.user, s.o.Wipe):
		status = "140"
	case c.key != 0:
		status = "144"
	}
	s.write(w, wbxml.Elem(root[0], wbxml.Leaf(root[1], status)))
}

// provision hands out a policy, takes its acknowledgement, or orders and takes note of a wipe (MS-ASPROV section 3.1.5).
func (s *Server) provision(w http.ResponseWriter, c *call, frame *wbxml.Node) {
	if !s.o.Provision {
		s.write(w, provisionAnswer(policyStatus(c, "2")))
		return
	}
	s.mu.Lock()
	_, d := s.device(c.user, c.deviceID)
	if d == nil {
		s.mu.Unlock()
		busy(w)
		return
	}
	answer := s.answer(c, d, frame)
	s.mu.Unlock()
	if frame.Child(wbxml.SettingsDeviceInformation) != nil {
		facts := wbxml.Elem(wbxml.SettingsDeviceInformation, wbxml.Leaf(wbxml.SettingsStatus, "1"))
		answer.Children = append([]*wbxml.Node{facts}, answer.Children...)
	}
	s.write(w, answer)
}

// answer decides about one Provision; the caller holds the lock.
func (s *Server) answer(c *call, d *device, frame *wbxml.Node) *wbxml.Node {
	wipe := strings.EqualFold(c.user, s.o.Wipe)
	if wipe {
		if frame.Child(wbxml.ProvisionRemoteWipe).Child(wbxml.ProvisionStatus).Value() == "1" {
			d.wiped = true
		}
		return provisionAnswer(wbxml.Elem(wbxml.ProvisionRemoteWipe))
	}
	asked := frame.Child(wbxml.ProvisionPolicies).Child(wbxml.ProvisionPolicy)
	if kind := asked.Child(wbxml.ProvisionPolicyType).Value(); kind != policyType(c.version) {
		return provisionAnswer(policyStatus(c, "3"))
	}
	acknowledged := asked.Child(wbxml.ProvisionPolicyKey).Value()
	if acknowledged == "" {
		d.key, d.final = newKey(), false
		return provisionAnswer(policy(c, d.key, document(c)))
	}
	if acknowledged != strconv.FormatUint(uint64(d.key), 10) {
		return provisionAnswer(policyStatus(c, "5"))
	}
	d.key, d.final = newKey(), true
	return provisionAnswer(policy(c, d.key, nil))
}

// newKey returns a policy key, never 0, which means "none".
func newKey() uint32 { return rand.Uint32N(1<<32-1) + 1 }

func policyType(version string) string {
	if version == "2.5" {
		return "MS-WAP-Provisioning-XML"
	}
	return "MS-EAS-Provisioning-WBXML"
}

func provisionAnswer(child *wbxml.Node) *wbxml.Node {
	if child.Tag == wbxml.ProvisionPolicy {
		child = wbxml.Elem(wbxml.ProvisionPolicies, child)
	}
	return wbxml.Elem(wbxml.ProvisionProvision, wbxml.Leaf(wbxml.ProvisionStatus, "1"), child)
}

func policyStatus(c *call, status string) *wbxml.Node {
	return wbxml.Elem(wbxml.ProvisionPolicy,
		wbxml.Leaf(wbxml.ProvisionPolicyType, policyType(c.version)), wbxml.Leaf(wbxml.ProvisionStatus, status))
}

func policy(c *call, key uint32, document *wbxml.Node) *wbxml.Node {
	p := policyStatus(c, "1")
	p.Children = append(p.Children, wbxml.Leaf(wbxml.ProvisionPolicyKey, strconv.FormatUint(uint64(key), 10)))
	if document != nil {
		p.Children = append(p.Children, wbxml.Elem(wbxml.ProvisionData, document))
	}
	return p
}

// document is the server's own policy: a password of at least six characters, a lock after fifteen minutes.
func document(c *call) *wbxml.Node {
	if c.version == "2.5" {
		return nil // what 2.5 asks for in XML is not simulated: the device takes an empty policy
	}
	return wbxml.Elem(wbxml.ProvisionEASProvisionDoc,
		wbxml.Leaf(wbxml.ProvisionDevicePasswordEnabled, "1"),
		wbxml.Leaf(wbxml.ProvisionMinDevicePasswordLength, "6"),
		wbxml.Leaf(wbxml.ProvisionMaxInactivityTimeDeviceLock, "900"),
		wbxml.Leaf(wbxml.ProvisionAllowSimpleDevicePassword, "0"))
}
