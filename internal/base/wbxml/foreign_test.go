package wbxml

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The judge of this file is libwbxml (Debian: libwbxml2-utils), an implementation that shares nothing with this one.

// element is what both sides must see: namespace, name and text of each element in document order.
type element struct{ Space, Name, Text string }

func run(t *testing.T, input []byte, name string, args ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, input, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, append(args, "-o", out, in)...)
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s (Debian package libwbxml2-utils): %v\n%s", name, err, msg)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func foreignElements(t *testing.T, body []byte) []element {
	t.Helper()
	text := run(t, body, "wbxml2xml", "-l", "ACTIVESYNC", "-m", "0", "-k")
	var list []element
	var open []int
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			open = append(open, len(list))
			list = append(list, element{Space: tok.Name.Space, Name: tok.Name.Local})
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				list[open[len(open)-1]].Text += string(bytes.TrimSpace(tok))
			}
		}
	}
}

func ownElements(n *Node) []element {
	list := []element{{Space: n.Tag.Namespace() + ":", Name: n.Tag.Name(), Text: n.Value()}}
	for _, c := range n.Children {
		list = append(list, ownElements(c)...)
	}
	return list
}

func TestForeignDecoderReadsOurFrames(t *testing.T) {
	want := ownElements(policyAnswer())
	if d := cmp.Diff(want, foreignElements(t, policyAnswer().Encode())); d != "" {
		t.Error(d)
	}
}

func TestWeReadForeignFrames(t *testing.T) {
	text := run(t, policyAnswer().Encode(), "wbxml2xml", "-l", "ACTIVESYNC", "-m", "0", "-k")
	for name, args := range map[string][]string{
		"string table and public id by index": {"-k"},
		"no string table":                     {"-k", "-n", "-a"},
		"version 1.1":                         {"-k", "-v", "1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(run(t, text, "xml2wbxml", args...))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(policyAnswer(), got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestForeignDecoderKnowsTheSameTags sends one frame with every tag through libwbxml. Tags that it does not know (the
// 16.x ones) come back as "unknown"; no other difference is allowed but the listed names.
func TestForeignDecoderKnowsTheSameTags(t *testing.T) {
	aliases := aliasesByTag(t)
	root := Elem(AirSyncSync)
	for page := range names {
		for token, name := range names[page] {
			if name != "" {
				root.Children = append(root.Children, Leaf(NewTag(byte(page), byte(token)), "x"))
			}
		}
	}
	known := 0
	theirs := foreignElements(t, root.Encode())[1:]
	if len(theirs) != len(root.Children) {
		t.Fatalf("%d elements of %d arrived", len(theirs), len(root.Children))
	}
	for i, e := range theirs {
		tag := root.Children[i].Tag
		if e.Name == "unknown" {
			continue
		}
		known++
		if !sameName(e.Name, tag.Name()) && !slices.Contains(aliases[tag], e.Name) {
			t.Errorf("%v is called %s %s", tag, e.Space, e.Name)
		}
	}
	if known < 550 {
		t.Errorf("only %d tags were compared", known)
	}
}

// sameName overlooks case and hyphens, which do not reach the wire.
func sameName(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "-", ""), strings.ReplaceAll(b, "-", ""))
}

func aliasesByTag(t *testing.T) map[Tag][]string {
	t.Helper()
	facts, err := os.ReadFile("codepages.json")
	if err != nil {
		t.Fatal(err)
	}
	var cp struct {
		Pages []struct {
			Page byte
			Tags []struct {
				Token   byte
				Aliases []string
			}
		}
	}
	if err := json.Unmarshal(facts, &cp); err != nil {
		t.Fatal(err)
	}
	aliases := map[Tag][]string{}
	for _, p := range cp.Pages {
		for _, tag := range p.Tags {
			aliases[NewTag(p.Page, tag.Token)] = tag.Aliases
		}
	}
	return aliases
}
