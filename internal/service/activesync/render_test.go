package activesync

import (
	"encoding/xml"
	"slices"
	"testing"

	"drover/internal/base/wbxml"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

func TestThePresetsAreRendered(t *testing.T) {
	for _, preset := range policy.Presets() {
		for _, l := range []policy.Liability{policy.Corporate, policy.Personal} {
			e := policy.NewEffective(policy.Origin{}, preset.Content.For(l))
			for _, v := range []Version{V25, V120, V121, V140, V141, V160, V161} {
				body, sent, err := Renderer{}.Render(e, v.platform())
				if err != nil {
					t.Fatal(err)
				}
				if v == V25 {
					if err := xml.Unmarshal(body, new(wapDocument)); err != nil {
						t.Errorf("%s at %v: %v", preset.Name, v, err)
					}
					continue
				}
				foreign(t, body)
				root, err := wbxml.Parse(body)
				if err != nil {
					t.Fatal(err)
				}
				if len(root.Children) != len(sent) {
					t.Errorf("%s at %v: %d elements, %d told", preset.Name, v, len(root.Children), len(sent))
				}
				if !slices.IsSortedFunc(root.Children, func(a, b *wbxml.Node) int { return int(a.Tag) - int(b.Tag) }) {
					t.Errorf("%s at %v: the elements are out of order", preset.Name, v)
				}
				// What was sent is read back with the same meaning: as if the mail server had sent it.
				values := readDocument(wbxml.Elem(wbxml.ProvisionData, root))
				for _, d := range policy.Catalogue() {
					if !d.Carried(v.platform()) {
						continue
					}
					got, there := values[d.Key]
					if want := e.Value(d.Key); there && !got.Equal(want) || !there && !want.Equal(d.Default) {
						t.Errorf("%s at %v: %s is read as %v, want %v", preset.Name, v, d.Key, got, want)
					}
				}
			}
		}
	}
}

func TestEverySettingOfTheProtocolHasItsElement(t *testing.T) {
	for _, d := range policy.Catalogue() {
		if _, ok := elementTags[d.Element]; ok != d.Key.CarriedBy(platform.ActiveSync) {
			t.Errorf("%s: the element %q is there: %v", d.Key, d.Element, ok)
		}
	}
}

func TestUnsetValuesAreSent(t *testing.T) {
	doc := render(policy.NewEffective(policy.Origin{}, policy.Values{platform.PasswordRequired: policy.Bool(true)}), V141)
	for tag, want := range map[wbxml.Tag]string{
		wbxml.ProvisionMinDevicePasswordLength:         "",
		wbxml.ProvisionMaxInactivityTimeDeviceLock:     "",
		wbxml.ProvisionMaxDevicePasswordFailedAttempts: "",
		wbxml.ProvisionMaxAttachmentSize:               "",
		wbxml.ProvisionDevicePasswordExpiration:        "0",
		wbxml.ProvisionDevicePasswordHistory:           "0",
		wbxml.ProvisionMaxEmailBodyTruncationSize:      "-1",
		wbxml.ProvisionAllowCamera:                     "1",
		wbxml.ProvisionAllowBluetooth:                  "2",
		wbxml.ProvisionRequireDeviceEncryption:         "0",
		wbxml.ProvisionUnapprovedInROMApplicationList:  "",
	} {
		i := slices.IndexFunc(doc.elements, func(n *wbxml.Node) bool { return n.Tag == tag })
		if i < 0 {
			t.Errorf("%v is not sent", tag)
			continue
		}
		if got := doc.elements[i].Text; got != want {
			t.Errorf("%v is %q, want %q", tag, got, want)
		}
	}
}

func TestTheApprovedHashesAreBytes(t *testing.T) {
	hash := "0102030405060708090a0b0c0d0e0f1011121314"
	doc := render(policy.NewEffective(policy.Origin{}, policy.Values{platform.ApprovedApps: policy.List(hash)}), V141)
	last := doc.elements[len(doc.elements)-1]
	if last.Tag != wbxml.ProvisionApprovedApplicationList || len(last.Children) != 1 || !last.Children[0].Opaque || len(last.Children[0].Text) != 20 {
		t.Errorf("the list is %+v", last)
	}
}
