package wbxml

import (
	"errors"
	"io"
	"strconv"
	"strings"
)

// MaxNodes bounds the elements of a parsed tree together with their pieces of text. The largest frame that Drover
// terminates, a Provision with long application lists, stays far below.
const MaxNodes = 8192

// ContentType is the media type of a WBXML frame of ActiveSync (MS-ASHTTP section 2.2.1.1.2.2).
const ContentType = "application/vnd.ms-sync.wbxml"

// Node is an element with its text and its children. Where both are set, the text comes first.
type Node struct {
	Tag      Tag
	Text     string
	Opaque   bool // the text is written as, or was read from, opaque data
	Children []*Node
}

// Elem returns an element with children; nil children are left out.
func Elem(tag Tag, children ...*Node) *Node {
	n := &Node{Tag: tag}
	for _, c := range children {
		if c != nil {
			n.Children = append(n.Children, c)
		}
	}
	return n
}

// Leaf returns an element with text. An empty text makes an empty element.
func Leaf(tag Tag, text string) *Node { return &Node{Tag: tag, Text: text} }

// Int returns an element with a decimal number.
func Int[N ~int | ~int64 | ~uint32](tag Tag, n N) *Node {
	return Leaf(tag, strconv.FormatInt(int64(n), 10))
}

// Child returns the first child with the tag, or nil. It may be called on nil, so that paths can be chained.
func (n *Node) Child(tag Tag) *Node {
	if n == nil {
		return nil
	}
	for _, c := range n.Children {
		if c.Tag == tag {
			return c
		}
	}
	return nil
}

// All returns the children. Like Child it may be called on nil.
func (n *Node) All() []*Node {
	if n == nil {
		return nil
	}
	return n.Children
}

// Value returns the text with surrounding white space removed, "" for nil.
func (n *Node) Value() string {
	if n == nil {
		return ""
	}
	return strings.TrimSpace(n.Text)
}

// Parse builds the tree of a document. All memory together is bounded by the size of body and MaxNodes. Elements that
// are not known are kept.
func Parse(body []byte) (*Node, error) {
	w, err := NewWalker(body)
	if err != nil {
		return nil, err
	}
	var open [MaxDepth + 1]*Node
	open[0] = &Node{}
	for steps := 0; ; {
		tok, err := w.Next()
		if errors.Is(err, io.EOF) {
			return open[0].Children[0], nil
		}
		if err != nil {
			return nil, err
		}
		if tok.Kind != End {
			steps++
		}
		if steps > MaxNodes {
			return nil, ErrTooMany
		}
		switch tok.Kind {
		case Start:
			parent, n := open[w.depth-1], &Node{Tag: tok.Tag}
			parent.Children = append(parent.Children, n)
			open[w.depth] = n
		case Text, Opaque:
			n := open[w.depth]
			if len(n.Text) > 0 && len(n.Text)+len(tok.Data) > maxJoined {
				return nil, ErrTooLarge
			}
			n.Text += string(tok.Data)
			n.Opaque = n.Opaque || tok.Kind == Opaque
		}
	}
}

// maxJoined bounds a text that arrives in several pieces, so that thousands of small pieces cost little.
const maxJoined = 16 << 10

// Encode returns the document of the tree with the header 03 01 6A 00, the only one that all clients accept. A NUL
// cannot be expressed in an inline string and is dropped.
func (n *Node) Encode() []byte {
	e := encoder{buf: append(make([]byte, 0, 256), 0x03, 0x01, charsetUTF8, 0x00)}
	e.node(n)
	return e.buf
}

type encoder struct {
	buf  []byte
	page byte
}

func (e *encoder) node(n *Node) {
	if n.Tag.Page() != e.page {
		e.page = n.Tag.Page()
		e.buf = append(e.buf, switchPage, e.page)
	}
	if n.Text == "" && len(n.Children) == 0 {
		e.buf = append(e.buf, n.Tag.Token())
		return
	}
	e.buf = append(e.buf, n.Tag.Token()|contentBit)
	e.text(n)
	for _, c := range n.Children {
		e.node(c)
	}
	e.buf = append(e.buf, end)
}

func (e *encoder) text(n *Node) {
	switch {
	case n.Text == "":
	case n.Opaque:
		e.buf = append(e.buf, opaque)
		e.integer(uint32(len(n.Text)))
		e.buf = append(e.buf, n.Text...)
	default:
		e.buf = append(e.buf, strI)
		e.buf = append(e.buf, strings.ReplaceAll(n.Text, "\x00", "")...)
		e.buf = append(e.buf, 0)
	}
}

func (e *encoder) integer(v uint32) {
	var b [5]byte
	i := len(b) - 1
	b[i] = byte(v & 0x7F)
	for v >>= 7; v > 0; v >>= 7 {
		i--
		b[i] = byte(v&0x7F) | 0x80
	}
	e.buf = append(e.buf, b[i:]...)
}
