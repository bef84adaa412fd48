package script

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	eas "drover-easclient"
	"drover-easclient/internal/standin"
)

func TestParseStep(t *testing.T) {
	got, err := ParseStep("provision-ack,status=2,http=200,text:Status=139,has=Status,lacks=Policies,header:Content-Type=wbxml,body=own")
	if err != nil {
		t.Fatal(err)
	}
	want := Step{Do: "provision-ack", With: map[string]string{"status": "2"}, Expect: Expect{
		HTTP: "200", Body: "own", Has: []string{"Status"}, Lacks: []string{"Policies"},
		Text: map[string]string{"Status": "139"}, Header: map[string]string{"Content-Type": "wbxml"},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, bad := range []string{"dance", "ping,heartbeat", "ping,tempo=3", "options,body=red"} {
		if _, err := ParseStep(bad); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
	for _, bad := range []string{`[{"do":"dance"}]`, `[{"do":"ping","with":{"tempo":"3"}}]`, `[{"do":"ping","wait":1}]`, `{`} {
		if _, err := ReadJSON(strings.NewReader(bad)); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

// run runs steps against the stand-in gateway and returns the results.
func run(t *testing.T, steps string) ([]Result, bool) {
	t.Helper()
	server := httptest.NewServer(&standin.Gateway{Users: map[string]string{"alice": "secret"}})
	t.Cleanup(server.Close)
	list, err := ReadJSON(strings.NewReader(steps))
	if err != nil {
		t.Fatal(err)
	}
	http, err := eas.NewHTTP("")
	if err != nil {
		t.Fatal(err)
	}
	device := eas.NewSession(&eas.Client{
		URL: server.URL, User: "alice", Password: "secret", DeviceID: "d1", DeviceType: "Judge", UserAgent: "Judge/1.0",
		Version: eas.V141, Form: eas.Base64, Cross: true, HTTP: http,
	})
	var out bytes.Buffer
	good, err := New(device, time.Minute).Run(t.Context(), list, &out)
	if err != nil {
		t.Fatal(err)
	}
	var results []Result
	for dec := json.NewDecoder(&out); dec.More(); {
		var r Result
		if err := dec.Decode(&r); err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	return results, good
}

func TestRun(t *testing.T) {
	results, good := run(t, `[
		{"do": "options", "expect": {"header": {"MS-ASProtocolCommands": "Provision"}, "body": "empty"}},
		{"do": "foldersync", "expect": {"demand": "142", "body": "own"}},
		{"do": "provision-ask", "with": {"key": ""}, "expect": {"has": ["Policies/Policy/Data/EASProvisionDoc"], "lacks": ["RemoteWipe"]}},
		{"do": "provision-ack", "with": {"status": "2"}, "expect": {"status": "139"}},
		{"do": "provision"},
		{"do": "foldersync", "expect": {"text": {"FolderHierarchy:Status": "1"}}},
		{"do": "use", "with": {"version": "12.0", "form": "plain-reversed", "key": "77"}},
		{"do": "foldersync", "expect": {"demand": "449"}},
		{"do": "foldersync", "expect": {"http": "449", "body": "empty"}},
		{"do": "raw", "with": {"cmd": "Provision", "hex": "03 01"}, "expect": {"http": "400"}},
		{"do": "use", "with": {"password": "wrong"}},
		{"do": "settings-user", "expect": {"http": "401"}}
	]`)
	if !good {
		t.Error("not good")
	}
	for _, r := range results {
		if !r.OK {
			t.Errorf("%+v", r)
		}
	}
}

func TestRunFails(t *testing.T) {
	results, good := run(t, `[
		{"do": "foldersync"},
		{"do": "foldersync", "expect": {"demand": "144"}},
		{"do": "foldersync", "expect": {"status": "142", "has": ["Changes"]}},
		{"do": "foldersync", "expect": {"status": "142", "lacks": ["Status"]}},
		{"do": "foldersync", "expect": {"status": "142", "text": {"Status": "141|143"}}},
		{"do": "foldersync", "expect": {"status": "142", "header": {"Content-Type": "text/html"}}},
		{"do": "foldersync", "expect": {"status": "142", "body": "empty"}},
		{"do": "options", "expect": {"body": "wbxml"}},
		{"do": "options", "expect": {"http": "400|401"}},
		{"do": "ping"},
		{"do": "fetch", "with": {"subject": "never seen"}},
		{"do": "use", "with": {"version": "1.0"}}
	]`)
	if good {
		t.Error("good")
	}
	for _, r := range results {
		if r.OK || len(r.Wrong) == 0 {
			t.Errorf("step %d passes: %+v", r.Step, r)
		}
	}
}
