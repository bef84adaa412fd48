package easclient

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Tokens of WBXML 1.3 section 7.1, as far as MS-ASWBXML uses them.
const (
	tokSwitchPage = 0x00
	tokEnd        = 0x01
	tokEntity     = 0x02
	tokStrI       = 0x03
	tokStrT       = 0x83
	tokOpaque     = 0xC3

	bitContent = 0x40
	bitAttrs   = 0x80
	tokenMask  = 0x3F
	firstTag   = 0x05
)

// maxDepth bounds nesting: the deepest document of the specification has about a dozen levels.
const maxDepth = 64

// standardHeader is version 1.3, public identifier 1 (unknown), UTF-8, no string table. Some clients skip exactly
// these four bytes unread, so a server that writes frames of its own must write this header.
var standardHeader = []byte{0x03, 0x01, 0x6A, 0x00}

// HasStandardHeader says whether a frame begins with 03 01 6A 00.
func HasStandardHeader(frame []byte) bool { return bytes.HasPrefix(frame, standardHeader) }

// Encode writes a document with the standard header. It fails on a tag that no code page has and on text with a NUL
// that does not travel as OPAQUE.
func Encode(root *Node) ([]byte, error) {
	e := &encoder{buf: bytes.Clone(standardHeader)}
	if err := e.node(root, 1); err != nil {
		return nil, err
	}
	return e.buf, nil
}

type encoder struct {
	buf  []byte
	page byte
}

func (e *encoder) node(n *Node, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested deeper than %d", maxDepth)
	}
	c, err := pages.code(n.Space, n.Name)
	if err != nil {
		return err
	}
	if c.page != e.page {
		e.buf = append(e.buf, tokSwitchPage, c.page)
		e.page = c.page
	}
	if n.Text == "" && !n.Opaque && len(n.Children) == 0 {
		e.buf = append(e.buf, c.token)
		return nil
	}
	e.buf = append(e.buf, c.token|bitContent)
	if err := e.text(n); err != nil {
		return err
	}
	for _, child := range n.Children {
		if err := e.node(child, depth+1); err != nil {
			return err
		}
	}
	e.buf = append(e.buf, tokEnd)
	return nil
}

func (e *encoder) text(n *Node) error {
	switch {
	case n.Opaque:
		e.buf = append(e.buf, tokOpaque)
		e.buf = appendUint(e.buf, uint32(len(n.Text)))
		e.buf = append(e.buf, n.Text...)
	case n.Text != "":
		if bytes.IndexByte([]byte(n.Text), 0) >= 0 {
			return fmt.Errorf("%s: NUL inside an inline string", n.Name)
		}
		e.buf = append(e.buf, tokStrI)
		e.buf = append(e.buf, n.Text...)
		e.buf = append(e.buf, 0)
	}
	return nil
}

// appendUint writes a multi-byte integer (WBXML 1.3 section 5.1): seven bits a byte, most significant first.
func appendUint(b []byte, v uint32) []byte {
	for shift := 28; shift > 0; shift -= 7 {
		if v>>shift != 0 {
			b = append(b, byte(v>>shift)|0x80)
		}
	}
	return append(b, byte(v&0x7F))
}

var errTruncated = errors.New("the document ends too early")

// Decode reads one document. It accepts string tables and other public identifiers (libwbxml writes them), names
// unknown tags by their number, and refuses attributes, other charsets than UTF-8, nesting over 64 levels and bytes
// after the end.
func Decode(frame []byte) (*Node, error) {
	d := &decoder{rest: frame}
	if err := d.header(); err != nil {
		return nil, err
	}
	root, err := d.body()
	if err != nil {
		return nil, fmt.Errorf("at byte %d: %w", len(frame)-len(d.rest), err)
	}
	return root, nil
}

type decoder struct {
	rest  []byte
	table []byte
	page  byte
}

func (d *decoder) header() error {
	version, err := d.byte()
	if err != nil {
		return err
	}
	if version > 3 {
		return fmt.Errorf("WBXML version byte %#02x", version)
	}
	public, err := d.uint()
	if err != nil {
		return err
	}
	if public == 0 { // the identifier is a string of the table
		if _, err := d.uint(); err != nil {
			return err
		}
	}
	charset, err := d.uint()
	if err != nil {
		return err
	}
	if charset != 106 {
		return fmt.Errorf("charset %d instead of 106 (UTF-8)", charset)
	}
	length, err := d.uint()
	if err != nil {
		return err
	}
	d.table, err = d.take(length)
	return err
}

func (d *decoder) body() (*Node, error) {
	var root *Node
	var open []*Node
	for len(d.rest) > 0 {
		if root != nil && len(open) == 0 {
			return nil, errors.New("bytes after the end of the document")
		}
		token, _ := d.byte()
		switch token {
		case tokSwitchPage:
			page, err := d.byte()
			if err != nil {
				return nil, err
			}
			d.page = page
		case tokEnd:
			if len(open) == 0 {
				return nil, errors.New("END without an open element")
			}
			open = open[:len(open)-1]
		case tokStrI, tokStrT, tokOpaque, tokEntity:
			if len(open) == 0 {
				return nil, errors.New("text outside an element")
			}
			text, err := d.text(token)
			if err != nil {
				return nil, err
			}
			top := open[len(open)-1]
			top.Text += text
			top.Opaque = top.Opaque || token == tokOpaque
		default:
			node, err := d.tag(token)
			if err != nil {
				return nil, err
			}
			if len(open) > 0 {
				open[len(open)-1].add(node)
			} else {
				root = node
			}
			if token&bitContent != 0 {
				open = append(open, node)
			}
			if len(open) > maxDepth {
				return nil, fmt.Errorf("nested deeper than %d", maxDepth)
			}
		}
	}
	if root == nil || len(open) > 0 {
		return nil, errTruncated
	}
	return root, nil
}

func (d *decoder) tag(token byte) (*Node, error) {
	if token&bitAttrs != 0 || token&tokenMask < firstTag {
		return nil, fmt.Errorf("token %#02x, which ActiveSync does not use", token)
	}
	space, name := pages.lookup(code{d.page, token & tokenMask})
	return &Node{Space: space, Name: name}, nil
}

func (d *decoder) text(token byte) (string, error) {
	switch token {
	case tokStrI:
		return d.inline()
	case tokEntity:
		r, err := d.uint()
		if err != nil {
			return "", err
		}
		if !utf8.ValidRune(rune(r)) {
			return "", fmt.Errorf("entity %#x is no character", r)
		}
		return string(rune(r)), nil
	case tokStrT:
		at, err := d.uint()
		if err != nil {
			return "", err
		}
		if int64(at) >= int64(len(d.table)) {
			return "", errors.New("string reference outside the table")
		}
		s, _, _ := bytes.Cut(d.table[at:], []byte{0})
		return string(s), nil
	default:
		length, err := d.uint()
		if err != nil {
			return "", err
		}
		data, err := d.take(length)
		return string(data), err
	}
}

func (d *decoder) inline() (string, error) {
	s, rest, ok := bytes.Cut(d.rest, []byte{0})
	if !ok {
		return "", errTruncated
	}
	d.rest = rest
	return string(s), nil
}

func (d *decoder) byte() (byte, error) {
	if len(d.rest) == 0 {
		return 0, errTruncated
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b, nil
}

func (d *decoder) take(n uint32) ([]byte, error) {
	if int64(n) > int64(len(d.rest)) {
		return nil, errTruncated
	}
	data := d.rest[:n]
	d.rest = d.rest[n:]
	return data, nil
}

// uint reads a multi-byte integer of at most 32 bits.
func (d *decoder) uint() (uint32, error) {
	var v uint64
	for range 5 {
		b, err := d.byte()
		if err != nil {
			return 0, err
		}
		v = v<<7 | uint64(b&0x7F)
		if v > 1<<32-1 {
			break
		}
		if b&0x80 == 0 {
			return uint32(v), nil
		}
	}
	return 0, errors.New("integer over 32 bits")
}
