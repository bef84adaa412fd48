package foreign

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

const (
	maxDepth  = 8
	maxValue  = 4096
	maxFields = 64 // of one item
)

var errDepth = errors.New("elements lie too deep in one another")

// readXML reads a message of OCS Inventory or FusionInventory: REQUEST with DEVICEID, QUERY and CONTENT.
func readXML(in io.Reader) (Message, sections, error) {
	d := xml.NewDecoder(in)
	d.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		if strings.EqualFold(label, "iso-8859-1") || strings.EqualFold(label, "iso-8859-15") {
			return charmap.ISO8859_15.NewDecoder().Reader(r), nil
		}
		return nil, errors.New("the encoding is neither UTF-8 nor ISO-8859-1")
	}
	x := xmlReader{d: d, raw: sections{}}
	err := x.request()
	x.m.Kind = Other
	switch strings.ToUpper(x.query) {
	case "PROLOG":
		x.m.Kind = Prolog
	case "INVENTORY":
		x.m.Kind = Inventory
	}
	return x.m, x.raw, err
}

type xmlReader struct {
	d     *xml.Decoder
	m     Message
	raw   sections
	query string
}

// request reads to the end of the document, so that nothing follows it.
func (x *xmlReader) request() error {
	inside := false
	for {
		t, err := x.d.Token()
		if errors.Is(err, io.EOF) && inside {
			return nil
		}
		if err != nil {
			return err
		}
		e, ok := t.(xml.StartElement)
		switch {
		case !ok:
		case inside:
			return errors.New("more than one element at the top")
		case e.Name.Local != "REQUEST":
			return errors.New("the element at the top is not REQUEST")
		default:
			inside = true
			if err := x.children(func(name string) error { return x.part(name) }); err != nil {
				return err
			}
		}
	}
}

// children calls fn at the beginning of each element within the one that has begun; fn reads it to its end.
func (x *xmlReader) children(fn func(name string) error) error {
	for {
		t, err := x.d.Token()
		if err != nil {
			return err
		}
		switch e := t.(type) {
		case xml.StartElement:
			if err := fn(strings.ToUpper(e.Name.Local)); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

func (x *xmlReader) part(name string) (err error) {
	switch name {
	case "DEVICEID":
		x.m.Device, err = x.text()
	case "QUERY":
		x.query, err = x.text()
	case "CONTENT":
		err = x.children(x.section)
	default:
		err = x.pass()
	}
	return err
}

func (x *xmlReader) section(name string) error {
	if wanted[name] == 0 {
		return x.pass()
	}
	if name == "VERSIONCLIENT" {
		text, err := x.text()
		x.m.Agent = text
		return err
	}
	r := row{}
	err := x.fields(r, "", 0)
	x.raw.add(name, r)
	return err
}

// fields reads the elements of an item; those within others are named with a dot, and those that come again are joined.
func (x *xmlReader) fields(r row, prefix string, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	var text strings.Builder
	nested := false
	for {
		t, err := x.d.Token()
		if err != nil {
			return err
		}
		switch e := t.(type) {
		case xml.StartElement:
			nested = true
			name := strings.ToUpper(e.Name.Local)
			if prefix != "" {
				name = prefix + "." + name
			}
			if err := x.fields(r, name, depth+1); err != nil {
				return err
			}
		case xml.CharData:
			if text.Len() < maxValue {
				text.Write(e)
			}
		case xml.EndElement:
			if !nested && prefix != "" {
				r.join(prefix, text.String())
			}
			return nil
		}
	}
}

func (r row) join(name, value string) {
	value = strings.TrimSpace(value)
	if _, there := r[name]; value == "" || !there && len(r) == maxFields {
		return
	}
	if had := r[name]; had != "" {
		value = had + "," + value
	}
	if len(value) > maxValue {
		value = value[:maxValue]
	}
	r[name] = value
}

// text reads what the element that has begun holds.
func (x *xmlReader) text() (string, error) {
	r := row{}
	err := x.fields(r, "T", 0)
	return r["T"], err
}

// pass reads over the element that has begun. [xml.Decoder.Skip] bounds its depth by memory alone.
func (x *xmlReader) pass() error {
	for depth := 1; depth > 0; {
		t, err := x.d.Token()
		if err != nil {
			return err
		}
		switch t.(type) {
		case xml.StartElement:
			depth++
			if depth > maxDepth {
				return errDepth
			}
		case xml.EndElement:
			depth--
		}
	}
	return nil
}
