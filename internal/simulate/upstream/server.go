package upstream

import (
	"crypto/subtle"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"drover/internal/base/wbxml"
)

// Path is where ActiveSync lives (MS-ASHTTP section 2.2.1.1.1).
const Path = "/Microsoft-Server-ActiveSync"

const (
	maxBody    = 1 << 20 // bytes of a request
	maxDevices = 200000  // that are remembered; the next is told to come later
	minBeat    = 60      // seconds of a Ping, as real servers allow
	maxBeat    = 3540
)

// Options say what a server is. The zero value accepts everybody, at every version, without provisioning.
type Options struct {
	Users     string        // pattern of user names, such as U%d; empty accepts every name
	Password  string        // of every user; empty accepts every password
	Versions  []string      // offered; all when empty
	Provision bool          // demands a policy of its own
	Wipe      string        // a user whose devices are told to wipe themselves; needs Provision
	Mails     int           // in every inbox at first
	Slow      time.Duration // before every answer
	LieLength bool          // announces more than it sends, then breaks the connection off
	Half      bool          // sends half of each frame as if it were all
}

// Versions lists all protocol versions.
var Versions = []string{"2.5", "12.0", "12.1", "14.0", "14.1", "16.0", "16.1"}

// Server is a simulated mail server. It may be used by any number of goroutines.
type Server struct {
	o        Options
	down     atomic.Bool
	held     atomic.Int64
	requests atomic.Int64

	mu       sync.Mutex
	accounts map[string]*account
	devices  int
}

// account is a user with a number of mails; only how many there are is kept.
type account struct {
	mails   int
	devices map[string]*device
}

// device is what the server knows of one phone of one user.
type device struct {
	seen   int           // mails that it has synced
	key    uint32        // policy key, 0 before there is one
	final  bool          // the key has been acknowledged
	wiped  bool          // it acknowledged a wipe
	beat   int           // of the last Ping, for a Ping without a body
	waiter chan struct{} // closed to end the held Ping
}

// New returns a server that is up.
func New(o Options) *Server {
	if len(o.Versions) == 0 {
		o.Versions = Versions
	}
	return &Server{o: o, accounts: map[string]*account{}}
}

// Held returns how many Pings are held now.
func (s *Server) Held() int { return int(s.held.Load()) }

// Requests returns how many requests have arrived.
func (s *Server) Requests() int { return int(s.requests.Load()) }

// SetDown makes the server break off every connection, or serve again.
func (s *Server) SetDown(down bool) { s.down.Store(down) }

// Deliver puts a mail into a user's inbox and ends the user's held Pings.
func (s *Server) Deliver(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account(user).deliver()
}

// DeliverAll delivers to every user who has ever connected.
func (s *Server) DeliverAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		a.deliver()
	}
}

func (a *account) deliver() {
	a.mails++
	for _, d := range a.devices {
		d.wake()
	}
}

func (d *device) wake() {
	if d.waiter != nil {
		close(d.waiter)
		d.waiter = nil
	}
}

// Wiped tells whether a device has acknowledged the server's own wipe.
func (s *Server) Wiped(user, deviceID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.account(user).devices[deviceID]
	return d != nil && d.wiped
}

// account returns the user's account; the caller holds the lock.
func (s *Server) account(user string) *account {
	user = strings.ToLower(user)
	a := s.accounts[user]
	if a == nil {
		a = &account{mails: s.o.Mails, devices: map[string]*device{}}
		s.accounts[user] = a
	}
	return a
}

// device returns the device and its account, nil when there are too many.
func (s *Server) device(user, id string) (*account, *device) {
	a := s.account(user)
	d := a.devices[id]
	if d == nil {
		if s.devices >= maxDevices {
			return a, nil
		}
		s.devices++
		d = &device{beat: minBeat}
		a.devices[id] = d
	}
	return a, d
}

// ServeHTTP answers OPTIONS and the commands of ActiveSync.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	if s.down.Load() {
		panic(http.ErrAbortHandler)
	}
	if s.o.Slow > 0 && !wait(r, s.o.Slow) {
		return
	}
	user, password, ok := r.BasicAuth()
	if !ok || !s.knows(user, password) {
		w.Header().Set("WWW-Authenticate", `Basic realm="mail"`)
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	switch {
	case r.URL.Path != Path:
		http.NotFound(w, r)
	case r.Method == http.MethodOptions:
		s.options(w)
	case r.Method == http.MethodPost:
		s.post(w, r, user)
	default:
		w.Header().Set("Allow", "OPTIONS,POST")
		http.Error(w, "POST a command", http.StatusMethodNotAllowed)
	}
}

func wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (s *Server) knows(user, password string) bool {
	if s.o.Password != "" && subtle.ConstantTimeCompare([]byte(password), []byte(s.o.Password)) != 1 {
		return false
	}
	before, after, numbered := strings.Cut(s.o.Users, "%d")
	if s.o.Users == "" || (!numbered && user == before) {
		return true
	}
	digits, found := strings.CutPrefix(user, before)
	if !found || !numbered {
		return false
	}
	digits, found = strings.CutSuffix(digits, after)
	_, err := strconv.ParseUint(digits, 10, 32)
	return found && err == nil
}

func (s *Server) options(w http.ResponseWriter) {
	h := w.Header()
	h.Set("MS-Server-ActiveSync", slices.MaxFunc(s.o.Versions, func(a, b string) int { return number(a) - number(b) }))
	h.Set("MS-ASProtocolVersions", strings.Join(s.o.Versions, ","))
	commands := "Sync,SendMail,FolderSync,GetItemEstimate,Settings,Ping"
	if s.o.Provision {
		commands += ",Provision"
	}
	h.Set("MS-ASProtocolCommands", commands)
	h.Set("Allow", "OPTIONS,POST")
	h.Set("Public", "OPTIONS,POST")
}

func (s *Server) post(w http.ResponseWriter, r *http.Request, user string) {
	q, err := parseQuery(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "the body is too long or broke off", http.StatusBadRequest)
		return
	}
	s.serve(w, r, &call{query: q, user: user, body: body})
}

// write sends a frame, or an empty body for nil.
func (s *Server) write(w http.ResponseWriter, frame *wbxml.Node) {
	w.Header().Set("Cache-Control", "private")
	if frame == nil {
		w.Header().Set("Content-Length", "0")
		return
	}
	data := frame.Encode()
	w.Header().Set("Content-Type", wbxml.ContentType)
	if s.o.Half {
		data = data[:len(data)/2]
	}
	length := len(data)
	if s.o.LieLength {
		length += 1000
	}
	w.Header().Set("Content-Length", strconv.Itoa(length))
	if _, err := w.Write(data); err != nil {
		return // the client has gone
	}
	if s.o.LieLength {
		_ = http.NewResponseController(w).Flush() // a client that has gone sees no lie
		panic(http.ErrAbortHandler)               // the net/http way to break a connection off
	}
}
