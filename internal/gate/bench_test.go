package gate

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"drover/internal/core/zone"
)

// sink is an answer nobody reads.
type sink struct{ h http.Header }

func (s *sink) Header() http.Header         { return s.h }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(int)             {}

// BenchmarkGate is what the gate adds to a phone's request, the service itself doing nothing.
func BenchmarkGate(b *testing.B) {
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	s := newSample(b, Route{
		Service: zone.ServiceActiveSync, Method: http.MethodPost, Pattern: "/Microsoft-Server-ActiveSync", AnyCase: true,
		Who: ByProtocol("the mail server proves the user"), Body: 64 << 20, Time: Held, Handler: nothing,
	})
	s.Gate.log = slog.New(slog.DiscardHandler)
	s.Gate.traffic = nil
	r := httptest.NewRequest(http.MethodPost, "/Microsoft-Server-ActiveSync?Cmd=Ping&User=u&DeviceId=d&DeviceType=t", strings.NewReader("x"))
	for _, name := range []string{"User-Agent", "Authorization", "MS-ASProtocolVersion", "X-MS-PolicyKey", "Content-Type", "Accept", "Accept-Language", "Content-Length"} {
		r.Header.Set(name, "value")
	}
	h := s.Device()
	w := &sink{h: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}
