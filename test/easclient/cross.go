package easclient

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// CrossDecode decodes a frame with wbxml2xml (Debian package libwbxml2-utils) and with Decode, and returns an error
// that names the first difference. Known and allowed: libwbxml writes `unknown` for tags newer than 14.1, prints
// OPAQUE as base64 or as text, other names of the same token, and XML folds line ends.
func CrossDecode(ctx context.Context, frame []byte) error {
	own, err := Decode(frame)
	if err != nil {
		return err
	}
	text, err := wbxml2xml(ctx, frame)
	if err != nil {
		return err
	}
	foreign, err := parseXML(text)
	if err != nil {
		return fmt.Errorf("wbxml2xml printed no XML: %w", err)
	}
	if err := agree(own, foreign); err != nil {
		return fmt.Errorf("wbxml2xml decodes differently: %w", err)
	}
	return nil
}

func wbxml2xml(ctx context.Context, frame []byte) ([]byte, error) {
	file, err := os.CreateTemp("", "frame-*.wbxml")
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	if _, err := file.Write(frame); err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, "wbxml2xml", "-m", "0", "-k", "-l", "ACTIVESYNC", "-o", "-", file.Name())
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("wbxml2xml: %w: %s", err, strings.TrimSpace(errs.String()))
	}
	return out.Bytes(), nil
}

// parseXML builds the tree of what wbxml2xml prints.
func parseXML(text []byte) (*Node, error) {
	dec := xml.NewDecoder(bytes.NewReader(text))
	var root *Node
	var open []*Node
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) && root != nil {
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			node := &Node{Space: strings.TrimSuffix(token.Name.Space, ":"), Name: token.Name.Local}
			if len(open) > 0 {
				open[len(open)-1].add(node)
			} else {
				root = node
			}
			open = append(open, node)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].Text += string(token)
			}
		}
	}
}

func agree(own, foreign *Node) error {
	same := strings.EqualFold(own.Space, foreign.Space) && pages.sameTag(own.Space, own.Name, foreign.Name)
	if !same && foreign.Name != "unknown" {
		return fmt.Errorf("%s:%s here, %s:%s there", own.Space, own.Name, foreign.Space, foreign.Name)
	}
	if len(own.Children) != len(foreign.Children) {
		return fmt.Errorf("%s: %d children here, %d there", own.Name, len(own.Children), len(foreign.Children))
	}
	if len(own.Children) == 0 && !sameText(own.Text, foreign.Text) {
		return fmt.Errorf("%s: text %.60q here, %.60q there", own.Name, own.Text, foreign.Text)
	}
	for i := range own.Children {
		if err := agree(own.Children[i], foreign.Children[i]); err != nil {
			return fmt.Errorf("%s/%w", own.Name, err)
		}
	}
	return nil
}

func sameText(own, foreign string) bool {
	fold := func(s string) string {
		return strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s))
	}
	if fold(own) == fold(foreign) {
		return true
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(foreign))
	return err == nil && string(data) == own
}
