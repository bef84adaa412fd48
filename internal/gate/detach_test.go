package gate

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"drover/internal/core/zone"
)

// TestWhatIsDetachedKnowsWhoCalls after its request has ended, hears that the server stops, and a panic in it harms nobody.
func TestWhatIsDetachedKnowsWhoCalls(t *testing.T) {
	told := make(chan context.Context, 1)
	s := newSample(t, Route{
		Service: zone.ServiceActiveSync, Method: http.MethodPost, Pattern: "/Microsoft-Server-ActiveSync", AnyCase: true,
		Who: ByProtocol("the mail server proves the user"), Body: 1 << 10, Time: Held,
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			Detach(r.Context(), func(ctx context.Context) {
				told <- ctx
				panic("no harm")
			})
		}),
	})
	s.Gate.log = slog.New(slog.DiscardHandler)
	ctx, end := context.WithCancel(t.Context())
	r := httptest.NewRequest(http.MethodPost, "/Microsoft-Server-ActiveSync", nil).WithContext(ctx)
	r.RemoteAddr = "192.0.2.7:1"
	s.Device().ServeHTTP(httptest.NewRecorder(), r)
	end()
	own := <-told
	if own.Err() != nil || ClientAddr(own).String() != "192.0.2.7" || Service(own) != zone.ServiceActiveSync || !Served(own) {
		t.Errorf("%v %v %v", own.Err(), ClientAddr(own), Service(own))
	}
	s.Gate.Stop()
	<-Stopping(own)
}
