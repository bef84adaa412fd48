package activesync

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/wbxml"
	"drover/internal/gate"
)

// prove has the mail server accept the credentials, unless it has done so in the last five minutes. It returns an answer
// when it does not accept them.
//
// The question is a Settings that asks for the user's addresses, or a GetItemEstimate of nothing at 2.5: both need
// authentication and leave no state behind, unlike a FolderSync, which would make the mail server forget how far the
// device has come. OPTIONS is no proof: some servers answer it to anybody.
func (v *visit) prove() (answer, error) {
	if v.proven {
		return answer{}, nil
	}
	a, done, err := v.mayAsk()
	if done || err != nil {
		return a, err
	}
	status, err := v.probeOnce()
	if v.proven {
		return answer{}, nil
	}
	return v.unproven(status, err)
}

// probeOnce asks, remembers the answer, and lets those go on who wait for it.
func (v *visit) probeOnce() (status int, err error) {
	failed := true
	defer func() { v.g.credentials.end(v.print, v.user, failed) }()
	if status, err = v.probe(); err != nil {
		return 0, err
	}
	switch {
	case acceptance(status):
		v.accepted()
		failed = false
	case status == http.StatusUnauthorized:
		v.g.credentials.refuse(v.print, v.user, v.from)
		failed = false
	}
	return status, nil
}

// mayAsk waits until the mail server may be asked, and then returns with done false; [credentials.end] must follow. With
// done true the answer is known already: empty when the credentials are proven.
func (v *visit) mayAsk() (a answer, done bool, err error) {
	for {
		t, open := v.g.credentials.begin(v.print, v.user, v.from)
		switch t {
		case trialProven:
			v.proven = true
			return answer{}, true, nil
		case trialRefused:
			a, err = v.refused()
			return a, true, err
		case trialLater:
			a, err = v.later()
			return a, true, err
		case trialAsk, trialTrusted:
		}
		if open == nil {
			return answer{}, false, nil
		}
		select {
		case <-open.done:
			if open.failed {
				return answer{}, true, unavailable(nil)
			}
		case <-v.r.Context().Done():
			return answer{}, true, unavailable(v.r.Context().Err())
		}
	}
}

// unproven answers when the mail server did not take the credentials, whatever the reason. Only a pending wipe comes
// before that: it must also reach who is locked out, and be it because the mail server is down.
func (v *visit) unproven(status int, err error) (answer, error) {
	if a, ok, derr := v.dying(); ok || derr != nil {
		return a, derr
	}
	switch {
	case err != nil:
		return answer{}, unavailable(err)
	case status == http.StatusUnauthorized:
		return v.challenge(), nil
	case status == http.StatusForbidden: // the password is right, the user may not
		return answer{status: http.StatusForbidden}, nil
	}
	return answer{}, unavailable(nil)
}

// acceptance tells whether a status shows that the mail server took the credentials.
func acceptance(status int) bool {
	return status >= 200 && status < 300 || status == statusNeedProvisioningHTTP
}

func (v *visit) accepted() {
	v.g.credentials.accept(v.print)
	v.proven = true
}

func unavailable(err error) error {
	return problem.New(problem.Unavailable, "activesync.upstream",
		"The mail server does not answer as it should.").WithDetail(err).WithRetry(retryAfter * time.Second)
}

// probe asks the question and returns the HTTP status.
func (v *visit) probe() (int, error) {
	command, body := Settings, wbxml.Elem(wbxml.SettingsSettings,
		wbxml.Elem(wbxml.SettingsUserInformation, wbxml.Elem(wbxml.SettingsGet)))
	if v.version == V25 {
		command, body = GetItemEstimate, wbxml.Elem(wbxml.GetItemEstimateGetItemEstimate, wbxml.Elem(wbxml.GetItemEstimateCollections))
	}
	status, answered, err := v.ask(command, body, 0)
	if err == nil && status == http.StatusOK && !v.isFrame(answered) {
		return 0, problem.New(problem.Unavailable, "activesync.upstream", "The mail server's answer is no ActiveSync.")
	}
	return status, err
}

// isFrame tells whether an answer is WBXML, and all of it. A page that a web server shows to everybody, down for
// maintenance or in the wrong place, proves nobody's password.
func (v *visit) isFrame(body []byte) bool {
	if len(body) == 0 {
		return v.version == V25 // which answers a question about nothing with nothing
	}
	return body[0] == wbxmlVersion && !cutShort(body)
}

// maxOwnAnswer bounds the answers to requests that the gateway itself makes.
const maxOwnAnswer = 256 << 10

// ask sends a request of the gateway's own in the device's name and with its credentials. The key is the mail server's
// policy key for the device, 0 for none.
func (v *visit) ask(c Command, body *wbxml.Node, key uint32) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(v.r.Context(), v.upstream.Timeout)
	defer cancel()
	u := *v.upstream.URL
	u.RawQuery = plainQuery(c, v.query, v.login.name)
	data := body.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), newBody(data))
	if err != nil {
		return 0, nil, err
	}
	r.ContentLength = int64(len(data))
	r.GetBody = func() (io.ReadCloser, error) { return newBody(data), nil }
	r.Host = v.upstream.Host
	r.Header = http.Header{
		"Authorization":        v.r.Header["Authorization"],
		"Content-Type":         {wbxml.ContentType},
		"Ms-Asprotocolversion": {v.version.String()},
		"User-Agent":           v.r.Header["User-Agent"],
		"X-Ms-Policykey":       {strconv.FormatUint(uint64(key), 10)},
	}
	response, err := v.upstream.Transport.RoundTrip(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answered, err := io.ReadAll(io.LimitReader(response.Body, maxOwnAnswer))
	if err != nil {
		return 0, nil, err
	}
	return response.StatusCode, answered, nil
}

// refused answers wrong credentials: with a challenge, or, where a wipe is pending for the very device that shows its
// last key, with the way to that wipe.
func (v *visit) refused() (answer, error) {
	if a, ok, err := v.dying(); ok || err != nil {
		return a, err
	}
	return v.challenge(), nil
}

// keyTime is how long a device that has shown its key may come for its wipe without it: told to provision, most clients
// begin with key 0.
const keyTime = 2 * time.Minute

// keyed remembers who has shown the last policy key of a device with a pending wipe.
type keyed struct {
	now func() time.Time

	mu   sync.Mutex
	list map[witness]shown
}

type witness struct {
	device string
	print  fingerprint
	from   netip.Addr
}

type shown struct {
	key uint32
	at  time.Time
}

func newKeyed(now func() time.Time) *keyed { return &keyed{now: now, list: map[witness]shown{}} }

func (k *keyed) remember(w witness, key uint32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	room(k.list)
	k.list[w] = shown{key, k.now()}
}

// recall returns the key that was shown a moment ago, or 0.
func (k *keyed) recall(w witness) uint32 {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, ok := k.list[w]
	if !ok || k.now().Sub(s.at) > keyTime {
		delete(k.list, w)
		return 0
	}
	return s.key
}

// dying serves a pending wipe to a device whose password is dead already. Its device id and its last final policy key, a
// random number that only it was given, must both fit; then it gets the way to its wipe, the wipe, and nothing else. In
// every other case ok is false and the caller answers as it would an unknown device.
func (v *visit) dying() (a answer, ok bool, err error) {
	w := witness{v.query.DeviceID, v.print, v.from}
	key := v.key
	if key == 0 {
		key = v.g.keyed.recall(w)
	}
	if key == 0 || v.g.credentials.crowded(v.from) {
		return answer{}, false, nil
	}
	s, err := v.g.core.PendingWipe(v.r.Context(), v.query.DeviceID, key)
	if err != nil {
		if problem.From(err).Kind == problem.NotFound {
			v.g.credentials.blame(v.from)
			return answer{}, false, nil
		}
		return answer{}, false, err
	}
	v.g.keyed.remember(w, key)
	a, err = v.wipe(s)
	return a, err == nil && a.status != 0, err
}

// Prove has the mail server accept the credentials of a request that is no ActiveSync command: for Autodiscover. A
// problem of kind Unauthenticated, Forbidden or Unavailable otherwise. It is throttled together with everything else.
func (g *Gateway) Prove(r *http.Request) error {
	v := visit{
		g: g, r: r, from: gate.ClientAddr(r.Context()), version: V121,
		query: Query{DeviceID: "autodiscover", DeviceType: "Drover"},
	}
	if _, err := g.revision.Current(); err != nil {
		return err
	}
	a, err := v.identify()
	if err == nil && a.status == 0 {
		a, err = v.prove()
	}
	switch {
	case err != nil:
		return err
	case a.status == 0:
		return nil
	case a.status == http.StatusServiceUnavailable:
		return unavailable(nil)
	case a.status == http.StatusForbidden:
		return problem.New(problem.Forbidden, "activesync.forbidden", "The mail server does not let this user in.")
	}
	return problem.New(problem.Unauthenticated, "activesync.credentials", "The mail server does not accept these credentials.")
}
