package wbxml

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// The hard limits of every document that is read. Real ActiveSync frames nest fewer than 16 deep.
const (
	MaxDepth       = 48        // open elements at one time
	MaxStringTable = 4 << 10   // bytes of the string table
	MaxSize        = 64 << 20  // bytes of a document
	MaxInteger     = 1<<32 - 1 // multi-byte integers (WBXML 1.3 section 5.1)
)

// The errors of reading. They are constant, so that a hostile document costs no memory.
var (
	ErrTruncated   = errors.New("wbxml: the document ends too early")
	ErrTooDeep     = errors.New("wbxml: elements nest too deep")
	ErrTooLarge    = errors.New("wbxml: the document is too large")
	ErrTooMany     = errors.New("wbxml: too many elements")
	ErrLength      = errors.New("wbxml: a length reaches beyond the document")
	ErrInteger     = errors.New("wbxml: an integer is out of range")
	ErrVersion     = errors.New("wbxml: not a WBXML 1.0 to 1.3 document")
	ErrCharset     = errors.New("wbxml: the character set is not UTF-8")
	ErrTable       = errors.New("wbxml: the string table is too large or misused")
	ErrUnsupported = errors.New("wbxml: attributes, extensions and processing instructions are no part of ActiveSync")
	ErrStructure   = errors.New("wbxml: content outside the root element")
)

// Global tokens (WBXML 1.3 section 7.1).
const (
	switchPage  = 0x00
	end         = 0x01
	entity      = 0x02
	strI        = 0x03
	literal     = 0x04
	literalC    = 0x44
	strT        = 0x83
	opaque      = 0xC3
	contentBit  = 0x40
	attrBit     = 0x80
	tokenMask   = 0x3F
	firstToken  = 0x05
	charsetUTF8 = 106
)

// Kind is the kind of a token.
type Kind uint8

// The kinds of a token. An element without content is a Start followed by an End, so that every Start has its End.
const (
	Start Kind = iota + 1
	End
	Text
	Opaque
)

// Token is one step through a document.
type Token struct {
	Kind Kind
	Tag  Tag    // of Start and End; zero when the element is named by the string table
	Data []byte // of Text and Opaque: part of the document, or valid only until the next call for a character entity
}

// Walker steps through a document without allocating. Its zero value is an empty document; use [NewWalker].
type Walker struct {
	body   []byte
	table  []byte
	pos    int
	depth  int
	page   byte
	empty  bool // the End of an element without content is due
	closed bool // the root element has ended
	stack  [MaxDepth]Tag
	char   [utf8.UTFMax]byte
}

// NewWalker reads the header of body: version, public identifier, character set and string table.
func NewWalker(body []byte) (Walker, error) {
	w := Walker{body: body}
	if len(body) > MaxSize {
		return w, ErrTooLarge
	}
	if err := w.header(); err != nil {
		return w, err
	}
	return w, nil
}

func (w *Walker) header() error {
	version, err := w.byte()
	if err != nil {
		return err
	}
	if version > 3 {
		return ErrVersion
	}
	public, err := w.integer()
	if err != nil {
		return err
	}
	if public == 0 { // an index into the string table follows; what it names is of no interest
		if _, err := w.integer(); err != nil {
			return err
		}
	}
	if version > 0 { // WBXML 1.0 has no character set
		charset, err := w.integer()
		if err != nil {
			return err
		}
		if charset != charsetUTF8 && charset != 0 && charset != 3 { // 0 is "unknown", 3 is US-ASCII
			return ErrCharset
		}
	}
	size, err := w.integer()
	if err != nil {
		return err
	}
	if size > MaxStringTable {
		return ErrTable
	}
	w.table, err = w.take(size)
	return err
}

// Depth returns how many elements are open.
func (w *Walker) Depth() int { return w.depth }

// Parent returns the innermost open element, zero outside the root. After a Start that is the started element.
func (w *Walker) Parent() Tag {
	if w.depth == 0 {
		return 0
	}
	return w.stack[w.depth-1]
}

// Next returns the next token. After the root's End it returns io.EOF, or ErrStructure when bytes remain. After an
// error the walker must not be used.
func (w *Walker) Next() (Token, error) {
	if w.empty {
		w.empty = false
		return w.close(), nil
	}
	for {
		if w.closed {
			return Token{}, w.tail()
		}
		b, err := w.byte()
		if err != nil {
			return Token{}, err
		}
		switch {
		case b == switchPage:
			if w.page, err = w.byte(); err != nil {
				return Token{}, err
			}
		case b == literal || b == literalC:
			return w.literal(b)
		case b&tokenMask >= firstToken:
			return w.open(b, NewTag(w.page, b))
		case w.depth == 0:
			return Token{}, ErrStructure
		case b == end:
			return w.close(), nil
		default:
			return w.content(b)
		}
	}
}

func (w *Walker) tail() error {
	if w.pos < len(w.body) {
		return ErrStructure
	}
	return io.EOF
}

func (w *Walker) open(b byte, tag Tag) (Token, error) {
	if b&attrBit != 0 {
		return Token{}, ErrUnsupported
	}
	if w.depth == MaxDepth {
		return Token{}, ErrTooDeep
	}
	w.stack[w.depth] = tag
	w.depth++
	w.empty = b&contentBit == 0
	return Token{Kind: Start, Tag: tag}, nil
}

func (w *Walker) literal(b byte) (Token, error) {
	index, err := w.integer()
	if err != nil {
		return Token{}, err
	}
	if index >= uint32(len(w.table)) {
		return Token{}, ErrTable
	}
	return w.open(b, 0)
}

func (w *Walker) close() Token {
	w.depth--
	w.closed = w.depth == 0
	return Token{Kind: End, Tag: w.stack[w.depth]}
}

func (w *Walker) content(b byte) (Token, error) {
	switch b {
	case strI:
		data, err := terminated(w.body[w.pos:])
		w.pos += len(data) + 1
		return Token{Kind: Text, Data: data}, err
	case strT:
		data, err := w.tableString()
		return Token{Kind: Text, Data: data}, err
	case opaque:
		size, err := w.integer()
		if err != nil {
			return Token{}, err
		}
		data, err := w.take(size)
		return Token{Kind: Opaque, Data: data}, err
	case entity:
		code, err := w.integer()
		if err != nil {
			return Token{}, err
		}
		if code > utf8.MaxRune {
			return Token{}, ErrInteger
		}
		n := utf8.EncodeRune(w.char[:], rune(code))
		return Token{Kind: Text, Data: w.char[:n]}, nil
	}
	return Token{}, ErrUnsupported
}

func (w *Walker) tableString() ([]byte, error) {
	index, err := w.integer()
	if err != nil {
		return nil, err
	}
	if index >= uint32(len(w.table)) {
		return nil, ErrTable
	}
	data, err := terminated(w.table[index:])
	if err != nil {
		return nil, ErrTable
	}
	return data, nil
}

func terminated(b []byte) ([]byte, error) {
	n := bytes.IndexByte(b, 0)
	if n < 0 {
		return nil, ErrTruncated
	}
	return b[:n], nil
}

func (w *Walker) byte() (byte, error) {
	if w.pos >= len(w.body) {
		return 0, ErrTruncated
	}
	b := w.body[w.pos]
	w.pos++
	return b, nil
}

func (w *Walker) take(n uint32) ([]byte, error) {
	if uint64(n) > uint64(len(w.body)-w.pos) {
		return nil, ErrLength
	}
	data := w.body[w.pos : w.pos+int(n)]
	w.pos += int(n)
	return data, nil
}

// integer reads a multi-byte integer of at most 32 bits (WBXML 1.3 section 5.1).
func (w *Walker) integer() (uint32, error) {
	var v uint64
	for range 5 {
		b, err := w.byte()
		if err != nil {
			return 0, err
		}
		v = v<<7 | uint64(b&0x7F)
		if v > MaxInteger {
			return 0, ErrInteger
		}
		if b&0x80 == 0 {
			return uint32(v), nil
		}
	}
	return 0, ErrInteger
}
