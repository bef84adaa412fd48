package wbxml

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var header = []byte{0x03, 0x01, 0x6A, 0x00}

func doc(parts ...string) []byte { return append(bytes.Clone(header), strings.Join(parts, "")...) }

// policyAnswer is the first answer of a provisioning, as MS-ASPROV section 3.1.5.1 describes it.
func policyAnswer() *Node {
	return Elem(ProvisionProvision,
		Elem(SettingsDeviceInformation, Leaf(SettingsStatus, "1")),
		Leaf(ProvisionStatus, "1"),
		Elem(ProvisionPolicies, Elem(ProvisionPolicy,
			Leaf(ProvisionPolicyType, "MS-EAS-Provisioning-WBXML"),
			Leaf(ProvisionStatus, "1"),
			Leaf(ProvisionPolicyKey, "1307199584"),
			Elem(ProvisionData, Elem(ProvisionEASProvisionDoc,
				Leaf(ProvisionDevicePasswordEnabled, "1"),
				Leaf(ProvisionMaxDevicePasswordFailedAttempts, "8"),
				Leaf(ProvisionMaxAttachmentSize, ""))))))
}

func TestEncodeWritesTheBytesOfTheSpecification(t *testing.T) {
	got := Elem(PingPing, Leaf(PingStatus, "1"), Elem(PingFolders)).Encode()
	want := doc("\x00\x0d\x45", "\x47\x031\x00\x01", "\x09", "\x01")
	if !bytes.Equal(got, want) {
		t.Errorf("got % x, want % x", got, want)
	}
}

func TestParseReadsWhatEncodeWrote(t *testing.T) {
	want := policyAnswer()
	got, err := Parse(want.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAnyTreeSurvivesTheWire(t *testing.T) {
	var tree func(rt *rapid.T, depth int) *Node
	tree = func(rt *rapid.T, depth int) *Node {
		n := &Node{Tag: NewTag(rapid.Byte().Draw(rt, "page"), byte(rapid.IntRange(5, 63).Draw(rt, "token")))}
		n.Opaque = rapid.Bool().Draw(rt, "opaque")
		n.Text = rapid.StringN(0, 20, 200).Draw(rt, "text")
		if !n.Opaque {
			n.Text = strings.ReplaceAll(n.Text, "\x00", "")
		}
		if n.Text == "" {
			n.Opaque = false
		}
		for range rapid.IntRange(0, 3).Draw(rt, "children") * (4 - depth) / 4 {
			n.Children = append(n.Children, tree(rt, depth+1))
		}
		return n
	}
	rapid.Check(t, func(rt *rapid.T) {
		want := tree(rt, 0)
		got, err := Parse(want.Encode())
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			rt.Error(d)
		}
	})
}

func TestReadingIsTolerant(t *testing.T) {
	table := "-//MICROSOFT//DTD ActiveSync//EN\x00Odd\x00"
	withTable := func(body string) []byte {
		return append([]byte{0x03, 0x00, 0x00, 0x6A, byte(len(table))}, table+body...)
	}
	cases := map[string]struct {
		body []byte
		want *Node
	}{
		"unknown token":         {doc("\x7f\x033\x00\x01"), Leaf(0x003F, "3")},
		"unknown page":          {doc("\x00\xf0\x45\x06\x01"), Elem(0xF005, Elem(0xF006))},
		"switch before the end": {doc("\x45\x06\x00\x0e\x01"), Elem(AirSyncSync, Elem(AirSyncResponses))},
		"text in pieces":        {doc("\x45\x03a\x00\x02\x81\x20\x03b\x00\x01"), Leaf(AirSyncSync, "a\u00a0b")},
		"opaque":                {doc("\x45\xc3\x03a\x00b\x01"), &Node{Tag: AirSyncSync, Text: "a\x00b", Opaque: true}},
		"public id by index":    {withTable("\x45\x01"), Elem(AirSyncSync)},
		"string by reference":   {withTable("\x45\x83\x21\x01"), Leaf(AirSyncSync, "Odd")},
		"tail of a string":      {withTable("\x45\x83\x22\x01"), Leaf(AirSyncSync, "dd")},
		"name by reference":     {withTable("\x45\x44\x21\x031\x00\x01\x04\x21\x01"), Elem(AirSyncSync, Leaf(0, "1"), Elem(0))},
		"version 1.0":           {[]byte("\x00\x01\x00\x45\x01"), Elem(AirSyncSync)},
		"charset unknown":       {[]byte("\x03\x01\x00\x00\x45\x01"), Elem(AirSyncSync)},
		"long integer":          {[]byte("\x03\x80\x80\x01\x6a\x00\x45\x01"), Elem(AirSyncSync)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(c.body)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReadingIsBounded(t *testing.T) {
	cases := map[string]struct {
		body []byte
		want error
	}{
		"nothing":                      {nil, ErrTruncated},
		"header alone":                 {header, ErrTruncated},
		"version 2.0":                  {[]byte("\x10\x01\x6a\x00\x45\x01"), ErrVersion},
		"latin-1":                      {[]byte("\x03\x01\x04\x00\x45\x01"), ErrCharset},
		"opaque bomb of ten bytes":     {doc("\x45\xc3\x8f\xff\xff\xff\x7f"), ErrLength},
		"opaque length over 32 bits":   {doc("\x45\xc3\xff\xff\xff\xff\x7f"), ErrInteger},
		"integer without an end":       {doc("\x45\xc3\x80\x80\x80\x80\x80\x80\x80"), ErrInteger},
		"string without an end":        {doc("\x45\x03abc"), ErrTruncated},
		"page switch at the end":       {doc("\x45\x00"), ErrTruncated},
		"table beyond the document":    {[]byte("\x03\x01\x6a\x40\x45"), ErrLength},
		"table over the bound":         {append([]byte("\x03\x01\x6a\xc0\x00"), make([]byte, 9000)...), ErrTable},
		"reference without a table":    {doc("\x45\x83\x00\x01"), ErrTable},
		"reference beyond the table":   {[]byte("\x03\x01\x6a\x02a\x00\x45\x83\x02\x01"), ErrTable},
		"table string without an end":  {[]byte("\x03\x01\x6a\x02ab\x45\x83\x00\x01"), ErrTable},
		"name without a table":         {doc("\x44\x00\x01"), ErrTable},
		"attributes":                   {doc("\xc5\x05\x01\x01"), ErrUnsupported},
		"processing instruction":       {doc("\x45\x43\x01\x01"), ErrUnsupported},
		"extension":                    {doc("\x45\x40\x03\x01"), ErrUnsupported},
		"entity beyond unicode":        {doc("\x45\x02\x84\x80\x80\x00\x01"), ErrInteger},
		"text before the root":         {doc("\x03a\x00"), ErrStructure},
		"end before the root":          {doc("\x01"), ErrStructure},
		"bytes after the root":         {doc("\x45\x01\x45\x01"), ErrStructure},
		"nest of 12 MB":                {doc(strings.Repeat("\x45", 12<<20)), ErrTooDeep},
		"closed nest of 12 MB":         {doc(strings.Repeat("\x45", 6<<20), strings.Repeat("\x01", 6<<20)), ErrTooDeep},
		"12 million brothers":          {doc("\x45", strings.Repeat("\x06", 12<<20), "\x01"), ErrTooMany},
		"4 million pieces of one byte": {doc("\x45", strings.Repeat("\x03a\x00", 4<<20), "\x01"), ErrTooMany},
		"text joined beyond the bound": {doc("\x45\x03a\x00\x03", strings.Repeat("b", maxJoined), "\x00\x01"), ErrTooLarge},
		"document beyond the bound":    {make([]byte, MaxSize+1), ErrTooLarge},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse(c.body); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestDepthBound(t *testing.T) {
	nest := func(n int) []byte { return doc(strings.Repeat("\x45", n), strings.Repeat("\x01", n)) }
	if _, err := Parse(nest(MaxDepth)); err != nil {
		t.Errorf("a nest of %d: %v", MaxDepth, err)
	}
	if _, err := Parse(nest(MaxDepth + 1)); !errors.Is(err, ErrTooDeep) {
		t.Errorf("a nest of %d: got %v, want %v", MaxDepth+1, err, ErrTooDeep)
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	whole := policyAnswer().Encode()
	for n := range whole {
		if _, err := Parse(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes were taken as a whole document", n, len(whole))
		}
	}
}

func TestWalkingAllocatesNothing(t *testing.T) {
	body := policyAnswer().Encode()
	allocs := testing.AllocsPerRun(100, func() {
		if err := walk(body); err != nil {
			t.Error(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestWalkerKnowsWhereItIs(t *testing.T) {
	w, err := NewWalker(Elem(SettingsSettings, Leaf(SettingsStatus, "1")).Encode())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		tok, err := w.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if tok.Kind == Text {
			got = append(got, w.Parent().String()+"="+string(tok.Data))
		}
	}
	if d := cmp.Diff([]string{"Settings:Status=1"}, got); d != "" {
		t.Error(d)
	}
}

func TestTagNames(t *testing.T) {
	for tag, want := range map[Tag]string{
		ProvisionAccountOnlyRemoteWipe: "Provision:AccountOnlyRemoteWipe",
		FindFind:                       "Find:Find",
		NewTag(240, 0x45):              "page240:0x05",
		NewTag(0, 0x3F):                "page0:0x3F",
	} {
		if got := tag.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestNodePaths(t *testing.T) {
	n := policyAnswer()
	if got := n.Child(ProvisionPolicies).Child(ProvisionPolicy).Child(ProvisionPolicyKey).Value(); got != "1307199584" {
		t.Errorf("policy key is %q", got)
	}
	if got := n.Child(PingPing).Child(PingStatus).Value(); got != "" {
		t.Errorf("a path that does not exist has the value %q", got)
	}
}

func walk(body []byte) error {
	w, err := NewWalker(body)
	for err == nil {
		_, err = w.Next()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
