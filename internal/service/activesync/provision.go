package activesync

import (
	"encoding/xml"
	"errors"
	"strconv"
	"strings"
	"unicode"

	"drover/internal/base/wbxml"
)

// The policy types (MS-ASPROV section 2.2.2.43): XML in a string at 2.5, WBXML from 12.0 on.
const (
	typeXML   = "MS-WAP-Provisioning-XML"
	typeWBXML = "MS-EAS-Provisioning-WBXML"
)

func policyType(v Version) string {
	if v == V25 {
		return typeXML
	}
	return typeWBXML
}

// The statuses within a Provision (MS-ASPROV sections 2.2.2.54.1 and .2). A client acknowledges with the same numbers in
// another meaning; 2 is that it applies the policy in part, at least the password rules, and 3 that it does not.
const (
	provisionProtocolError = 2

	policyNone     = 2
	policyWrong    = 3 // a policy type that is not known for the version
	policyWrongKey = 5

	clientApplied    = 1
	clientExternally = 4 // managed by another
)

var errProvision = errors.New("activesync: the Provision request cannot be understood")

// provisionRequest is what a client says in a Provision.
type provisionRequest struct {
	Information *Information // told with the first request from 14.1 on
	Policy      bool         // asks for, or acknowledges, a policy
	PolicyType  string
	PolicyKey   uint32 // zero where there is none
	Status      int    // the client's status in an acknowledgement; zero in a first request
	Wipe        int    // the client's status of a RemoteWipe, zero where there is none: 1 success, 2 failure
	AccountWipe int    // the same of an AccountOnlyRemoteWipe
}

// acknowledges reports whether the request ends a provisioning rather than beginning one.
func (p provisionRequest) acknowledges() bool { return p.Policy && p.Status != 0 }

func parseProvision(body []byte) (provisionRequest, error) {
	root, err := wbxml.Parse(body)
	if err != nil {
		return provisionRequest{}, errors.Join(errProvision, err)
	}
	if root.Tag != wbxml.ProvisionProvision {
		return provisionRequest{}, errProvision
	}
	p := provisionRequest{
		Information: parseInformation(root.Child(wbxml.SettingsDeviceInformation)),
		Wipe:        wipeStatus(root.Child(wbxml.ProvisionRemoteWipe)),
		AccountWipe: wipeStatus(root.Child(wbxml.ProvisionAccountOnlyRemoteWipe)),
	}
	policies := root.Child(wbxml.ProvisionPolicies)
	policy := policies.Child(wbxml.ProvisionPolicy)
	if policy == nil {
		if policies != nil {
			return provisionRequest{}, errProvision
		}
		return p, nil
	}
	p.Policy = true
	p.PolicyType = policy.Child(wbxml.ProvisionPolicyType).Value()
	if p.PolicyKey, err = policyKey(policy.Child(wbxml.ProvisionPolicyKey).Value()); err != nil {
		return provisionRequest{}, errProvision
	}
	if status := policy.Child(wbxml.ProvisionStatus); status != nil {
		if p.Status, err = strconv.Atoi(status.Value()); err != nil || p.Status < 1 {
			return provisionRequest{}, errProvision
		}
	}
	return p, nil
}

// wipeStatus reads the acknowledgement of a wipe. One without a readable status is a failure: success must be said.
func wipeStatus(n *wbxml.Node) int {
	if n == nil {
		return 0
	}
	if n.Child(wbxml.ProvisionStatus).Value() == "1" {
		return 1
	}
	return 2
}

// provisionAnswer is what the gateway says to a Provision.
type provisionAnswer struct {
	Status      int
	Information bool // the DeviceInformation of the request was taken
	Policy      *policyAnswer
	Wipe        bool
	AccountWipe bool
}

// policyAnswer is the Policy part: a document with its temporary key, or the final key alone, or a status alone.
type policyAnswer struct {
	Type     string
	Status   int
	Key      uint32
	Document *document
}

func (a provisionAnswer) node() *wbxml.Node {
	n := wbxml.Elem(wbxml.ProvisionProvision)
	add := func(c *wbxml.Node) { n.Children = append(n.Children, c) }
	if a.Information {
		add(wbxml.Elem(wbxml.SettingsDeviceInformation, wbxml.Leaf(wbxml.SettingsStatus, "1")))
	}
	add(wbxml.Int(wbxml.ProvisionStatus, a.Status))
	if a.Policy != nil {
		add(wbxml.Elem(wbxml.ProvisionPolicies, a.Policy.node()))
	}
	if a.Wipe {
		add(wbxml.Elem(wbxml.ProvisionRemoteWipe))
	}
	if a.AccountWipe {
		add(wbxml.Elem(wbxml.ProvisionAccountOnlyRemoteWipe))
	}
	return n
}

func (p policyAnswer) node() *wbxml.Node {
	n := wbxml.Elem(wbxml.ProvisionPolicy,
		wbxml.Leaf(wbxml.ProvisionPolicyType, p.Type), wbxml.Int(wbxml.ProvisionStatus, p.Status))
	if p.Key != 0 {
		n.Children = append(n.Children, wbxml.Int(wbxml.ProvisionPolicyKey, p.Key))
	}
	if p.Document != nil {
		n.Children = append(n.Children, p.Document.data(p.Type))
	}
	return n
}

// document is a policy in the words of ActiveSync: the elements of EASProvisionDoc in the order of their tokens
// (MS-ASPROV section 2.2.2.28). At 2.5 what that version knows of it is sent as XML.
type document struct {
	elements []*wbxml.Node
}

func (d document) data(kind string) *wbxml.Node {
	if kind == typeXML {
		return wbxml.Leaf(wbxml.ProvisionData, d.xml())
	}
	return wbxml.Elem(wbxml.ProvisionData, wbxml.Elem(wbxml.ProvisionEASProvisionDoc, d.elements...))
}

// value returns the text of an element, "" where it is empty or not there.
func (d document) value(tag wbxml.Tag) string {
	for _, e := range d.elements {
		if e.Tag == tag {
			return e.Text
		}
	}
	return ""
}

// The document of 2.5 (MS-WAP provisioning): characteristics with parameters.
type (
	wapDocument struct {
		XMLName         xml.Name            `xml:"wap-provisioningdoc"`
		Characteristics []wapCharacteristic `xml:"characteristic"`
	}
	wapCharacteristic struct {
		Type            string              `xml:"type,attr"`
		Parameters      []wapParameter      `xml:"parm"`
		Characteristics []wapCharacteristic `xml:"characteristic"`
	}
	wapParameter struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
)

// The registry keys under which a client of 2.5 keeps its lock policy.
const (
	securityKey   = `HKLM\Comm\Security\Policy\LASSD`
	inactivityKey = securityKey + `\AE\{50C13377-C66D-400C-889E-C316FC4AB374}`
	passwordKey   = securityKey + `\LAP\lap_pw`

	passwordPolicy = "4131" // SecurityPolicy: 0 a password is required, 1 it is not
)

// xml writes what 2.5 can express: password or not, inactivity, length, complexity, failed attempts.
func (d document) xml() string {
	required := d.value(wbxml.ProvisionDevicePasswordEnabled) == "1"
	doc := wapDocument{Characteristics: []wapCharacteristic{{
		Type:       "SecurityPolicy",
		Parameters: []wapParameter{{passwordPolicy, flag(!required)}},
	}}}
	if required {
		doc.Characteristics = append(doc.Characteristics, wapCharacteristic{Type: "Registry", Characteristics: d.registry()})
	}
	text, err := xml.Marshal(doc)
	if err != nil {
		return "" // structs of strings always marshal
	}
	return string(text)
}

func (d document) registry() []wapCharacteristic {
	complexity := "2" // any password
	if d.value(wbxml.ProvisionAlphanumericDevicePasswordRequired) == "1" {
		complexity = "0"
	}
	failures, codeword := "-1", "4"
	if n := d.value(wbxml.ProvisionMaxDevicePasswordFailedAttempts); n != "" {
		failures = n
	}
	lock := wapCharacteristic{Type: securityKey, Parameters: []wapParameter{
		{"DeviceWipeThreshold", failures}, {"CodewordFrequency", codeword},
	}}
	password := wapCharacteristic{Type: passwordKey, Parameters: []wapParameter{
		{"MinimumPasswordLength", orDefault(d.value(wbxml.ProvisionMinDevicePasswordLength), "1")},
		{"PasswordComplexity", complexity},
	}}
	return []wapCharacteristic{d.inactivity(), lock, password}
}

// inactivity is in minutes; less than one is one.
func (d document) inactivity() wapCharacteristic {
	c := wapCharacteristic{Type: inactivityKey}
	seconds, err := strconv.Atoi(d.value(wbxml.ProvisionMaxInactivityTimeDeviceLock))
	if err != nil || seconds <= 0 || seconds >= unlimitedInactivity {
		c.Parameters = []wapParameter{{"AEFrequencyType", "0"}}
		return c
	}
	c.Parameters = []wapParameter{{"AEFrequencyType", "1"}, {"AEFrequencyValue", strconv.Itoa(max(1, seconds/60))}}
	return c
}

// unlimitedInactivity and more seconds mean no lock (MS-ASPROV section 2.2.2.32).
const unlimitedInactivity = 9999

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// Information is what a device tells about itself (MS-ASCMD section 2.2.3.45). Every field may be empty, and none of it
// proves anything.
type Information struct {
	Model          string
	IMEI           string
	FriendlyName   string
	OS             string
	OSLanguage     string
	PhoneNumber    string
	UserAgent      string
	MobileOperator string
}

// maxFact bounds each field of Information, in characters.
const maxFact = 256

func parseInformation(n *wbxml.Node) *Information {
	set := n.Child(wbxml.SettingsSet)
	if set == nil {
		return nil
	}
	fact := func(tag wbxml.Tag) string { return cleanFact(set.Child(tag).Value()) }
	return &Information{
		Model: fact(wbxml.SettingsModel), IMEI: fact(wbxml.SettingsIMEI), FriendlyName: fact(wbxml.SettingsFriendlyName),
		OS: fact(wbxml.SettingsOS), OSLanguage: fact(wbxml.SettingsOSLanguage),
		PhoneNumber: fact(wbxml.SettingsPhoneNumber), UserAgent: fact(wbxml.SettingsUserAgent),
		MobileOperator: fact(wbxml.SettingsMobileOperator),
	}
}

// cleanFact makes what a device said fit to be stored and shown: valid UTF-8, no control characters, nothing that turns
// the direction of the text around it, bounded (incident S22).
func cleanFact(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || r == '\uFFFD' {
			return -1
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > maxFact {
		s = string(runes[:maxFact])
	}
	return s
}
