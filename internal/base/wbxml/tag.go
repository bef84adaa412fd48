package wbxml

import "fmt"

// Tag is an element: code page in the high byte, token (5 to 63) in the low byte. The zero Tag stands for an element
// that is named by the string table and not by a token.
type Tag uint16

// NewTag returns the tag of a code page and token. The content and attribute bits of token are dropped.
func NewTag(page, token byte) Tag { return Tag(page)<<8 | Tag(token&tokenMask) }

// Page returns the code page.
func (t Tag) Page() byte { return byte(t >> 8) }

// Token returns the token without the content and attribute bits.
func (t Tag) Token() byte { return byte(t) & tokenMask }

// Namespace returns the name of the code page, "" when it is not known.
func (t Tag) Namespace() string {
	if int(t.Page()) >= len(namespaces) {
		return ""
	}
	return namespaces[t.Page()]
}

// Name returns the element's name within its namespace, "" when it is not known.
func (t Tag) Name() string {
	if int(t.Page()) >= len(names) {
		return ""
	}
	return names[t.Page()][t.Token()]
}

// String returns "Namespace:Name", or the numbers of a tag that is not known.
func (t Tag) String() string {
	if name := t.Name(); name != "" {
		return t.Namespace() + ":" + name
	}
	return fmt.Sprintf("page%d:0x%02X", t.Page(), t.Token())
}
