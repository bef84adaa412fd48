package dashboard_test

import (
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prometheus/client_golang/prometheus"

	"drover/internal/core/door/doortest"
	"drover/internal/gate"
	"drover/internal/service/dashboard"
	"drover/web"
)

var script = strings.Repeat("console.log('drover');\n", 200)

func build() fstest.MapFS {
	return fstest.MapFS{
		"placeholder.html":           {Data: []byte("<h1>not built</h1>")},
		"app/index.html":             {Data: []byte("<!doctype html><title>Drover</title>")},
		"app/icon.svg":               {Data: []byte("<svg/>")},
		"app/assets/index-a1b2.js":   {Data: []byte(script)},
		"app/assets/index-a1b2.css":  {Data: []byte("body{}")},
		"app/assets/inter-a1.woff2":  {Data: []byte("font")},
		"app/assets/index-0123.json": {Data: []byte("{}")},
	}
}

// origin is where the tiles of maps are: as a test's context says, or nowhere.
func origin(ctx context.Context) string {
	from, _ := ctx.Value(tilesKey{}).(string)
	return from
}

type tilesKey struct{}

// serve puts the dashboard behind a real gate, as the server does.
func serve(t *testing.T, files fstest.MapFS) *httptest.Server {
	t.Helper()
	d, err := dashboard.New(files, origin)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gate.New(gate.Options{
		Doors: doortest.Doors{}, Routes: d.Routes(), Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(g.Admin())
	t.Cleanup(s.Close)
	return s
}

func get(t *testing.T, s *httptest.Server, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "identity")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func TestFilesAndPages(t *testing.T) {
	s := serve(t, build())
	const html, immutable = "text/html; charset=utf-8", "public, max-age=31536000, immutable"
	for _, c := range []struct {
		path        string
		status      int
		mime, cache string
		body        string
	}{
		{"/", 200, html, "no-cache", "<title>Drover"},
		{"/devices", 200, html, "no-cache", "<title>Drover"},
		{"/devices/0190-a", 200, html, "no-cache", "<title>Drover"},
		{"/apiary", 200, html, "no-cache", "<title>Drover"},
		{"/icon.svg", 200, "image/svg+xml", "no-cache", "<svg/>"},
		{"/assets/index-a1b2.js", 200, "text/javascript; charset=utf-8", immutable, script},
		{"/assets/index-a1b2.css", 200, "text/css; charset=utf-8", immutable, "body{}"},
		{"/assets/inter-a1.woff2", 200, "font/woff2", immutable, "font"},
		{"/assets/index-0123.json", 200, "application/json", immutable, "{}"},
		{"/assets/index-gone.js", 404, "application/problem+json", "no-store", "page.unknown"},
		{"/placeholder.html", 404, "application/problem+json", "no-store", "page.unknown"},
		{"/api", 404, "application/problem+json", "no-store", "page.unknown"},
		{"/api/v1/nothing", 404, "application/problem+json", "no-store", "page.unknown"},
	} {
		answer, body := get(t, s, c.path)
		if answer.StatusCode != c.status || answer.Header.Get("Content-Type") != c.mime ||
			answer.Header.Get("Cache-Control") != c.cache || !strings.Contains(body, c.body) {
			t.Errorf("%s: %d %q %q %.60q", c.path, answer.StatusCode, answer.Header.Get("Content-Type"),
				answer.Header.Get("Cache-Control"), body)
		}
		if policy := answer.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: Content-Security-Policy is %q", c.path, policy)
		}
	}
}

// TestPagesShowImagesOfOneOtherOriginAtMost: that of the operator's own map, and a browser keeps no page that allowed another.
func TestPagesShowImagesOfOneOtherOriginAtMost(t *testing.T) {
	d, err := dashboard.New(build(), origin)
	if err != nil {
		t.Fatal(err)
	}
	const rest = "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	for from, want := range map[string]string{
		"":                          "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " + rest,
		"https://tiles.example.org": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https://tiles.example.org; " + rest,
	} {
		r := httptest.NewRequest(http.MethodGet, "/devices", nil).WithContext(context.WithValue(t.Context(), tilesKey{}, from))
		first := httptest.NewRecorder()
		d.ServeHTTP(first, r)
		if got := first.Header().Get("Content-Security-Policy"); got != want {
			t.Errorf("from %q: %s", from, got)
		}
		r.Header.Set("If-None-Match", first.Header().Get("ETag"))
		again := httptest.NewRecorder()
		d.ServeHTTP(again, r)
		if again.Code != http.StatusOK || again.Header().Get("Content-Security-Policy") != want {
			t.Errorf("from %q, asked again: %d %s", from, again.Code, again.Header().Get("Content-Security-Policy"))
		}
	}
}

func TestUnchangedFilesAreNotSentAgain(t *testing.T) {
	s := serve(t, build())
	for _, coding := range []string{"identity", "gzip"} {
		first, body := get(t, s, "/assets/index-a1b2.js", "Accept-Encoding", coding)
		tag := first.Header.Get("ETag")
		if first.StatusCode != http.StatusOK || tag == "" || body == "" {
			t.Fatalf("%s: %d, ETag %q", coding, first.StatusCode, tag)
		}
		again, body := get(t, s, "/assets/index-a1b2.js", "Accept-Encoding", coding, "If-None-Match", `"other", W/`+tag)
		if again.StatusCode != http.StatusNotModified || body != "" || again.Header.Get("ETag") != tag {
			t.Errorf("%s: the second answer is %d with %d octets", coding, again.StatusCode, len(body))
		}
		changed, _ := get(t, s, "/assets/index-a1b2.js", "Accept-Encoding", coding, "If-None-Match", `"other"`)
		if changed.StatusCode != http.StatusOK {
			t.Errorf("%s: another tag gives %d", coding, changed.StatusCode)
		}
	}
}

func TestCompressedForThoseWhoTakeIt(t *testing.T) {
	s := serve(t, build())
	for _, c := range []struct {
		path, accept string
		zipped       bool
	}{
		{"/assets/index-a1b2.js", "gzip, deflate, br", true},
		{"/assets/index-a1b2.js", "br;q=1, GZIP ; q=0.5", true},
		{"/assets/index-a1b2.js", "gzip;q=0", false},
		{"/assets/index-a1b2.js", "gzip;q=none", false},
		{"/assets/index-a1b2.js", "br", false},
		{"/assets/index-a1b2.css", "gzip", false}, // too small to gain
		{"/assets/inter-a1.woff2", "gzip", false}, // compressed by its kind
	} {
		answer, body := get(t, s, c.path, "Accept-Encoding", c.accept)
		if zipped := answer.Header.Get("Content-Encoding") == "gzip"; zipped != c.zipped {
			t.Errorf("%s with %q: compressed %v", c.path, c.accept, zipped)
		} else if zipped {
			z, err := gzip.NewReader(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if plain, err := io.ReadAll(z); err != nil || string(plain) != script {
				t.Errorf("%s: unpacked to %d octets, %v", c.path, len(plain), err)
			}
		}
		if answer.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: Vary is %q", c.path, answer.Header.Get("Vary"))
		}
	}
}

func TestHeadSendsNoBody(t *testing.T) {
	s := serve(t, build())
	answer, err := s.Client().Head(s.URL + "/assets/index-a1b2.css")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, _ := io.ReadAll(answer.Body); len(body) > 0 || answer.ContentLength != int64(len("body{}")) {
		t.Errorf("%d octets, Content-Length %d", len(body), answer.ContentLength)
	}
}

func TestWithoutAFrontEndThePageSaysHowToGetOne(t *testing.T) {
	s := serve(t, fstest.MapFS{"placeholder.html": {Data: []byte("<h1>not built</h1>")}})
	for _, path := range []string{"/", "/devices"} {
		if answer, body := get(t, s, path); answer.StatusCode != http.StatusOK || !strings.Contains(body, "not built") {
			t.Errorf("%s: %d %q", path, answer.StatusCode, body)
		}
	}
}

func TestFaultsOfTheBuildAreFoundAtTheStart(t *testing.T) {
	odd := build()
	odd["app/assets/tool.exe"] = &fstest.MapFile{Data: []byte("MZ")}
	for name, files := range map[string]fstest.MapFS{"unknown type": odd, "empty": {}} {
		if _, err := dashboard.New(files, origin); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestEmbedded reads what is really embedded in this binary, built or not.
func TestEmbedded(t *testing.T) {
	if _, err := dashboard.New(web.Files(), origin); err != nil {
		t.Error(err)
	}
}
