package endtoend

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/gate"
	"drover/internal/gate/gatetest"
	"drover/internal/server"
	"drover/internal/simulate/upstream"
)

// certified are the headers by which proxies hand on the certificate of a client or its name, each with what they say.
func certified(der []byte) http.Header {
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	escaped, line := url.PathEscape(text), base64.StdEncoding.EncodeToString(der)
	return http.Header{
		"X-SSL-Client-Cert": {escaped}, "X_SSL_CLIENT_CERT": {escaped}, "X-SSL-Client-Verify": {"SUCCESS"}, "X-SSL-Client-S-DN": {"CN=olga"}, "SSL_CLIENT_CERT": {escaped},
		"X-Client-Cert": {escaped}, "X-Client-Verify": {"SUCCESS"}, "Client-Cert": {":" + line + ":"}, "Client-Cert-Chain": {":" + line + ":"}, "X-ARR-ClientCert": {line},
		"X-Forwarded-Client-Cert": {`Hash=` + hex.EncodeToString(der[:32]) + `;Cert="` + escaped + `";Subject="CN=olga"`}, "X-Forwarded-Tls-Client-Cert": {line},
		"X-Amzn-Mtls-Clientcert": {escaped}, "X-Forwarded-User": {"olga"}, "Remote-User": {"olga"}, "X-Remote-User": {"olga"}, "X-Client-DN": {"CN=olga"},
	}
}

// TestS16CertificatesInHeadersProveNobody sends the certificate of a computer that the zone knows, and the zone's own, in every
// header that proxies use, to every route that asks for proof: straight, and through a HAProxy that the server trusts.
func TestS16CertificatesInHeadersProveNobody(t *testing.T) {
	w := newWorld(t, sqldb.SQLite, upstream.Options{}, func(c *server.Config) { c.TrustedProxies, c.ProxyProtocol = []string{"127.0.0.5"}, true })
	w.administrator(t, "olga")
	c := w.comesIn(t)
	if len(c.certificate) == 0 {
		t.Fatal("the computer has no certificate")
	}
	relay := map[bool]string{}
	for admin, backend := range map[bool]string{true: w.Admin, false: w.Device} {
		relay[admin] = "https://" + gatetest.Relay(t, strings.TrimPrefix(backend, "https://"), "send-proxy-v2")
	}
	asked := 0
	for _, route := range w.Gate.Routes() {
		if a := route.Who.Audience(); a == gate.AudienceAnyone || a == gate.AudienceProtocol {
			continue
		}
		own, _ := gatetest.Door(w.Gate, route)
		straight := w.Device
		if own == w.Gate.Admin() {
			straight = w.Admin
		}
		for _, base := range []string{straight, relay[own == w.Gate.Admin()]} {
			r, err := http.NewRequestWithContext(t.Context(), route.Method, base+gatetest.Path(route.Pattern), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header = certified(c.certificate)
			r.Header.Set("X-Forwarded-For", "127.0.0.1")
			answer, err := w.Client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			asked++
			if answer.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s %s at %s answers a certificate in a header with %s", route.Method, route.Pattern, base, answer.Status)
			}
		}
	}
	if asked < 600 {
		t.Errorf("only %d requests", asked)
	}
}
