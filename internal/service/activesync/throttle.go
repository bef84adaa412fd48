package activesync

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

// How many wrong passwords are passed on. A mail server locks an account after a handful; the gateway stays below that,
// whoever tries. A password that was refused is not tried again for a while, because phones with an old one never stop.
const (
	wrongWindow     = 15 * time.Minute
	wrongPerUser    = 4
	wrongPerAddress = 40 // many phones share one address
	retryFirst      = 30 * time.Second
	retryLast       = 16 * time.Minute

	proofTime  = 5 * time.Minute // how long an accepted password needs no new proof
	trustTime  = 24 * time.Hour  // how long one that was accepted is passed on however many wrong ones others try
	maxEntries = 100_000         // of each table
)

// fingerprint stands for credentials in memory: an HMAC under a key that dies with the process.
type fingerprint [sha256.Size]byte

// credentials remembers which credentials an upstream has accepted or refused, and never the credentials.
type credentials struct {
	key [32]byte
	now func() time.Time

	mu       sync.Mutex
	accepted map[fingerprint]time.Time
	refused  map[fingerprint]refusal
	asking   map[fingerprint]*question
	open     map[string]int // questions that are open, of each user
	users    map[string]tally
	hosts    map[netip.Addr]tally
}

type refusal struct {
	until time.Time
	wait  time.Duration
}

// question is one that the upstream is being asked.
type question struct {
	done   chan struct{} // closed when there is an answer
	failed bool          // or none came; to be read after done
}

// tally counts wrong passwords within a window.
type tally struct {
	began time.Time
	count int
}

func newCredentials(now func() time.Time) *credentials {
	c := &credentials{
		now: now, accepted: map[fingerprint]time.Time{}, refused: map[fingerprint]refusal{},
		asking: map[fingerprint]*question{}, open: map[string]int{}, users: map[string]tally{}, hosts: map[netip.Addr]tally{},
	}
	_, _ = rand.Read(c.key[:]) // never fails (crypto/rand)
	return c
}

func (c *credentials) fingerprint(upstream, authorization string) (f fingerprint) {
	h := hmac.New(sha256.New, c.key[:])
	h.Write([]byte(upstream))
	h.Write([]byte{0})
	h.Write([]byte(authorization))
	h.Sum(f[:0])
	return f
}

// trial is what may be done with credentials.
type trial uint8

const (
	trialAsk     trial = iota // the upstream must be asked before anything else
	trialTrusted              // the upstream accepted them today: a command may be passed on, and is a question too
	trialProven               // the upstream accepted them less than five minutes ago
	trialRefused              // the upstream refused them; it is not asked again yet
	trialLater                // too many wrong ones: the upstream is not asked
)

// judge tells what may be done with credentials of a user from an address.
func (c *credentials) judge(f fingerprint, user string, from netip.Addr) trial {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.judgeNow(f, user, from)
}

func (c *credentials) judgeNow(f fingerprint, user string, from netip.Addr) trial {
	now := c.now()
	at, known := c.accepted[f]
	if age := now.Sub(at); known && age >= 0 && age < proofTime {
		return trialProven
	} else if known && age >= 0 && age < trustTime {
		return trialTrusted
	}
	if r, ok := c.refused[f]; ok && now.Before(r.until) {
		return trialRefused
	}
	if c.users[user].full(now, wrongPerUser) || c.hosts[network(from)].full(now, wrongPerAddress) {
		return trialLater
	}
	return trialAsk
}

// begin is judge for one who is about to ask the upstream: with trialAsk and trialTrusted end must follow. Where the same
// question is open already, its end is to be waited for. Open questions count like wrong passwords, or many guesses at
// once would all be passed on.
func (c *credentials) begin(f fingerprint, user string, from netip.Addr) (t trial, open *question) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t = c.judgeNow(f, user, from)
	if t != trialAsk && t != trialTrusted {
		return t, nil
	}
	if q := c.asking[f]; q != nil {
		return t, q
	}
	if t == trialAsk && c.users[user].within(c.now())+c.open[user] >= wrongPerUser {
		return trialLater, nil
	}
	c.asking[f] = &question{done: make(chan struct{})}
	c.open[user]++
	return t, nil
}

// end ends what begin began. When it failed, those who wait for it do not ask again.
func (c *credentials) end(f fingerprint, user string, failed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asking[f].failed = failed
	close(c.asking[f].done)
	delete(c.asking, f)
	if c.open[user]--; c.open[user] == 0 {
		delete(c.open, user)
	}
}

// accept remembers that the upstream took the credentials.
func (c *credentials) accept(f fingerprint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	room(c.accepted)
	c.accepted[f] = c.now()
	delete(c.refused, f)
}

// refuse remembers that the upstream refused the credentials. Only new wrong ones count against user and address.
func (c *credentials) refuse(f fingerprint, user string, from netip.Addr) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.accepted, f)
	r, again := c.refused[f]
	r.wait = min(max(2*r.wait, retryFirst), retryLast)
	r.until = now.Add(r.wait)
	room(c.refused)
	c.refused[f] = r
	if again {
		return
	}
	room(c.users)
	c.users[user] = c.users[user].add(now)
	room(c.hosts)
	c.hosts[network(from)] = c.hosts[network(from)].add(now)
}

// blame counts a request against its address that failed without an upstream being asked.
func (c *credentials) blame(from netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	room(c.hosts)
	c.hosts[network(from)] = c.hosts[network(from)].add(c.now())
}

// crowded tells whether an address has failed too often.
func (c *credentials) crowded(from netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hosts[network(from)].full(c.now(), wrongPerAddress)
}

// network takes the addresses of one IPv6 customer for one.
func network(a netip.Addr) netip.Addr {
	a = a.Unmap()
	if !a.Is6() {
		return a
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}

func (t tally) full(now time.Time, limit int) bool { return t.within(now) >= limit }

// within returns the count as far as its window is not over.
func (t tally) within(now time.Time) int {
	if now.Sub(t.began) >= wrongWindow {
		return 0
	}
	return t.count
}

func (t tally) add(now time.Time) tally {
	if now.Sub(t.began) >= wrongWindow {
		return tally{began: now, count: 1}
	}
	t.count++
	return t
}

// room keeps a table bounded: when it is full, some entry goes. Losing one costs a question to the upstream or forgives
// one wrong password.
func room[K comparable, V any](m map[K]V) {
	if len(m) < maxEntries {
		return
	}
	for k := range m {
		delete(m, k)
		return
	}
}
