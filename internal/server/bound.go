package server

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"drover/internal/base/logfield"
)

const (
	mostConnections = 50_000 // at about 60 KB each that is 3 GB
	otherFiles      = 256    // the database, logs, listeners
)

// Bounds returns how many connections a listener takes in total and from one address, as the files that the process may
// open allow: a held Ping takes two, one to the phone and one to the mail server. One address may have half of all, because
// a whole company can stand behind one.
func Bounds() (connections, perAddress int) {
	connections = max(min((files()-otherFiles)/2, mostConnections), 64)
	return connections, connections / 2
}

// boundedListener closes connections over its bounds as soon as they are accepted, before a handshake is paid for.
type boundedListener struct {
	net.Listener
	total, perAddress int
	exempt            func(netip.Addr) bool
	log               *slog.Logger

	mu      sync.Mutex
	count   int
	by      map[netip.Addr]int
	refused int
	told    time.Time
}

// tellEvery bounds how often the log hears of refused connections.
const tellEvery = time.Minute

func newBoundedListener(l net.Listener, total, perAddress int, exempt func(netip.Addr) bool, log *slog.Logger) *boundedListener {
	if exempt == nil {
		exempt = func(netip.Addr) bool { return false }
	}
	return &boundedListener{Listener: l, total: total, perAddress: perAddress, exempt: exempt, log: log, by: map[netip.Addr]int{}}
}

// Accept returns the next connection within the bounds.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer := address(c.RemoteAddr())
		if l.take(peer) {
			return &boundedConn{Conn: c, listener: l, house: house(peer)}, nil
		}
		refuse(c)
	}
}

// overloaded is a TLS record with the fatal alert internal_error (RFC 8446 section 6.2): a client that reads it knows at
// once that the server, not the network, has ended this, and comes back later.
var overloaded = []byte{21, 3, 3, 0, 2, 2, 80}

func refuse(c net.Conn) {
	_ = c.SetWriteDeadline(time.Now().Add(time.Second)) // an empty send buffer takes it without waiting
	_, _ = c.Write(overloaded)
	_ = c.Close()
}

func (l *boundedListener) take(peer netip.Addr) bool {
	h := house(peer)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count < l.total && (l.by[h] < l.perAddress || l.exempt(peer)) {
		l.count++
		l.by[h]++
		return true
	}
	l.refused++
	if now := time.Now(); now.Sub(l.told) > tellEvery {
		l.log.Warn("too many connections, some are refused", logfield.Count, l.refused)
		l.told, l.refused = now, 0
	}
	return false
}

func (l *boundedListener) give(h netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count--
	if l.by[h]--; l.by[h] == 0 {
		delete(l.by, h)
	}
}

func (l *boundedListener) open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count
}

func address(a net.Addr) netip.Addr {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap().WithZone("")
}

// house returns what the bound per address counts: an IPv4 address, or the /64 of an IPv6 address, as one house has.
func house(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	return netip.PrefixFrom(a, 64).Masked().Addr()
}

type boundedConn struct {
	net.Conn
	listener *boundedListener
	house    netip.Addr
	once     sync.Once
}

// Close closes the connection and gives its place back, once.
func (c *boundedConn) Close() error {
	c.once.Do(func() { c.listener.give(c.house) })
	return c.Conn.Close()
}
