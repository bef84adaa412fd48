package endtoend

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/sqldb"
	"drover/internal/simulate/upstream"
)

// statements are what a database would carry out if they came to be part of a statement.
var statements = []string{
	`'; DROP TABLE device; --`, `' OR '1'='1`, `' UNION SELECT name, password FROM admin --`, `1) OR 1=1 --`, `"; DELETE FROM device; --`,
	`x' || (SELECT group_concat(name) FROM admin) || '`, `\'; DROP TABLE device; --`, `%' OR name LIKE '%`, `$1`, `?1 :name @name`, `/**/OR/**/1=1#`,
	"`; DROP TABLE device; --", `ʼ OR 1=1 --`, `name; SELECT load_extension('x')`, `(CASE WHEN 1=1 THEN name ELSE 1/0 END)`, `'; COPY device TO PROGRAM 'id'; --`,
}

// fill puts one text into every text of an agent's inventory but those of which the protocol lists what they may be, and says how
// many those are.
func fill(v reflect.Value, tag reflect.StructTag, text string) (n int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), tag, text)
	case reflect.Struct:
		for i := range v.NumField() {
			n += fill(v.Field(i), v.Type().Field(i).Tag, text)
		}
		return n
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return fill(v.Index(0), tag, text)
	case reflect.String:
		list, listed := tag.Lookup("enum")
		switch first, _, _ := strings.Cut(list, ","); {
		case listed:
			v.SetString(first)
		case tag.Get("minLength") == "64":
			v.SetString(strings.Repeat("0", 64))
		default:
			v.SetString(text)
			n++
		}
	}
	return n
}

// TestS23StatementsAreText has a computer tell statements in every field of its inventory, by our agent and by GLPI's, and has
// somebody search, sort and report by them: they come out as they were told, find nothing that is not called so, and no database
// says a word of a wrong statement.
func TestS23StatementsAreText(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		w := newWorld(t, e, upstream.Options{})
		owner := w.administrator(t, "olga")
		c := w.comesIn(t)
		if err := w.Enrol.TakeForeign(t.Context(), system, true, 0); err != nil {
			t.Fatal(err)
		}
		_, token := computer(t, w.Zone, "glpi")
		for _, text := range statements {
			w.tellsStatement(t, owner, c, text)
			w.tellsByGLPI(t, token, text)
			for _, path := range []string{"/devices?q=", "/users?q=", "/inventory/software?q=", "/inventory/devices?test=", "/inventory/devices?test=system.os=", "/inventory/devices?test=hardware.model~"} {
				var found struct{ Items []any }
				res, answer := owner.call(http.MethodGet, path+url.QueryEscape("zz"+text), nil) // nothing is called so
				if res.StatusCode == http.StatusOK {
					if err := json.Unmarshal(answer, &found); err != nil {
						t.Fatal(err)
					}
				}
				if len(found.Items) != 0 || res.StatusCode >= 500 {
					t.Errorf("%s%s: %s, %d found", path, text, res.Status, len(found.Items))
				}
			}
		}
		api := walk(t, w.Admin, "/api/v1/openapi.json", w.Client, http.Header{"Authorization": {"Bearer " + owner.token}})
		api.places = slices.DeleteFunc(api.places, func(p place) bool {
			return !slices.ContainsFunc([]string{"inventory", "report", "/devices", "/audit", "/users", "groups", "/views"}, func(s string) bool { return strings.Contains(p.path, s) })
		})
		api.all(t, statements, 6, func(p place, text string, status int, answer []byte) {
			if status >= 500 {
				t.Errorf("%v: %q is answered with %d: %.200s", p, text, status, answer)
			}
		})
		var devices struct{ Items []struct{ ID string } }
		w.judged(t, owner, "/devices", &devices)
		if len(devices.Items) != 2 {
			t.Errorf("there are %d devices, want 2", len(devices.Items))
		}
		w.noWordOfStatements(t)
	})
}

// tellsStatement has our agent's inventory hold a text in every field, and reads it back.
func (w *world) tellsStatement(t *testing.T, owner *administrator, c *stranger, text string) {
	t.Helper()
	var whole agentv1.Inventory
	if n := fill(reflect.ValueOf(&whole).Elem(), "", text); n < 30 {
		t.Fatalf("only %d fields take a text", n)
	}
	whole.Users = nil // nobody asks for them
	whole.Sort()
	r := agentv1.InventoryReport{ID: rand.Text(), Made: time.Now().UTC().Format(time.RFC3339), Hash: whole.Hash(), Inventory: whole, Sections: slices.DeleteFunc(agentv1.Sections(), func(s string) bool { return s == agentv1.SectionUsers })}
	if err := do(t, c.Client, agentv1.ServiceCollection, agentv1.PathInventory, r, nil); err != nil {
		if !talk.Answered(err) {
			t.Fatalf("%q: %v", text, err)
		}
		t.Errorf("%q is refused: %v", text, err)
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	var sections struct{ Items []struct{ Section string } }
	w.judged(t, owner, "/inventory/sections", &sections)
	told := 0
	for _, x := range sections.Items {
		_, answer := owner.call(http.MethodGet, "/devices/"+c.device+"/inventory/"+x.Section, nil)
		plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(answer))
		if strings.Contains(plain, strings.Trim(string(quoted), `"`)) {
			told++
		}
	}
	if told < 6 {
		t.Errorf("%d of %d sections tell %q as it was told", told, len(sections.Items), text)
	}
}

// tellsByGLPI sends what GLPI's agent says of a computer, with the text in place of all that it says.
func (w *world) tellsByGLPI(t *testing.T, token, text string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "internal", "service", "collection", "foreign", "testdata", "glpi-agent-1.12.json"))
	if err != nil {
		t.Fatal(err)
	}
	var message map[string]any
	if err := json.Unmarshal(raw, &message); err != nil {
		t.Fatal(err)
	}
	message["content"] = replaced(message["content"], text)
	if raw, err = json.Marshal(message); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.Device+"/collection/foreign/"+token, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("GLPI-Agent-ID", text)
	a, err := w.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if a.StatusCode >= 500 {
		t.Errorf("GLPI's %q is answered with %s", text, a.Status)
	}
}

// replaced is a JSON value with one text in place of every text.
func replaced(v any, text string) any {
	switch x := v.(type) {
	case string:
		return text
	case []any:
		for i := range x {
			x[i] = replaced(x[i], text)
		}
	case map[string]any:
		for name := range x {
			x[name] = replaced(x[name], text)
		}
	}
	return v
}

// noWordOfStatements looks at the log for what databases say of statements that they cannot read.
func (w *world) noWordOfStatements(t *testing.T) {
	t.Helper()
	for line := range w.logLines(t) {
		for _, word := range []string{"SQLSTATE", "SQL logic error", "syntax error", "no such column", "no such table", "does not exist"} {
			if bytes.Contains(line, []byte(word)) {
				t.Errorf("the log: %.300s", line)
			}
		}
	}
}
