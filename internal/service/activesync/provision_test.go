package activesync

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"drover/internal/base/wbxml"

	"github.com/google/go-cmp/cmp"
)

// foreign decodes a frame with libwbxml (Debian: libwbxml2-utils), which shares nothing with our codec.
func foreign(t *testing.T, body []byte) string {
	t.Helper()
	in := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(in, body, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("wbxml2xml", "-l", "ACTIVESYNC", "-m", "0", "-o", in+".xml", in).CombinedOutput()
	if err != nil {
		t.Fatalf("wbxml2xml (Debian package libwbxml2-utils): %v\n%s", err, out)
	}
	text, err := os.ReadFile(in + ".xml")
	if err != nil {
		t.Fatal(err)
	}
	_, root, _ := strings.Cut(string(text), "microsoft.com/\">")
	return strings.ReplaceAll(root, "\n", "")
}

func TestStatusInEveryVersionAndNamespace(t *testing.T) {
	for _, c := range []struct {
		version Version
		command Command
		status  Status
		http    int
		body    string
	}{
		{V25, FolderSync, statusNotProvisioned, 449, ""},
		{V120, Sync, statusInvalidKey, 449, ""},
		{V121, Ping, statusWipeRequested, 449, ""},
		{V121, Sync, statusRefresh, 449, ""},
		{V121, FolderSync, statusDeviceBlocked, 403, ""},
		{V121, FolderSync, statusUserDisabled, 403, ""},
		{V140, GetAttachment, statusNotProvisioned, 449, ""},
		{V140, FolderSync, statusNotProvisioned, 200, `<FolderSync xmlns="FolderHierarchy:"><Status>142</Status></FolderSync>`},
		{V141, Sync, statusInvalidKey, 200, `<Sync xmlns="AirSync:"><Status>144</Status></Sync>`},
		{V141, Ping, statusWipeRequested, 200, `<Ping xmlns="Ping:"><Status>140</Status></Ping>`},
		{V141, Settings, statusRefresh, 200, `<Settings xmlns="Settings:"><Status>143</Status></Settings>`},
		{V141, SendMail, statusNotProvisioned, 200, `<SendMail xmlns="ComposeMail:"><Status>142</Status></SendMail>`},
		{V160, ItemOperations, statusDeviceBlocked, 200, `<ItemOperations xmlns="ItemOperations:"><Status>129</Status></ItemOperations>`},
		{V161, MoveItems, statusUserDisabled, 200, `<MoveItems xmlns="Move:"><Status>126</Status></MoveItems>`},
		{V161, GetItemEstimate, statusNotProvisioned, 200, `<GetItemEstimate xmlns="GetItemEstimate:"><Status>142</Status></GetItemEstimate>`},
		{V161, Provision, statusNotProvisionable, 200, `<Provision xmlns="Provision:"><Status>139</Status></Provision>`},
	} {
		got := tell(c.version, c.command, c.status)
		if got.status != c.http {
			t.Errorf("%v %v %d: HTTP %d, want %d", c.version, c.command, c.status, got.status, c.http)
		}
		text := ""
		if got.body != nil {
			text = foreign(t, got.body)
		}
		if text != c.body {
			t.Errorf("%v %v %d: %s, want %s", c.version, c.command, c.status, text, c.body)
		}
	}
}

func TestProvisionRequests(t *testing.T) {
	policy := func(children ...*wbxml.Node) *wbxml.Node {
		return wbxml.Elem(wbxml.ProvisionProvision, wbxml.Elem(wbxml.ProvisionPolicies, wbxml.Elem(wbxml.ProvisionPolicy, children...)))
	}
	kind := wbxml.Leaf(wbxml.ProvisionPolicyType, typeWBXML)
	wipe := func(tag wbxml.Tag, status string) *wbxml.Node {
		return wbxml.Elem(tag, wbxml.Leaf(wbxml.ProvisionStatus, status))
	}
	for name, c := range map[string]struct {
		frame *wbxml.Node
		want  provisionRequest
	}{
		"first":                 {policy(kind), provisionRequest{Policy: true, PolicyType: typeWBXML}},
		"without a policy type": {policy(), provisionRequest{Policy: true}},
		"acknowledgement": {
			policy(kind, wbxml.Leaf(wbxml.ProvisionPolicyKey, "4294967295"), wbxml.Leaf(wbxml.ProvisionStatus, "2")),
			provisionRequest{Policy: true, PolicyType: typeWBXML, PolicyKey: 4294967295, Status: 2},
		},
		"wiped": {wbxml.Elem(wbxml.ProvisionProvision, wipe(wbxml.ProvisionRemoteWipe, "1")), provisionRequest{Wipe: 1}},
		"account wipe failed": {
			wbxml.Elem(wbxml.ProvisionProvision, wipe(wbxml.ProvisionAccountOnlyRemoteWipe, "2")),
			provisionRequest{AccountWipe: 2},
		},
		"wiped without a status": {wbxml.Elem(wbxml.ProvisionProvision, wbxml.Elem(wbxml.ProvisionRemoteWipe)), provisionRequest{Wipe: 2}},
		"wiped beside a policy": {
			wbxml.Elem(wbxml.ProvisionProvision, policy(kind).Children[0], wipe(wbxml.ProvisionRemoteWipe, "1")),
			provisionRequest{Policy: true, PolicyType: typeWBXML, Wipe: 1},
		},
		"with information": {
			wbxml.Elem(wbxml.ProvisionProvision, wbxml.Elem(wbxml.SettingsDeviceInformation, wbxml.Elem(wbxml.SettingsSet,
				wbxml.Leaf(wbxml.SettingsModel, "One\r\nTwo"), wbxml.Leaf(wbxml.SettingsOS, "OS\xff 1"), wbxml.Leaf(wbxml.SettingsIMEI, strings.Repeat("9", 300)))),
				policy(kind).Children[0]),
			provisionRequest{
				Policy: true, PolicyType: typeWBXML,
				Information: &Information{Model: "OneTwo", OS: "OS 1", IMEI: strings.Repeat("9", 256)},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseProvision(c.frame.Encode())
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestProvisionRequestsThatAreRefused(t *testing.T) {
	for name, body := range map[string][]byte{
		"nothing":      nil,
		"not WBXML":    []byte("<Provision/>"),
		"another root": wbxml.Elem(wbxml.SettingsSettings).Encode(),
		"no policy":    wbxml.Elem(wbxml.ProvisionProvision, wbxml.Elem(wbxml.ProvisionPolicies)).Encode(),
		"key is text": wbxml.Elem(wbxml.ProvisionProvision, wbxml.Elem(wbxml.ProvisionPolicies, wbxml.Elem(wbxml.ProvisionPolicy,
			wbxml.Leaf(wbxml.ProvisionPolicyKey, "key")))).Encode(),
		"status is text": wbxml.Elem(wbxml.ProvisionProvision, wbxml.Elem(wbxml.ProvisionPolicies, wbxml.Elem(wbxml.ProvisionPolicy,
			wbxml.Leaf(wbxml.ProvisionStatus, "yes")))).Encode(),
	} {
		if _, err := parseProvision(body); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func strictDocument() *document {
	return &document{elements: []*wbxml.Node{
		wbxml.Leaf(wbxml.ProvisionDevicePasswordEnabled, "1"), wbxml.Leaf(wbxml.ProvisionAlphanumericDevicePasswordRequired, "1"),
		wbxml.Leaf(wbxml.ProvisionMinDevicePasswordLength, "6"), wbxml.Leaf(wbxml.ProvisionMaxInactivityTimeDeviceLock, "300"),
		wbxml.Leaf(wbxml.ProvisionMaxDevicePasswordFailedAttempts, "8"), wbxml.Leaf(wbxml.ProvisionMaxAttachmentSize, ""),
	}}
}

func TestProvisionAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		answer provisionAnswer
		want   string
	}{
		"policy": {
			provisionAnswer{Status: 1, Information: true, Policy: &policyAnswer{Type: typeWBXML, Status: 1, Key: 4294967295, Document: strictDocument()}},
			`<Provision xmlns="Provision:"><DeviceInformation xmlns="Settings:"><Status>1</Status></DeviceInformation><Status>1</Status>` +
				`<Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType><Status>1</Status><PolicyKey>4294967295</PolicyKey><Data><EASProvisionDoc>` +
				`<DevicePasswordEnabled>1</DevicePasswordEnabled><AlphanumericDevicePasswordRequired>1</AlphanumericDevicePasswordRequired>` +
				`<MinDevicePasswordLength>6</MinDevicePasswordLength><MaxInactivityTimeDeviceLock>300</MaxInactivityTimeDeviceLock>` +
				`<MaxDevicePasswordFailedAttempts>8</MaxDevicePasswordFailedAttempts><MaxAttachmentSize/></EASProvisionDoc></Data></Policy></Policies></Provision>`,
		},
		"final key": {
			provisionAnswer{Status: 1, Policy: &policyAnswer{Type: typeXML, Status: 1, Key: 7}},
			`<Provision xmlns="Provision:"><Status>1</Status><Policies><Policy><PolicyType>MS-WAP-Provisioning-XML</PolicyType><Status>1</Status><PolicyKey>7</PolicyKey></Policy></Policies></Provision>`,
		},
		"no policy": {
			provisionAnswer{Status: 1, Policy: &policyAnswer{Type: typeWBXML, Status: policyNone}},
			`<Provision xmlns="Provision:"><Status>1</Status><Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType><Status>2</Status></Policy></Policies></Provision>`,
		},
		"wipe": {provisionAnswer{Status: 1, Wipe: true}, `<Provision xmlns="Provision:"><Status>1</Status><RemoteWipe/></Provision>`},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, foreign(t, c.answer.node().Encode())); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAccountOnlyWipeIsItsOwnElement(t *testing.T) {
	body := provisionAnswer{Status: 1, AccountWipe: true}.node().Encode()
	want := "\x03\x01\x6a\x00\x00\x0e\x45\x4b\x031\x00\x01\x3b\x01" // token 0x3B of page 14; libwbxml does not know it
	if string(body) != want {
		t.Errorf("got % x, want % x", body, want)
	}
}

func TestTheDocumentOfVersion25(t *testing.T) {
	var doc wapDocument
	text := strictDocument().xml()
	if err := xml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	var walk func(list []wapCharacteristic)
	walk = func(list []wapCharacteristic) {
		for _, c := range list {
			for _, p := range c.Parameters {
				got[c.Type+" "+p.Name] = p.Value
			}
			walk(c.Characteristics)
		}
	}
	walk(doc.Characteristics)
	want := map[string]string{
		"SecurityPolicy 4131":                  "0",
		inactivityKey + " AEFrequencyType":     "1",
		inactivityKey + " AEFrequencyValue":    "5",
		securityKey + " DeviceWipeThreshold":   "8",
		securityKey + " CodewordFrequency":     "4",
		passwordKey + " MinimumPasswordLength": "6",
		passwordKey + " PasswordComplexity":    "0",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if text := (document{}).xml(); !strings.Contains(text, `name="4131" value="1"`) || strings.Contains(text, "Registry") {
		t.Errorf("without a password rule: %s", text)
	}
}

// FuzzParseProvision holds that no body panics and that what a device says of itself is fit to be stored.
func FuzzParseProvision(f *testing.F) {
	f.Add(provisionAnswer{Status: 1, Wipe: true}.node().Encode())
	f.Add(wbxml.Elem(wbxml.ProvisionProvision, wbxml.Elem(wbxml.SettingsDeviceInformation, wbxml.Elem(wbxml.SettingsSet, wbxml.Leaf(wbxml.SettingsModel, "m")))).Encode())
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := parseProvision(body)
		if err != nil || p.Information == nil {
			return
		}
		if got := cleanFact(p.Information.Model); got != p.Information.Model {
			t.Errorf("%q is not clean", p.Information.Model)
		}
	})
}
