package activesync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"drover/internal/base/logfield"
	"drover/internal/base/wbxml"
)

// Pass-through. The bytes of both bodies and the request line go on as they came; only a few headers, and the policy key
// where the mail server has given one of its own, are the gateway's.

const (
	// maxPeek is how much of a request is taken into memory before it is passed on: as much as almost every command has,
	// so that the exchange can be repeated, and little enough to hold thousands.
	maxPeek = 4 << 10
	// maxStatusAnswer bounds an answer that is nothing but a status.
	maxStatusAnswer = 64
	// holdTime is how long a Ping or Sync may be held: the longest heartbeat, and time to answer.
	holdTime = (maxHeartbeat + 60) * time.Second
)

// passOn hands the request to the mail server and its answer to the client.
func (v *visit) passOn(s *Standing) (answer, error) {
	if err := v.peek(); err != nil {
		return answer{}, err
	}
	if a, ok := v.fromQuarantine(); ok {
		return a, nil
	}
	if a, answered, err := v.keepPace(s); answered || err != nil {
		return a, err
	}
	t := v.start(s)
	defer t.end()
	response, err := t.send()
	if err != nil {
		return v.unanswered(t, err)
	}
	defer func() { _ = response.Body.Close() }()
	return v.answered(t, response)
}

// peek takes the beginning of the body into memory, all of it where it is small.
func (v *visit) peek() error {
	if v.body != nil || v.whole {
		return nil
	}
	size := v.r.ContentLength
	switch {
	case size == 0:
		v.whole = true
		return nil
	case size > 0 && size <= maxPeek:
		v.body = make([]byte, size)
		if _, err := io.ReadFull(v.r.Body, v.body); err != nil {
			return err
		}
		v.whole = true
		return nil
	}
	head, err := io.ReadAll(io.LimitReader(v.r.Body, maxPeek))
	v.body, v.whole = head, err == nil && len(head) < maxPeek
	return err
}

// fromQuarantine tells a device that was let out that the mailbox it knows is gone: its keys mean nothing to the mail
// server.
func (v *visit) fromQuarantine() (answer, bool) {
	if v.query.Command != Sync && v.query.Command != FolderSync || !bytes.Contains(v.body, []byte(quarantineKey)) {
		return answer{}, false
	}
	if v.query.Command == FolderSync {
		return restartFolderSync(), true
	}
	return restartSync(v.body), true
}

// restartSync says that every collection's key is invalid, so that the client begins anew with key 0.
func restartSync(body []byte) answer {
	collections := wbxml.Elem(wbxml.AirSyncCollections)
	if root, err := wbxml.Parse(body); err == nil {
		for _, c := range root.Child(wbxml.AirSyncCollections).All() {
			collections.Children = append(collections.Children, wbxml.Elem(wbxml.AirSyncCollection,
				wbxml.Leaf(wbxml.AirSyncSyncKey, "0"), wbxml.Leaf(wbxml.AirSyncCollectionId, c.Child(wbxml.AirSyncCollectionId).Value()),
				wbxml.Int(wbxml.AirSyncStatus, syncInvalidKey)))
		}
	}
	if len(collections.Children) == 0 {
		return frame(wbxml.Elem(wbxml.AirSyncSync, wbxml.Int(wbxml.AirSyncStatus, syncInvalidKey)))
	}
	return frame(wbxml.Elem(wbxml.AirSyncSync, collections))
}

// waits tells whether the mail server may hold the request.
func (v *visit) waits() bool {
	switch v.query.Command {
	case Ping:
		return true
	case Sync:
		return v.whole && (len(v.body) == 0 || asksToWait(v.body))
	}
	return false
}

// asksToWait looks for Wait or HeartbeatInterval in a Sync, which stand directly below the root.
func asksToWait(body []byte) bool {
	w, err := wbxml.NewWalker(body)
	for err == nil {
		var t wbxml.Token
		t, err = w.Next()
		if t.Kind == wbxml.Start && w.Depth() == 2 && (t.Tag == wbxml.AirSyncWait || t.Tag == wbxml.AirSyncHeartbeatInterval) {
			return true
		}
	}
	return false
}

// transfer is one exchange with the mail server.
type transfer struct {
	v        *visit
	standing *Standing
	ctx      context.Context // it is the transfer's own, and ends with it
	cancel   context.CancelFunc
	timer    *time.Timer
	waiting  *waiting // nil where the mail server is not expected to hold it
	begun    bool     // it has begun to answer; nothing is waited for any more
	woken    atomic.Bool
	late     atomic.Bool
}

func (v *visit) start(s *Standing) *transfer {
	t := &transfer{v: v, standing: s}
	t.ctx, t.cancel = context.WithCancel(v.r.Context())
	limit := v.upstream.Timeout
	if v.waits() {
		limit = holdTime
		if v.bound > 0 {
			limit = min(limit, v.bound)
		}
		t.waiting = v.await(s, func() {
			t.woken.Store(true)
			t.cancel()
		})
	}
	t.timer = time.AfterFunc(limit, func() {
		t.late.Store(true)
		t.cancel()
	})
	return t
}

func (t *transfer) end() {
	t.timer.Stop()
	t.unhold()
	t.cancel()
}

// unhold says that the mail server has begun to answer: from now on the exchange is finished whatever changes.
func (t *transfer) unhold() {
	if t.waiting != nil && !t.begun {
		t.begun = true
		t.waiting.done()
	}
}

// send sends the request. What it carries of the device's own policy key is replaced by the mail server's, where it has
// given one.
func (t *transfer) send() (*http.Response, error) {
	v := t.v
	u := *v.upstream.URL
	u.RawQuery = v.query.forward()
	header := v.r.Header
	dropHopByHop(header)
	if _, ok := header["User-Agent"]; !ok {
		header["User-Agent"] = nil // or the transport would name itself
	}
	if up := t.standing.Upstream; up != nil {
		if v.query.Base64 {
			raw, err := v.query.withPolicyKey(up.Key)
			if err != nil {
				return nil, err
			}
			u.RawQuery = raw
		} else {
			header["X-Ms-Policykey"] = []string{strconv.FormatUint(uint64(up.Key), 10)}
		}
	}
	r := &http.Request{
		Method: http.MethodPost, URL: &u, Host: orDefault(v.upstream.Host, u.Host), Header: header, ContentLength: v.r.ContentLength,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if v.whole {
		r.ContentLength = int64(len(v.body))
		r.Body = newBody(v.body)
		r.GetBody = func() (io.ReadCloser, error) { return newBody(v.body), nil }
	} else {
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(v.body), upload{v.r.Body, t}))
	}
	return v.upstream.Transport.RoundTrip(r.WithContext(t.ctx))
}

// upload is a body on its way. The mail server's time begins anew with each piece: a phone may send slowly.
type upload struct {
	from io.Reader
	t    *transfer
}

// Read reads the next piece. While it waits for the phone, the mail server is not to blame; how long that may take is for
// the gate to say.
func (u upload) Read(p []byte) (int, error) {
	u.t.timer.Stop()
	n, err := u.from.Read(p)
	u.t.timer.Reset(u.t.v.upstream.Timeout)
	return n, err
}

// newBody is a request body from memory; an empty one is no body, so that a length of zero is sent.
func newBody(b []byte) io.ReadCloser {
	if len(b) == 0 {
		return http.NoBody
	}
	return io.NopCloser(bytes.NewReader(b))
}

// hopByHop are the headers of one connection (RFC 9110 section 7.6.1), and those that only a proxy in front may set.
var hopByHop = []string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", "Expect", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip",
}

// dropHopByHop drops from the headers what is not for the other side. It works on the map itself.
func dropHopByHop(h http.Header) {
	for _, list := range h["Connection"] {
		for name := range strings.SplitSeq(list, ",") {
			delete(h, textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)))
		}
	}
	for _, name := range hopByHop {
		delete(h, name)
	}
}

// unanswered tells why no answer came: the client has gone, something has changed for the device, or the mail server is
// down or slow.
func (v *visit) unanswered(t *transfer, err error) (answer, error) {
	switch {
	case t.woken.Load():
		t.unhold()
		return v.wakeUp(&t.waiting.held)
	case v.r.Context().Err() != nil:
		panic(http.ErrAbortHandler) // nobody is there to be told
	case t.late.Load() && t.waiting != nil && !t.begun && (v.query.Command == Ping || v.bound > 0):
		return v.nothingNew(), nil
	}
	return answer{}, unavailable(err)
}

// wakeUp answers a held request after a change: with what is to be said now, or, where that is nothing for this device or
// the device has asked anew, with a Ping that has expired or a Sync without news.
func (v *visit) wakeUp(h *held) (answer, error) {
	if h.followed.Load() {
		return v.nothingNew(), nil
	}
	if stopping(v.r.Context()) || v.g.moved(h) {
		return v.comeBack(), nil
	}
	s, err := v.load()
	if err != nil {
		return v.decideAnew()
	}
	if d, status := v.judge(s); d != passOn {
		if a, err := v.prove(); err != nil || a.status != 0 {
			return a, err
		}
		if d == quarantine && v.query.Command == Ping {
			return pingAnswer(pingFolderSync), nil // its folders are others now; a Ping on those would be held anew
		}
		return v.carryOut(s, d, status)
	}
	return v.nothingNew(), nil
}

// answered judges the mail server's answer and hands it on.
func (v *visit) answered(t *transfer, r *http.Response) (answer, error) {
	t.unhold()
	t.timer.Reset(v.upstream.Timeout) // it holds nothing any more
	switch {
	case r.StatusCode == http.StatusUnauthorized:
		v.g.credentials.refuse(v.print, v.user, v.from)
		v.proven = false
		return v.refused()
	case r.StatusCode == statusNeedProvisioningHTTP:
		v.accepted()
		return v.upstreamAsks(t.standing)
	case r.StatusCode >= 300 && r.StatusCode < 400, r.StatusCode == 451:
		// It would lead the client past the gateway.
		v.g.log.LogAttrs(v.r.Context(), slog.LevelWarn, "a mail server wants its clients elsewhere: correct its address",
			slog.String(logfield.Upstream, v.upstream.ID), slog.Int(logfield.Status, r.StatusCode))
		return answer{}, unavailable(nil)
	case r.StatusCode == http.StatusServiceUnavailable, r.StatusCode == http.StatusTooManyRequests:
		return answer{}, v.busy(r.Header)
	case !meant(v.query.Command, r.StatusCode):
		return answer{}, unavailable(fmt.Errorf("it answers with HTTP %d", r.StatusCode))
	}
	return v.copyAnswer(t, r)
}

// buffers are for copying answers.
var buffers = sync.Pool{New: func() any { return new([8 << 10]byte) }}

// copyAnswer streams the answer. An answer that breaks off after it has begun breaks the client's connection off too: no
// half of it may be taken as whole.
func (v *visit) copyAnswer(t *transfer, r *http.Response) (answer, error) {
	buf := buffers.Get().(*[8 << 10]byte)
	defer buffers.Put(buf)
	n, err := fill(r.Body, buf[:])
	whole := errors.Is(err, io.EOF)
	if err != nil && !whole {
		return v.unanswered(t, err)
	}
	if whole && v.version >= V140 && provisioningStatus(buf[:n], r.Header) {
		return v.upstreamAsks(t.standing)
	}
	if r.StatusCode == http.StatusOK {
		if err := v.believe(t.standing, r.Header, buf[:n], whole); err != nil {
			return answer{}, err
		}
	}
	v.copyHeader(r)
	v.w.WriteHeader(r.StatusCode)
	for {
		if _, werr := v.w.Write(buf[:n]); werr != nil {
			panic(http.ErrAbortHandler)
		}
		if errors.Is(err, io.EOF) {
			return answer{}, errRelayed
		}
		t.timer.Reset(v.upstream.Timeout)
		n, err = r.Body.Read(buf[:])
		if err != nil && !errors.Is(err, io.EOF) {
			panic(http.ErrAbortHandler)
		}
	}
}

// believe takes an answer for the mail server's own: it proves the credentials, and what the device has told there.
func (v *visit) believe(s *Standing, h http.Header, head []byte, whole bool) error {
	if err := genuine(v.query.Command, v.version, h, head, whole); err != nil {
		return unavailable(err)
	}
	if !v.proven && ownType(h) {
		v.accepted()
	}
	if v.proven && v.query.Command == Settings && v.whole {
		return v.keepInformation(s, parseSettings(v.body))
	}
	return nil
}

// fill reads until an answer is whole, or the buffer is full of a longer one: most answers are known to be whole before
// anything of them is handed on.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}

// copyHeader hands on the headers of the answer.
func (v *visit) copyHeader(r *http.Response) {
	to := v.w.Header()
	dropHopByHop(r.Header)
	for name, values := range r.Header {
		switch name {
		case "X-Ms-Rp", "Ms-Asprotocolversions": // the versions that the server speaks now
			if versions := commonVersions(strings.Join(values, ","), v.upstream.Versions); len(versions) > 0 {
				to[name] = []string{strings.Join(versions, ",")}
			}
		case "Location", "X-Ms-Location", "Alt-Svc", "Strict-Transport-Security":
		default:
			to[name] = values
		}
	}
	if r.ContentLength >= 0 {
		to["Content-Length"] = []string{strconv.FormatInt(r.ContentLength, 10)}
	}
}

// provisioningStatus tells whether an answer is nothing but the demand to provision: 140 to 144 below the root.
func provisioningStatus(body []byte, h http.Header) bool {
	if len(body) == 0 || len(body) > maxStatusAnswer || h.Get("Content-Encoding") != "" {
		return false
	}
	w, err := wbxml.NewWalker(body)
	for err == nil {
		var t wbxml.Token
		t, err = w.Next()
		if t.Kind == wbxml.Text && w.Depth() == 2 && w.Parent().Name() == "Status" {
			s, err := strconv.Atoi(string(t.Data))
			return err == nil && Status(s) >= statusWipeRequested && Status(s) <= statusInvalidKey
		}
	}
	return false
}
