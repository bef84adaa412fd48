package upstream_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"drover/internal/base/wbxml"
	"drover/internal/simulate/upstream"
)

// post sends a frame at 14.1 as U1 and returns the HTTP status and the parsed answer.
func post(t *testing.T, url, command string, frame *wbxml.Node) (int, *wbxml.Node) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		url+upstream.Path+"?Cmd="+command+"&User=U1&DeviceId=D1&DeviceType=T", strings.NewReader(string(frame.Encode())))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("U1", "p")
	req.Header.Set("MS-ASProtocolVersion", "14.1")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) == 0 || res.StatusCode != http.StatusOK {
		return res.StatusCode, nil
	}
	node, err := wbxml.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, node
}

func serve(t *testing.T, o upstream.Options) (*upstream.Server, string) {
	t.Helper()
	server := upstream.New(o)
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	return server, web.URL
}

func TestAMailIsSixHundredBytes(t *testing.T) {
	_, url := serve(t, upstream.Options{Mails: 1})
	status, answer := post(t, url, "Sync", wbxml.Elem(wbxml.AirSyncSync, wbxml.Elem(wbxml.AirSyncCollections,
		wbxml.Elem(wbxml.AirSyncCollection, wbxml.Leaf(wbxml.AirSyncSyncKey, "1"), wbxml.Leaf(wbxml.AirSyncCollectionId, "inbox")))))
	if status != http.StatusOK {
		t.Fatal(status)
	}
	if n := len(answer.Encode()); n < 550 || n > 650 {
		t.Errorf("the answer has %d bytes", n)
	}
}

func TestItDemandsItsPolicy(t *testing.T) {
	_, url := serve(t, upstream.Options{Provision: true})
	_, answer := post(t, url, "FolderSync", wbxml.Elem(wbxml.FolderHierarchyFolderSync, wbxml.Leaf(wbxml.FolderHierarchySyncKey, "0")))
	if got := answer.Child(wbxml.FolderHierarchyStatus).Value(); got != "142" {
		t.Errorf("status %q", got)
	}
}

func TestWhoIsKnown(t *testing.T) {
	_, url := serve(t, upstream.Options{Users: "U%d", Password: "p"})
	for name, want := range map[string]int{"U1": 200, "U99": 200, "U": 401, "U1x": 401, "V1": 401, "": 401} {
		if got := options(t, url, name, "p"); got != want {
			t.Errorf("%q: %d, want %d", name, got, want)
		}
	}
	if got := options(t, url, "U1", "q"); got != 401 {
		t.Errorf("a wrong password gives %d", got)
	}
}

func options(t *testing.T, url, user, password string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, url+upstream.Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(user, password)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func TestFaults(t *testing.T) {
	server, url := serve(t, upstream.Options{LieLength: true})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		url+upstream.Path+"?Cmd=FolderSync&DeviceId=D&DeviceType=T", strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("U1", "p")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if data, err := io.ReadAll(res.Body); err == nil || int64(len(data)) >= res.ContentLength {
		t.Errorf("%d of %d bytes, %v", len(data), res.ContentLength, err)
	}
	server.SetDown(true)
	if _, err := http.Get(url); err == nil {
		t.Error("a server that is down answers")
	}
}

func TestHostileQueries(t *testing.T) {
	_, url := serve(t, upstream.Options{})
	for _, query := range []string{"", "Cmd=Sync", "jAA=", "jAAJBP8=", "%%%", "jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25lAA", strings.Repeat("A", 4000)} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+upstream.Path, strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		req.URL.RawQuery = query
		req.SetBasicAuth("U1", "p")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("%q gives %d", query, res.StatusCode)
		}
	}
}
