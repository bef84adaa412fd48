package gate

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"drover/internal/base/httpsig"
	"drover/internal/core/door"
	"drover/internal/core/zone"
)

// TestAgentsAlwaysProveThemselves whatever the level of the door, and each learns of the service that is asked what it is.
func TestAgentsAlwaysProveThemselves(t *testing.T) {
	s := newSample(t, Route{
		Service: zone.ServiceStatus, Method: "POST", Pattern: "/x", Who: Agent(), Body: 10,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil {
				WriteProblem(w, r, err)
				return
			}
			_, _ = fmt.Fprintf(w, "%s:%s", Caller(r.Context()).Kind, Service(r.Context()))
		}),
	})
	for _, tt := range []struct {
		level door.Level
		proof string
		body  string
		code  int
	}{
		{door.Strict, "", "", 401},
		{door.Observe, "", "", 401},
		{door.Open, "", "", 401},
		{door.Observe, "Bearer admin:device.read", "", 403},
		{door.Observe, "Bearer device:", "", 200},
		{door.Strict, "Bearer device:", "signed", 200},
		{door.Strict, "Bearer device:", "another", 400},
	} {
		s.doors[zone.ServiceStatus] = &door.Door{On: true, Level: tt.level}
		r := httptest.NewRequest("POST", "/x", strings.NewReader(tt.body))
		httpsig.SetDigest(r.Header, []byte("signed"))
		if tt.proof != "" {
			r.Header.Set("Authorization", tt.proof)
		}
		w := httptest.NewRecorder()
		s.Device().ServeHTTP(w, r)
		if w.Code != tt.code || w.Code == 200 && w.Body.String() != "device:management.status" {
			t.Errorf("%+v: %d %s", tt, w.Code, w.Body)
		}
	}
}
