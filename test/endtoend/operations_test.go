package endtoend

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// walker calls every operation of an API by its published description, and puts hostile text into each place that takes text.
type walker struct {
	url    string // of the server
	header http.Header
	client *http.Client

	schemas map[string]map[string]any
	places  []place
}

// place is one text of one operation: a parameter, or a value within the body.
type place struct {
	method, path string
	in, name     string // "path", "query" or "body"; for the body a JSON pointer of ours
	parameters   []parameter
	body         map[string]any // its schema, nil for none
	table        bool           // the body is CSV
	listed       bool           // the description lists what may stand here
}

type parameter struct {
	Name     string         `json:"name"`
	In       string         `json:"in"`
	Required bool           `json:"required"`
	Schema   map[string]any `json:"schema"`
}

func (p place) String() string { return p.method + " " + p.path + ", " + p.in + " " + p.name }

// unwalked are operations that end the walk: one's own session, and a stream that never ends.
var unwalked = []string{"DELETE /api/v1/session", "GET /api/v1/events"}

// walk reads the description of an API at a path of the server.
func walk(t *testing.T, server, description string, client *http.Client, header http.Header) *walker {
	t.Helper()
	w := &walker{url: server, client: client, header: header}
	_, text := w.ask(t, http.MethodGet, description, nil, "")
	var spec struct {
		Paths map[string]map[string]struct {
			Parameters  []parameter `json:"parameters"`
			RequestBody struct {
				Content map[string]struct{ Schema map[string]any }
			} `json:"requestBody"`
		} `json:"paths"`
		Components struct{ Schemas map[string]map[string]any }
	}
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	w.schemas = spec.Components.Schemas
	for _, path := range slices.Sorted(maps.Keys(spec.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(spec.Paths[path])) {
			op := spec.Paths[path][method]
			p := place{method: strings.ToUpper(method), path: path, parameters: op.Parameters}
			if slices.Contains(unwalked, p.method+" "+p.path) {
				continue
			}
			for media, content := range op.RequestBody.Content {
				p.body, p.table = content.Schema, media == "text/csv"
			}
			for _, x := range op.Parameters {
				if x.In == "path" || x.In == "query" {
					p.in, p.name, p.listed = x.In, x.Name, x.Schema["enum"] != nil || x.Name == "section"
					w.places = append(w.places, p)
				}
			}
			if p.body != nil {
				p.in = "body"
				w.texts(p.body, "", 0, func(pointer string, listed bool) { p.name, p.listed = pointer, listed; w.places = append(w.places, p) })
			}
		}
	}
	return w
}

// follow returns what a schema or the name of one stands for.
func (w *walker) follow(s map[string]any) map[string]any {
	if name, ok := s["$ref"].(string); ok {
		return w.schemas[name[strings.LastIndex(name, "/")+1:]]
	}
	return s
}

func typeOf(s map[string]any) string {
	switch x := s["type"].(type) {
	case string:
		return x
	case []any:
		for _, one := range x {
			if one != "null" {
				text, _ := one.(string)
				return text
			}
		}
	}
	return ""
}

func part(s map[string]any, name string) map[string]any {
	m, _ := s[name].(map[string]any)
	return m
}

// texts sees every place of a text in a schema. What refers to itself is followed so deep.
func (w *walker) texts(s map[string]any, pointer string, depth int, see func(pointer string, listed bool)) {
	s = w.follow(s)
	if depth > 5 {
		return
	}
	switch typeOf(s) {
	case "string", "":
		see(pointer, s["enum"] != nil || strings.HasSuffix(pointer, "/preset"))
	case "array":
		w.texts(part(s, "items"), pointer+"/0", depth+1, see)
	case "object":
		for _, name := range slices.Sorted(maps.Keys(part(s, "properties"))) {
			w.texts(part(part(s, "properties"), name), pointer+"/"+name, depth+1, see)
		}
		if more := part(s, "additionalProperties"); more != nil {
			see(pointer+"/*", false)
			w.texts(more, pointer+"/x", depth+1, see)
		}
	}
}

// value makes a value that fits a schema, with a hostile text where the pointer leads.
func (w *walker) value(s map[string]any, at, target, text string, depth int) any {
	s = w.follow(s)
	if at == target {
		return text
	}
	on := strings.HasPrefix(target, at+"/")
	switch typeOf(s) {
	case "object":
		out := map[string]any{}
		required, _ := s["required"].([]any)
		for name := range part(s, "properties") {
			if depth < 6 && (slices.Contains(required, any(name)) || on && strings.HasPrefix(target+"/", at+"/"+name+"/")) {
				out[name] = w.value(part(part(s, "properties"), name), at+"/"+name, target, text, depth+1)
			}
		}
		switch more := part(s, "additionalProperties"); {
		case target == at+"/*":
			out[text] = w.value(more, at+"/x", "none", text, depth+1)
		case more != nil && on && strings.HasPrefix(target+"/", at+"/x/"):
			out["x"] = w.value(more, at+"/x", target, text, depth+1)
		}
		return out
	case "array":
		if !on && depth > 2 {
			return []any{}
		}
		return []any{w.value(part(s, "items"), at+"/0", target, text, depth+1)}
	case "boolean":
		return false
	case "integer", "number":
		if least, ok := s["minimum"]; ok {
			return least
		}
		return 0
	}
	if list, ok := s["enum"].([]any); ok {
		return list[0]
	}
	if s["format"] == "date-time" {
		return "2026-01-01T00:00:00Z"
	}
	return "x"
}

// put calls the operation of a place with a text in it.
func (w *walker) put(t *testing.T, p place, text string) (status int, answer []byte) {
	path, query := p.path, url.Values{}
	for _, x := range p.parameters {
		fill := "x"
		if list, ok := x.Schema["enum"].([]any); ok {
			fill, _ = list[0].(string)
		}
		if typeOf(x.Schema) == "integer" {
			fill = "1"
		}
		here := p.in == x.In && p.name == x.Name
		if here {
			fill = text
		}
		switch {
		case x.In == "path":
			path = strings.Replace(path, "{"+x.Name+"}", url.PathEscape(fill), 1)
		case x.In == "query" && (here || x.Required):
			query.Set(x.Name, fill)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	if p.body == nil {
		return w.ask(t, p.method, path, nil, "")
	}
	if p.table {
		return w.ask(t, p.method, path, []byte("name,email\n"+strconv.Quote(text)+",x@example.org\n"), "text/csv")
	}
	target := "none"
	if p.in == "body" {
		target = p.name
	}
	raw, err := json.Marshal(w.value(p.body, "", target, text, 0))
	if err != nil {
		t.Error(err)
	}
	return w.ask(t, p.method, path, raw, "application/json")
}

func (w *walker) ask(t *testing.T, method, path string, body []byte, media string) (status int, answer []byte) {
	r, err := http.NewRequestWithContext(t.Context(), method, w.url+path, bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, nil
	}
	r.Header = w.header.Clone()
	r.Header.Set("If-Match", `"1"`)
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	res, err := w.client.Do(r)
	if err != nil {
		t.Errorf("%s %.80s: %v", method, path, err)
		return 0, nil
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("%s %.80s: %v", method, path, err)
	}
	return res.StatusCode, answer
}

// all puts texts into every place, one in so many into each in turn, a few at once. It has each answer judged, and returns how
// many were successes.
func (w *walker) all(t *testing.T, texts []string, turn int, judge func(p place, text string, status int, answer []byte)) (taken int) {
	t.Helper()
	var mu sync.Mutex
	var group sync.WaitGroup
	work := make(chan int)
	for range 4 {
		group.Go(func() {
			for n := range work {
				p := w.places[n]
				for i, text := range texts {
					if (n+i)%turn != 0 {
						continue
					}
					status, answer := w.put(t, p, text)
					mu.Lock()
					if status/100 == 2 {
						taken++
					}
					judge(p, text, status, answer)
					mu.Unlock()
				}
			}
		})
	}
	for n := range w.places {
		work <- n
	}
	close(work)
	group.Wait()
	return taken
}
