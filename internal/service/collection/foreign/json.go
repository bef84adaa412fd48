package foreign

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// readJSON reads a message of GLPI's own protocol: action, deviceid, and content with a list for each section.
func readJSON(in io.Reader) (m Message, raw sections, err error) {
	x := jsonReader{d: json.NewDecoder(in), raw: sections{}}
	x.d.UseNumber()
	m.JSON = true
	action := ""
	err = x.object(func(name string) (err error) {
		switch strings.ToLower(name) {
		case "action":
			action, err = x.text()
		case "deviceid":
			m.Device, err = x.text()
		case "partial":
			var said string
			said, err = x.text()
			m.Partial = said == "true" || said == "1"
		case "name":
			m.Agent, err = x.text()
		case "version":
			var version string
			version, err = x.text()
			m.Agent += " " + version
		case "content":
			err = x.object(x.section)
		default:
			err = x.pass()
		}
		return err
	})
	if err == nil {
		if _, end := x.d.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("something follows the object")
		}
	}
	if v := x.raw.one("VERSIONCLIENT"); v != nil {
		m.Agent = v["T"]
	}
	m.Kind = Other
	switch action {
	case "contact":
		m.Kind = Contact
	case "inventory", "": // an agent that writes to a file, or by way of another, leaves it out
		m.Kind = Inventory
	}
	return m, x.raw, err
}

type jsonReader struct {
	d   *json.Decoder
	raw sections
}

// object calls fn at each value of the object that comes next; fn reads it.
func (x jsonReader) object(fn func(name string) error) error {
	if err := x.begin('{'); err != nil {
		return err
	}
	for x.d.More() {
		t, err := x.d.Token()
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok {
			return errors.New("a name is missing")
		}
		if err := fn(name); err != nil {
			return err
		}
	}
	_, err := x.d.Token()
	return err
}

func (x jsonReader) begin(want json.Delim) error {
	t, err := x.d.Token()
	if err == nil && t != want {
		err = fmt.Errorf("%v instead of %v", t, want)
	}
	return err
}

// section reads one object, a list of them, or a text.
func (x jsonReader) section(name string) error {
	name = strings.ToUpper(name)
	if wanted[name] == 0 {
		return x.pass()
	}
	t, err := x.d.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		return x.item(name)
	case json.Delim('['):
		for x.d.More() {
			if err := x.begin('{'); err != nil {
				return err
			}
			if err := x.item(name); err != nil {
				return err
			}
		}
		_, err = x.d.Token()
		return err
	}
	x.raw.add(name, row{"T": scalar(t)})
	return nil
}

// item reads the object that has begun.
func (x jsonReader) item(name string) error {
	r := row{}
	err := x.fields(r, "", 0)
	x.raw.add(name, r)
	return err
}

// fields reads the object that has begun, to its end.
func (x jsonReader) fields(r row, prefix string, depth int) error {
	for x.d.More() {
		t, err := x.d.Token()
		if err != nil {
			return err
		}
		key, _ := t.(string)
		if err := x.value(r, prefix+strings.ToUpper(key), depth); err != nil {
			return err
		}
	}
	_, err := x.d.Token()
	return err
}

// value reads whatever comes next into the field: lists are joined, objects named with a dot.
func (x jsonReader) value(r row, name string, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	t, err := x.d.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		return x.fields(r, name+".", depth+1)
	case json.Delim('['):
		for x.d.More() {
			if err := x.value(r, name, depth+1); err != nil {
				return err
			}
		}
		_, err = x.d.Token()
		return err
	}
	r.join(name, scalar(t))
	return nil
}

func (x jsonReader) text() (string, error) {
	t, err := x.d.Token()
	if _, deep := t.(json.Delim); deep {
		return "", errors.New("a text was expected")
	}
	return scalar(t), err
}

func scalar(t json.Token) string {
	if t == nil {
		return ""
	}
	return fmt.Sprint(t)
}

// pass reads over one value.
func (x jsonReader) pass() error {
	depth := 0
	for {
		t, err := x.d.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		if depth > maxDepth {
			return errDepth
		}
	}
}
