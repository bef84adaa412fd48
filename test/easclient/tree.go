package easclient

import (
	"fmt"
	"strings"
)

// Node is one element of a document. It has text or children; text is kept as the bytes that came, which need not
// be valid UTF-8 (mail often is not).
type Node struct {
	Space    string // namespace without the final colon, for example "AirSync"
	Name     string
	Text     string
	Opaque   bool // the text came, and is sent, as OPAQUE instead of an inline string
	Children []*Node
}

// el makes an element; name is "Namespace:Tag".
func el(name string, children ...*Node) *Node {
	space, tag, _ := strings.Cut(name, ":")
	return &Node{Space: space, Name: tag, Children: children}
}

// txt makes an element with text.
func txt(name, text string) *Node {
	n := el(name)
	n.Text = text
	return n
}

// blob makes an element whose text travels as OPAQUE.
func blob(name string, data []byte) *Node {
	n := txt(name, string(data))
	n.Opaque = true
	return n
}

// add appends the children that are not nil and returns n.
func (n *Node) add(children ...*Node) *Node {
	for _, c := range children {
		if c != nil {
			n.Children = append(n.Children, c)
		}
	}
	return n
}

// All returns the elements at a path of tag names below n ("Collections/Collection/SyncKey"). A tag may be given
// with its namespace ("Provision:Status"). The empty path is n itself; a nil n has nothing below it.
func (n *Node) All(path string) []*Node {
	if n == nil {
		return nil
	}
	found := []*Node{n}
	if path == "" {
		return found
	}
	for tag := range strings.SplitSeq(path, "/") {
		var next []*Node
		for _, f := range found {
			for _, c := range f.Children {
				if c.is(tag) {
					next = append(next, c)
				}
			}
		}
		found = next
	}
	return found
}

func (n *Node) is(tag string) bool {
	if space, name, ok := strings.Cut(tag, ":"); ok {
		return n.Space == space && n.Name == name
	}
	return n.Name == tag
}

// Find returns the first element at the path, or nil.
func (n *Node) Find(path string) *Node {
	if all := n.All(path); len(all) > 0 {
		return all[0]
	}
	return nil
}

// Get returns the text of the first element at the path, or "".
func (n *Node) Get(path string) string {
	if f := n.Find(path); f != nil {
		return f.Text
	}
	return ""
}

// Has says whether an element stands at the path.
func (n *Node) Has(path string) bool { return n.Find(path) != nil }

// Equal compares two documents whole; how a text travelled (inline or OPAQUE) does not count.
func (n *Node) Equal(m *Node) bool {
	if n == nil || m == nil {
		return n == m
	}
	if n.Space != m.Space || n.Name != m.Name || n.Text != m.Text || len(n.Children) != len(m.Children) {
		return false
	}
	for i := range n.Children {
		if !n.Children[i].Equal(m.Children[i]) {
			return false
		}
	}
	return true
}

// String prints the tree on one line: Space:Tag{...} for elements and Space:Tag="text" for text, which is cut after
// 200 bytes. The namespace is left out where it is the parent's.
func (n *Node) String() string {
	var b strings.Builder
	n.print(&b, "")
	return b.String()
}

func (n *Node) print(b *strings.Builder, space string) {
	if n == nil {
		return
	}
	if n.Space != space {
		b.WriteString(n.Space + ":")
	}
	b.WriteString(n.Name)
	if n.Text != "" {
		text := n.Text
		if len(text) > 200 {
			text = text[:200]
		}
		fmt.Fprintf(b, "=%q", text)
	}
	if len(n.Children) == 0 {
		return
	}
	b.WriteByte('{')
	for i, c := range n.Children {
		if i > 0 {
			b.WriteByte(' ')
		}
		c.print(b, n.Space)
	}
	b.WriteByte('}')
}
