package server

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/outbound"
)

func TestALinkIsJudgedByItsHandshake(t *testing.T) {
	peer := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(peer.Close)
	l := link{name: "Mail server x", to: peer.URL, dial: func(ctx context.Context) (*tls.ConnectionState, error) {
		return outbound.Handshake(ctx, peer.Listener.Addr().String(), "", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: peer.Certificate().Raw})))
	}}
	now := time.Now()
	if f := l.look(t.Context(), now); f.State != stateGood || !has(f, "protocol", "TLS 1.3") || !has(f, "cipher", "TLS_AES_128_GCM_SHA256") {
		t.Errorf("a sound link is %+v", f)
	}
	end := peer.Certificate().NotAfter
	if f := l.look(t.Context(), end.Add(-24*time.Hour)); f.State != stateAttention || f.Mend == "" {
		t.Errorf("a link whose certificate ends soon is %+v", f)
	}
	if f := l.look(t.Context(), end); f.State != stateBad {
		t.Errorf("a link whose certificate has ended is %+v", f)
	}
	stranger := l
	stranger.dial = func(ctx context.Context) (*tls.ConnectionState, error) {
		return outbound.Handshake(ctx, peer.Listener.Addr().String(), "", "")
	}
	if f := stranger.look(t.Context(), now); f.State != stateBad || f.Mend == "" {
		t.Errorf("a link that nobody vouches for is %+v", f)
	}
	for to, want := range map[string]string{"http://127.0.0.1:1/x": stateGood, "http://mail.example.org/x": stateBad} {
		if f := (link{to: to, plain: true}).look(t.Context(), now); f.State != want {
			t.Errorf("%s is %+v", to, f)
		}
	}
}

func has(f adminv1.SecurityFinding, name, value string) bool {
	for _, x := range f.Facts {
		if x.Name == name && x.Value == value {
			return true
		}
	}
	return false
}
