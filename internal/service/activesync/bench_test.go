package activesync

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/roundtrip"
	"drover/internal/base/wbxml"
)

// benchTransport is how package upstream sets a transport up.
func benchTransport() *http.Transport {
	return &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64, ReadBufferSize: 1 << 10, WriteBufferSize: 1 << 10}
}

// BenchmarkPassThrough compares, in one run, the gateway with every check that a POST goes through, Go's own reverse
// proxy, and no proxy at all. What the last costs is part of the others.
func BenchmarkPassThrough(b *testing.B) {
	mail := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", wbxml.ContentType)
		_, _ = w.Write(append([]byte{3, 1, 0x6a, 0}, bytes.Repeat([]byte("x"), 596)...))
	}))
	defer mail.Close()
	target, err := url.Parse(mail.URL)
	if err != nil {
		b.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = benchTransport()
	for name, h := range map[string]http.Handler{"gateway": benchGateway(target), "ReverseProxy": proxy, "direct": nil} {
		b.Run(name, func(b *testing.B) {
			base := mail.URL
			if h != nil {
				front := httptest.NewServer(h)
				defer front.Close()
				base = front.URL
			}
			b.ReportAllocs()
			client := &http.Client{Transport: benchTransport()}
			body := bytes.Repeat([]byte{0x45}, 180)
			for b.Loop() {
				benchRequest(b, client, base, body)
			}
		})
	}
}

func benchRequest(b *testing.B, client *http.Client, base string, body []byte) {
	r, err := http.NewRequest(http.MethodPost, base+Path+"?Cmd=Sync&User=alice&DeviceId=DEV1&DeviceType=Phone", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.SetBasicAuth("alice", "secret")
	r.Header.Set("Content-Type", wbxml.ContentType)
	r.Header.Set("MS-ASProtocolVersion", "14.1")
	r.Header.Set("X-MS-PolicyKey", "4711")
	response, err := client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	n, err := io.Copy(io.Discard, response.Body)
	if err != nil || n != 600 {
		b.Fatalf("%d bytes, HTTP %d, %v", n, response.StatusCode, err)
	}
	_ = response.Body.Close()
}

// benchGateway is a gateway that knows the one device, which has a policy.
func benchGateway(target *url.URL) http.Handler {
	z := &zoneFake{revision: 1, devices: map[place]*Standing{}, orders: map[string]Order{}, access: Allowed, values: strictValues}
	z.devices[place{"mail", "alice", "DEV1"}] = &Standing{Device: "id", Keys: Keys{Final: 4711}}
	s, _ := z.Standing(context.Background(), "mail", "alice", "DEV1", V141)
	z.devices[place{"mail", "alice", "DEV1"}].Keys.FinalBinding = Binding{s.policyRevision(V141), V141}
	up := Upstream{ID: "mail", URL: &url.URL{Scheme: target.Scheme, Host: target.Host, Path: Path}, Timeout: 30 * time.Second, Transport: roundtrip.New(benchTransport())}
	g := New(Options{Core: z, Upstreams: upstreamsFake{up}, Revision: z, Bus: bus.New(), Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
	return http.HandlerFunc(g.serveCommand)
}

func BenchmarkParseQuery(b *testing.B) {
	for name, raw := range map[string]string{"base64": vector, "plain": "Cmd=Sync&User=alice&DeviceId=abcdef&DeviceType=Phone"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseQuery(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
