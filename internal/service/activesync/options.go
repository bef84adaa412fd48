package activesync

import (
	"context"
	"net/http"
	"strings"

	"drover/internal/gate"
)

// serveOptions answers OPTIONS as the mail server does, with what the gateway adds: Provision, and only the versions
// that both sides speak and the zone allows. It proves nothing, but wrong passwords count.
func (g *Gateway) serveOptions(w http.ResponseWriter, r *http.Request) {
	v := visit{g: g, w: w, r: r, from: gate.ClientAddr(r.Context())}
	a, err := v.options()
	if err != nil {
		a = v.failed(err)
	}
	v.write(a)
}

func (v *visit) options() (answer, error) {
	if _, err := v.g.revision.Current(); err != nil {
		return answer{}, err
	}
	if a, err := v.identify(); err != nil || a.status != 0 {
		return a, err
	}
	a, done, err := v.mayAsk()
	if done && !v.proven || err != nil {
		return a, err
	}
	failed := true
	if !done {
		defer func() { v.g.credentials.end(v.print, v.user, failed) }()
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), v.upstream.Timeout)
	defer cancel()
	response, err := v.sendOptions(ctx)
	if failed = err != nil; failed {
		return answer{}, unavailable(err)
	}
	defer func() { _ = response.Body.Close() }()
	switch response.StatusCode {
	case http.StatusOK:
		return v.offered(response.Header)
	case http.StatusUnauthorized:
		v.g.credentials.refuse(v.print, v.user, v.from)
		return v.challenge(), nil
	case http.StatusForbidden:
		return answer{status: http.StatusForbidden}, nil
	}
	return answer{}, unavailable(nil)
}

func (v *visit) sendOptions(ctx context.Context) (*http.Response, error) {
	u := *v.upstream.URL
	u.RawQuery = v.r.URL.RawQuery
	dropHopByHop(v.r.Header)
	r := &http.Request{
		Method: http.MethodOptions, URL: &u, Host: orDefault(v.upstream.Host, u.Host), Header: v.r.Header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	return v.upstream.Transport.RoundTrip(r.WithContext(ctx))
}

// offered writes the lists of versions and commands.
func (v *visit) offered(h http.Header) (answer, error) {
	versions := commonVersions(strings.Join(h["Ms-Asprotocolversions"], ","), v.upstream.Versions)
	if len(versions) == 0 {
		return answer{}, unavailable(nil)
	}
	commands := strings.Join(h["Ms-Asprotocolcommands"], ",")
	if !strings.Contains(","+strings.ReplaceAll(commands, " ", "")+",", ",Provision,") {
		commands = strings.TrimPrefix(commands+",Provision", ",")
	}
	to := v.w.Header()
	to.Set("MS-ASProtocolVersions", strings.Join(versions, ","))
	to.Set("MS-ASProtocolCommands", commands)
	to.Set("Allow", "OPTIONS,POST")
	to.Set("Public", "OPTIONS,POST")
	return answer{status: http.StatusOK, version: h.Get("Ms-Server-Activesync")}, nil
}
