package gate

import (
	"net/http"
	"strings"
)

// claims are the headers with which proxies vouch for the address, the certificate or the name of a client, or rewrite a
// request. Anyone can send them. The gate reads the one forwarding header of a trusted proxy and removes them all, so that
// no service can come to believe one (incidents S12 and S16).
var claims = map[string]bool{
	"Forwarded": true, "Via": true, "True-Client-Ip": true, "Client-Ip": true, "Cf-Connecting-Ip": true,
	"Cf-Connecting-Ipv6": true, "Fastly-Client-Ip": true, "X-Real-Ip": true, "X-Client-Ip": true, "X-Cluster-Client-Ip": true,
	"X-Originating-Ip": true, "X-Remote-Ip": true, "X-Remote-Addr": true, "X-Remote-User": true, "Remote-User": true,
	"X-Client-Cert": true, "X-Client-Certificate": true, "Client-Cert": true, "Client-Cert-Chain": true,
	"X-Arr-Clientcert": true, "X-Tls-Client-Cert": true, "X-Client-Dn": true, "X-Client-Verify": true,
	"X-Original-Url": true, "X-Rewrite-Url": true, "X-Original-Host": true, "X-Http-Method-Override": true,
	"X-Http-Method": true, "X-Method-Override": true, "X-Request-Id": true, "Proxy": true,
}

var claimPrefixes = []string{"X-Forwarded-", "X-Ssl-", "Ssl-", "X-Envoy-", "X-Amzn-Mtls-"}

// stripHeaders removes every claim, also one that spells its dashes as underscores.
func stripHeaders(h http.Header) {
	for name := range h {
		if isClaim(name) {
			delete(h, name)
		}
	}
}

func isClaim(name string) bool {
	if strings.IndexByte(name, '_') >= 0 {
		name = http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))
	}
	if claims[name] {
		return true
	}
	if name == "" || name[0] > 'X' || name[0] < 'S' { // as all prefixes begin
		return false
	}
	for _, prefix := range claimPrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// browserHeaders are sent on surfaces that people use with a browser. The kit of the pages and their virtual rows use
// inline styles; everything else comes from Drover alone. A handler may replace them, for example to let a file be kept.
var browserHeaders = http.Header{
	"Content-Security-Policy":      {ContentPolicy("")},
	"X-Content-Type-Options":       {"nosniff"},
	"X-Frame-Options":              {"DENY"},
	"Referrer-Policy":              {"no-referrer"},
	"Cross-Origin-Opener-Policy":   {"same-origin"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"Permissions-Policy":           {"camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
	"Cache-Control":                {"no-store"},
}

// ContentPolicy is the Content-Security-Policy of pages. images is one origin, such as "https://tiles.example.org", that they
// may show images from beside their own, or "".
func ContentPolicy(images string) string {
	if images != "" {
		images = " " + images
	}
	return "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:" + images + "; " +
		"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

// setBrowserHeaders shares the values: they are full slices, so that an Add by a handler copies them.
func setBrowserHeaders(h http.Header) {
	for name, value := range browserHeaders {
		h[name] = value
	}
}
