// Package standin is a small provisioning gateway for the tests of this module: it does what SOGo does not, two-phase
// provisioning, refusals by 449 or Status, and wipes, as MS-ASPROV and MS-ASCMD tell it. It keeps its devices in
// memory and has no other use. With an upstream it passes every other command on; without one it answers Status 1.
package standin

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"time"

	eas "drover-easclient"
)

// Gateway is the server. Its fields are set before the first request.
type Gateway struct {
	Users    map[string]string // passwords by name
	Upstream string            // URL of an ActiveSync server; "" for none

	// Spoil, when set, changes what the upstream answered to a command, so that a judge can be judged.
	Spoil func(command string, body []byte) []byte

	mu      sync.Mutex
	devices map[string]*device
}

type device struct {
	temp, final string
	wipe        string // "RemoteWipe", "AccountOnlyRemoteWipe" or ""
	state       string // of the wipe: "ordered", "acknowledged", "failed"
	held        map[*context.CancelFunc]bool
}

// OrderWipe orders a wipe of a device, account-only or full, and ends what it holds.
func (g *Gateway) OrderWipe(id string, accountOnly bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := g.device(id)
	d.wipe, d.state = "RemoteWipe", "ordered"
	if accountOnly {
		d.wipe = "AccountOnlyRemoteWipe"
	}
	for cancel := range d.held {
		(*cancel)()
	}
}

// WipeState is "" without a wipe, else "ordered", "acknowledged" or "failed".
func (g *Gateway) WipeState(id string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.device(id).state
}

// Readmit forgets a device, so that it may enrol again.
func (g *Gateway) Readmit(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.devices, id)
}

// device needs the lock.
func (g *Gateway) device(id string) *device {
	if g.devices == nil {
		g.devices = map[string]*device{}
	}
	d := g.devices[id]
	if d == nil {
		d = &device{held: map[*context.CancelFunc]bool{}}
		g.devices[id] = d
	}
	return d
}

func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		g.options(w, r)
		return
	}
	q, err := parseQuery(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	known := g.authenticated(r)
	if !known && !(q.command == "Provision" && g.dying(q)) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if q.command == "Provision" {
		g.provision(w, r, q)
		return
	}
	if status := g.demand(q); status != "" {
		refuse(w, q, status)
		return
	}
	g.hold(w, r, q)
}

func (g *Gateway) authenticated(r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	return ok && g.Users[user] != "" && g.Users[user] == password
}

// dying says whether a request may be served for a pending wipe alone, its account being closed already.
func (g *Gateway) dying(q request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := g.device(q.device)
	return d.wipe != "" && d.final != "" && d.final == q.key
}

// demand is the Status with which a command is refused, or "".
func (g *Gateway) demand(q request) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := g.device(q.device)
	switch {
	case d.wipe != "":
		return "140"
	case d.final == "":
		return "142"
	case q.command != "Ping" && q.key != d.final:
		return "144"
	default:
		return ""
	}
}

// spaces are the namespaces of the root elements of answers.
var spaces = map[string]string{
	"Sync": "AirSync", "FolderSync": "FolderHierarchy", "SendMail": "ComposeMail", "Ping": "Ping", "Settings": "Settings",
	"Search": "Search", "ItemOperations": "ItemOperations", "GetItemEstimate": "GetItemEstimate", "MoveItems": "Move",
}

// refuse asks for provisioning: 449 up to 12.1, a Status as the root's only child later (MS-ASPROV section 3.1.5.2).
func refuse(w http.ResponseWriter, q request, status string) {
	if !q.version.AtLeast(eas.V140) {
		w.WriteHeader(449)
		return
	}
	answer(w, element(spaces[q.command], q.command, element(spaces[q.command], "Status", text(status))))
}

// hold passes a command on, or answers it, and ends it when a wipe is ordered meanwhile.
func (g *Gateway) hold(w http.ResponseWriter, r *http.Request, q request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	g.mu.Lock()
	held := g.device(q.device).held
	held[&cancel] = true
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(held, &cancel)
	}()
	if g.Upstream != "" {
		g.pass(w, r.WithContext(ctx), q)
		return
	}
	if q.command == "Ping" {
		// Held for longer than any test lasts: only an order ends it.
		wait, stop := context.WithTimeout(ctx, 10*time.Minute)
		defer stop()
		<-wait.Done()
		if status := g.demand(q); status != "" {
			refuse(w, q, status)
			return
		}
	}
	answer(w, element(spaces[q.command], q.command, element(spaces[q.command], "Status", text("1"))))
}

func (g *Gateway) pass(w http.ResponseWriter, r *http.Request, q request) {
	target, err := url.Parse(g.Upstream)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL = target
			p.Out.URL.RawQuery = q.strict
			p.Out.Host = target.Host
		},
		ModifyResponse: func(res *http.Response) error { return g.spoil(q.command, res) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			if status := g.demand(q); status != "" {
				refuse(w, q, status)
				return
			}
			w.WriteHeader(http.StatusServiceUnavailable)
		},
	}
	proxy.ServeHTTP(w, r)
}

func (g *Gateway) spoil(command string, res *http.Response) error {
	if g.Spoil == nil {
		return nil
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	replace(res, g.Spoil(command, body))
	return nil
}

// options adds Provision to what the upstream has.
func (g *Gateway) options(w http.ResponseWriter, r *http.Request) {
	versions, commands := "2.5,12.0,12.1,14.0,14.1,16.0,16.1", "Sync,FolderSync,Ping,Settings,SendMail"
	if g.Upstream != "" {
		req, _ := http.NewRequestWithContext(r.Context(), http.MethodOptions, g.Upstream, nil)
		req.Header.Set("Authorization", r.Header.Get("Authorization"))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		res.Body.Close()
		versions, commands = res.Header.Get("MS-ASProtocolVersions"), res.Header.Get("MS-ASProtocolCommands")
	}
	w.Header().Set("MS-ASProtocolVersions", versions)
	w.Header().Set("MS-ASProtocolCommands", commands+",Provision")
}

func newKey() string { return strconv.FormatUint(1+rand.Uint64N(1<<32-1), 10) }
