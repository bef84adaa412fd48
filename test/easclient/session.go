package easclient

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// DeviceInfo is what a device tells of itself (MS-ASCMD section 2.2.3.45); empty fields are not sent.
type DeviceInfo struct {
	Model, IMEI, FriendlyName, OS, OSLanguage, PhoneNumber string
	UserAgent, MobileOperator                              string // 14.0 and later
}

// Session is a device with its memory: keys, folders and synchronisation keys.
type Session struct {
	*Client
	Info    DeviceInfo
	TempKey string // of the last first phase of provisioning, good for its acknowledgement alone
	Folders []Folder

	folderKey string
	syncKeys  map[string]string
}

// NewSession makes a device without memory.
func NewSession(c *Client) *Session {
	return &Session{
		Client:    c,
		Info:      DeviceInfo{Model: "Judge 1", FriendlyName: "judge", OS: "Test 1.0", OSLanguage: "en"},
		folderKey: "0",
		syncKeys:  map[string]string{},
	}
}

// call sends a document as a command with the session's policy key.
func (s *Session) call(ctx context.Context, command string, body *Node) (*Reply, error) {
	return s.callKey(ctx, command, body, s.PolicyKey)
}

func (s *Session) callKey(ctx context.Context, command string, body *Node, key string) (*Reply, error) {
	frame, err := Encode(body)
	if err != nil {
		return nil, err
	}
	return s.Send(ctx, Request{Command: command, Body: frame, Key: key})
}

func (s *Session) deviceInformation() *Node {
	set := el("Settings:Set")
	put := func(name, value string) {
		if value != "" {
			set.add(txt("Settings:"+name, value))
		}
	}
	put("Model", s.Info.Model)
	put("IMEI", s.Info.IMEI)
	put("FriendlyName", s.Info.FriendlyName)
	put("OS", s.Info.OS)
	put("OSLanguage", s.Info.OSLanguage)
	put("PhoneNumber", s.Info.PhoneNumber)
	if s.Version.AtLeast(V140) {
		put("UserAgent", s.Info.UserAgent)
		put("MobileOperator", s.Info.MobileOperator)
	}
	return el("Settings:DeviceInformation", set)
}

// PolicyType is the form of policies of a version (MS-ASPROV section 2.2.2.43).
func PolicyType(v Version) string {
	if v == V25 {
		return "MS-WAP-Provisioning-XML"
	}
	return "MS-EAS-Provisioning-WBXML"
}

// ProvisionAsk is the first phase: it asks for the policy. key is the policy key of the request line or header: ""
// or "0" for a device that has none, the last final key for one that was told to provision anew. From 14.1 on the
// request carries the device information. A key in the answer becomes TempKey.
func (s *Session) ProvisionAsk(ctx context.Context, key string) (*Reply, error) {
	body := el("Provision:Provision")
	if s.Version.AtLeast(V141) {
		body.add(s.deviceInformation())
	}
	body.add(el("Provision:Policies", el("Provision:Policy", txt("Provision:PolicyType", PolicyType(s.Version)))))
	reply, err := s.callKey(ctx, "Provision", body, key)
	if err == nil {
		s.TempKey = reply.Tree.Get("Policies/Policy/PolicyKey")
	}
	return reply, err
}

// ProvisionAck is the second phase: it acknowledges the policy of a temporary key with a client status (1 applied,
// 2 partly, 3 not, 4 externally managed). A key in the answer becomes PolicyKey.
func (s *Session) ProvisionAck(ctx context.Context, key, status string) (*Reply, error) {
	body := el("Provision:Provision", el("Provision:Policies", el("Provision:Policy",
		txt("Provision:PolicyType", PolicyType(s.Version)),
		txt("Provision:PolicyKey", key),
		txt("Provision:Status", status))))
	reply, err := s.callKey(ctx, "Provision", body, key)
	if err != nil {
		return reply, err
	}
	if final := reply.Tree.Get("Policies/Policy/PolicyKey"); final != "" {
		s.PolicyKey = final
	}
	return reply, nil
}

// Provision does both phases and holds the server to MS-ASPROV section 3.1.5: it returns an error for every answer
// that is not exactly as told there. A wipe in place of a policy is an error too.
func (s *Session) Provision(ctx context.Context) (*Reply, error) {
	ask, err := s.ProvisionAsk(ctx, "0")
	if err != nil {
		return ask, err
	}
	if err := s.checkAsk(ask); err != nil {
		return ask, fmt.Errorf("Provision, first phase: %w", err)
	}
	temp := s.TempKey
	ack, err := s.ProvisionAck(ctx, temp, "1")
	if err != nil {
		return ack, err
	}
	if err := checkAck(ack, temp); err != nil {
		return ack, fmt.Errorf("Provision, acknowledgement: %w", err)
	}
	return ack, nil
}

func (s *Session) checkAsk(r *Reply) error {
	const policy = "Provision:Policies/Provision:Policy"
	if err := provisionAnswer(r); err != nil {
		return err
	}
	switch {
	case r.Tree.Has("RemoteWipe") || r.Tree.Has("AccountOnlyRemoteWipe"):
		return fmt.Errorf("a wipe instead of a policy: %s", r.Tree)
	case r.Tree.Get(policy+"/Provision:PolicyType") != PolicyType(s.Version):
		return fmt.Errorf("policy type %q", r.Tree.Get(policy+"/PolicyType"))
	case s.Version == V25 && r.Tree.Get(policy+"/Provision:Data") == "":
		return fmt.Errorf("no XML in Data")
	case s.Version != V25 && !r.Tree.Has(policy+"/Provision:Data/Provision:EASProvisionDoc"):
		return fmt.Errorf("no EASProvisionDoc in Data")
	case s.Version.AtLeast(V141) && r.Tree.Get("Settings:DeviceInformation/Settings:Status") != "1":
		return fmt.Errorf("the device information is not confirmed")
	}
	return validKey(s.TempKey)
}

func checkAck(r *Reply, temp string) error {
	const policy = "Provision:Policies/Provision:Policy"
	if err := provisionAnswer(r); err != nil {
		return err
	}
	final := r.Tree.Get(policy + "/Provision:PolicyKey")
	if final == temp {
		return fmt.Errorf("the final key is the temporary one")
	}
	if r.Tree.Has(policy + "/Provision:Data") {
		return fmt.Errorf("the policy is sent a second time")
	}
	return validKey(final)
}

// provisionAnswer checks what both phases share: 200, the standard header, Status 1 twice.
func provisionAnswer(r *Reply) error {
	switch {
	case r.HTTP != http.StatusOK:
		return fmt.Errorf("HTTP %d", r.HTTP)
	case r.Tree == nil || !r.Tree.is("Provision:Provision"):
		return fmt.Errorf("no Provision element in the answer")
	case !HasStandardHeader(r.Body):
		return fmt.Errorf("the frame does not begin with 03 01 6A 00")
	case r.Status() != "1":
		return fmt.Errorf("Status %q", r.Status())
	case !r.Tree.Has("RemoteWipe") && r.Tree.Get("Policies/Policy/Status") != "1":
		return fmt.Errorf("policy Status %q", r.Tree.Get("Policies/Policy/Status"))
	}
	return nil
}

// validKey holds a key to MS-ASPROV section 2.2.2.42 and to the rule that 0 means none.
func validKey(key string) error {
	n, err := strconv.ParseUint(key, 10, 32)
	if err != nil || n == 0 {
		return fmt.Errorf("policy key %q is no 32-bit number over 0", key)
	}
	return nil
}

// WipeAck acknowledges a full wipe with a client status (1 done, 2 failed), or an account-only wipe (16.1).
func (s *Session) WipeAck(ctx context.Context, status string, accountOnly bool) (*Reply, error) {
	name := "Provision:RemoteWipe"
	if accountOnly {
		name = "Provision:AccountOnlyRemoteWipe"
	}
	return s.call(ctx, "Provision", el("Provision:Provision", el(name, txt("Provision:Status", status))))
}

// Demand reads how an answer asks for provisioning: "449" for the HTTP status of versions up to 12.1, "140" to "145"
// for a Status of later versions, "" when it does not ask. The Status must be the root's only child, and the root
// the command's own (MS-ASCMD section 2.2.2).
func (r *Reply) Demand(command string) string {
	if r.HTTP == 449 {
		return "449"
	}
	if r.HTTP != http.StatusOK || r.Tree == nil || r.Tree.Name != command || len(r.Tree.Children) != 1 {
		return ""
	}
	status := r.Tree.Children[0]
	if !status.is(r.Tree.Space+":Status") || status.Text < "140" || status.Text > "145" {
		return ""
	}
	return status.Text
}

// SettingsDevice sends the device information (12.0 and later).
func (s *Session) SettingsDevice(ctx context.Context) (*Reply, error) {
	return s.call(ctx, "Settings", el("Settings:Settings", s.deviceInformation()))
}

// SettingsUser asks for the user's addresses (12.0 and later).
func (s *Session) SettingsUser(ctx context.Context) (*Reply, error) {
	return s.call(ctx, "Settings", el("Settings:Settings", el("Settings:UserInformation", el("Settings:Get"))))
}

// Search looks in the address book.
func (s *Session) Search(ctx context.Context, text string) (*Reply, error) {
	return s.call(ctx, "Search", el("Search:Search", el("Search:Store",
		txt("Search:Name", "GAL"), txt("Search:Query", text),
		el("Search:Options", txt("Search:Range", "0-9")))))
}
