package activesync

import (
	"encoding/hex"
	"strconv"
	"strings"

	"drover/internal/base/wbxml"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

// Renderer turns an effective policy into the provisioning document of a protocol version; see [policy.Renderer].
type Renderer struct{}

// Channel returns platform.ActiveSync.
func (Renderer) Channel() platform.Channel { return platform.ActiveSync }

// Render returns the document, EASProvisionDoc as WBXML from 12.0 on and wap-provisioningdoc as XML at 2.5, with what
// it says. A version that is not known counts as 14.1.
func (Renderer) Render(e *policy.Effective, v platform.Version) ([]byte, []policy.Sent, error) {
	version := ParseVersion(v.String())
	if version == 0 {
		version = V141
	}
	doc, sent := renderDocument(e, version)
	if version == V25 {
		return []byte(doc.xml()), sent, nil
	}
	return wbxml.Elem(wbxml.ProvisionEASProvisionDoc, doc.elements...).Encode(), sent, nil
}

func render(e *policy.Effective, v Version) *document {
	d, _ := renderDocument(e, v)
	return d
}

// elementTags are the elements of EASProvisionDoc by name.
var elementTags = func() map[string]wbxml.Tag {
	m := map[string]wbxml.Tag{}
	for token := byte(0x0E); token <= 0x3A; token++ {
		tag := wbxml.NewTag(wbxml.ProvisionProvision.Page(), token)
		m[tag.Name()] = tag
	}
	return m
}()

// renderDocument writes every element that the version knows, set or not: a device keeps what an earlier policy set
// until it is told otherwise (MS-ASPROV section 2.2.2.28).
func renderDocument(e *policy.Effective, v Version) (*document, []policy.Sent) {
	d := &document{}
	var sent []policy.Sent
	byTag := map[wbxml.Tag]*wbxml.Node{}
	for _, def := range policy.Catalogue() {
		tag, known := elementTags[def.Element]
		if !def.Carried(v.platform()) || !known {
			continue
		}
		n := element(tag, def, e.Value(def.Key))
		byTag[tag] = n
		sent = append(sent, policy.Sent{Setting: def.Key, Element: def.Element, Text: said(n)})
	}
	for token := byte(0x0E); token <= 0x3A; token++ { // in the order of the tokens, which all known clients accept
		if n := byTag[wbxml.NewTag(wbxml.ProvisionProvision.Page(), token)]; n != nil {
			d.elements = append(d.elements, n)
		}
	}
	return d, sent
}

// element writes one setting. A number that means no limit is an empty element, except where the protocol has a number
// for it.
func element(tag wbxml.Tag, d policy.Definition, v policy.Value) *wbxml.Node {
	switch d.Kind {
	case policy.KindList:
		return list(tag, v.Texts())
	case policy.KindNumber:
		if v.Int() == d.None && !numberForNone[tag] {
			return wbxml.Elem(tag)
		}
	}
	return wbxml.Leaf(tag, strconv.FormatInt(v.Int(), 10))
}

// numberForNone are the elements whose "no limit" is a number (MS-ASPROV sections 2.2.2.20, .22, .37, .38): 0 days, 0
// old passwords, -1 bytes.
var numberForNone = map[wbxml.Tag]bool{
	wbxml.ProvisionDevicePasswordExpiration:       true,
	wbxml.ProvisionDevicePasswordHistory:          true,
	wbxml.ProvisionMaxEmailBodyTruncationSize:     true,
	wbxml.ProvisionMaxEmailHTMLBodyTruncationSize: true,
}

// list writes the two lists: names of applications, and hashes as opaque bytes.
func list(tag wbxml.Tag, texts []string) *wbxml.Node {
	n := wbxml.Elem(tag)
	for _, t := range texts {
		if tag == wbxml.ProvisionUnapprovedInROMApplicationList {
			n.Children = append(n.Children, wbxml.Leaf(wbxml.ProvisionApplicationName, t))
			continue
		}
		if hash, err := hex.DecodeString(t); err == nil {
			n.Children = append(n.Children, &wbxml.Node{Tag: wbxml.ProvisionHash, Text: string(hash), Opaque: true})
		}
	}
	return n
}

// said is an element's value for people.
func said(n *wbxml.Node) string {
	if len(n.Children) == 0 {
		return n.Text
	}
	texts := make([]string, len(n.Children))
	for i, c := range n.Children {
		texts[i] = c.Text
		if c.Opaque {
			texts[i] = hex.EncodeToString([]byte(c.Text))
		}
	}
	return strings.Join(texts, ", ")
}

// readDocument reads a mail server's own policy. Elements and values that are not known are left out: what cannot be
// read cannot be enforced, and the device is sent the rest.
func readDocument(n *wbxml.Node) policy.Values {
	values := policy.Values{}
	for _, e := range n.Child(wbxml.ProvisionEASProvisionDoc).All() {
		d, known := policy.FindElement(e.Tag.Name())
		if !known {
			continue
		}
		v, ok := readValue(d, e)
		if !ok || len(policy.Values{d.Key: v}.Validate("")) > 0 {
			continue
		}
		values[d.Key] = v
	}
	return values
}

func readValue(d policy.Definition, e *wbxml.Node) (policy.Value, bool) {
	if d.Kind == policy.KindList {
		var texts []string
		for _, c := range e.Children {
			t := c.Value()
			if c.Tag == wbxml.ProvisionHash {
				t = hex.EncodeToString([]byte(c.Text))
			}
			texts = append(texts, t)
		}
		return policy.List(texts...), len(texts) > 0
	}
	number, err := strconv.ParseInt(e.Value(), 10, 64)
	if err != nil { // an empty element sets no limit
		return policy.Value{}, false
	}
	if d.Kind == policy.KindBool {
		return policy.Bool(number == 1), true
	}
	return policy.Number(bounded(d, e.Tag, number)), true
}

// bounded brings a number that is stricter or laxer than the catalogue can say to the nearest that it can.
func bounded(d policy.Definition, tag wbxml.Tag, n int64) int64 {
	if d.Kind != policy.KindNumber || n == d.None {
		return n
	}
	if tag == wbxml.ProvisionMaxInactivityTimeDeviceLock && n >= unlimitedInactivity {
		return d.None
	}
	return min(max(n, d.Min), d.Max)
}
