package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"time"

	"github.com/pires/go-proxyproto"

	"drover/internal/base/logfield"
	"drover/internal/gate"
)

const (
	headerTime = 10 * time.Second // for the handshake, and for the headers of a request
	// idleTime outlasts the pause between two requests of a mail client, as a handshake is the dearest part of either.
	idleTime    = 3 * time.Minute
	headerBytes = 32 << 10
	// stopTime is how long running exchanges may take to end; a stop as a whole takes less than 10 s.
	stopTime = 8 * time.Second
)

// keepAlive finds clients that are gone. It is slow, because every probe wakes the radio of a phone that holds a Ping.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 5 * time.Minute, Interval: 30 * time.Second, Count: 4}

// ListenerOptions describe one listener. All but Exempt are required.
type ListenerOptions struct {
	Name    string       // "device" or "admin", for the log
	Address string       // host and port
	Socket  net.Listener // open already, as [Listener.Socket] gives it; nil opens Address
	Handler http.Handler
	TLS     *tls.Config // from [TLSConfig]
	// HTTP2 is offered to browsers. Devices get HTTP/1.1 alone: a held connection costs less memory with it.
	HTTP2 bool
	// Connections bounds the connections in total, PerAddress those from one address (or one /64 of IPv6).
	Connections, PerAddress int
	// Exempt lifts the bound per address from trusted proxies, behind which many clients stand.
	Exempt func(netip.Addr) bool
	// Announced has exempt addresses begin each connection with the PROXY protocol, version 1 or 2, and cuts those that do
	// not. From all others it is never read.
	Announced bool
	Log       *slog.Logger
}

// Listener serves HTTPS on one address.
type Listener struct {
	name   string
	server *http.Server
	socket *boundedListener
	heard  net.Listener // socket, with the addresses that proxies announce
	cancel context.CancelFunc
	log    *slog.Logger
}

// Listen opens the address. Nothing is served before [Listener.Serve].
func Listen(ctx context.Context, o ListenerOptions) (*Listener, error) {
	if o.Socket != nil {
		return newListener(ctx, o.Socket, o), nil
	}
	lc := net.ListenConfig{KeepAliveConfig: keepAlive}
	inner, err := lc.Listen(ctx, "tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen for %s: %w", o.Name, err)
	}
	return newListener(ctx, inner, o), nil
}

// Socket returns the listener's socket once more, for a listener that follows this one: who connects between the two waits
// instead of being refused.
func (l *Listener) Socket() (net.Listener, error) {
	tcp, ok := l.socket.Listener.(interface{ File() (*os.File, error) })
	if !ok {
		return nil, fmt.Errorf("the %s listener has no socket to hand on", l.name)
	}
	file, err := tcp.File()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	again, err := net.FileListener(file)
	if err != nil {
		return nil, err
	}
	return handedOn{again.(*net.TCPListener)}, nil
}

// handedOn is a socket that has forgotten how its connections are kept alive.
type handedOn struct{ *net.TCPListener }

// Accept returns the next connection.
func (h handedOn) Accept() (net.Conn, error) {
	c, err := h.AcceptTCP()
	if err != nil {
		return nil, err
	}
	if err := c.SetKeepAliveConfig(keepAlive); err != nil {
		_ = c.Close()
		return h.Accept() // it is gone already
	}
	return c, nil
}

func newListener(ctx context.Context, inner net.Listener, o ListenerOptions) *Listener {
	logger := o.Log.With(logfield.Name, o.Name)
	socket := newBoundedListener(inner, o.Connections, o.PerAddress, o.Exempt, logger)
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(o.HTTP2)
	return &Listener{
		name: o.Name, socket: socket, heard: announced(socket, o), cancel: cancel, log: logger,
		server: &http.Server{
			Handler: o.Handler, TLSConfig: o.TLS, Protocols: protocols,
			ReadHeaderTimeout: headerTime, ReadTimeout: gate.BodyTime, WriteTimeout: gate.StallTime, IdleTimeout: idleTime,
			MaxHeaderBytes: headerBytes, DisableGeneralOptionsHandler: true,
			HTTP2:       &http.HTTP2Config{MaxConcurrentStreams: 100, SendPingTimeout: time.Minute, WriteByteTimeout: gate.StallTime},
			BaseContext: func(net.Listener) context.Context { return base },
			// Mostly what strangers do wrong at the handshake.
			ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
		},
	}
}

// announced reads of trusted proxies for whom they speak. It is read by each connection's own goroutine, and the bounds count
// the proxies.
func announced(socket net.Listener, o ListenerOptions) net.Listener {
	if !o.Announced {
		return socket
	}
	return &proxyproto.Listener{
		Listener: socket, ReadHeaderTimeout: headerTime,
		ConnPolicy: func(c proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) {
			if o.Exempt(address(c.Upstream)) {
				return proxyproto.REQUIRE, nil
			}
			return proxyproto.SKIP, nil
		},
	}
}

// Addr returns the address that is listened on, with the port the system chose where 0 was asked for.
func (l *Listener) Addr() net.Addr { return l.socket.Addr() }

// Serve serves until [Listener.Stop]; nil then.
func (l *Listener) Serve() error {
	l.log.Info("listening", logfield.Address, l.Addr().String())
	if err := l.server.ServeTLS(l.heard, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the %s listener ended: %w", l.name, err)
	}
	return nil
}

// Stop takes no new connections, lets running exchanges end for up to 8 s, or until ctx ends, and cuts what is left. Call
// [gate.Gate.Stop] first, so that held exchanges end by themselves.
func (l *Listener) Stop(ctx context.Context) error {
	ctx, done := context.WithTimeout(ctx, stopTime)
	defer done()
	err := l.server.Shutdown(ctx)
	_ = l.socket.Close() // which the server does not know before it has served, and has closed otherwise
	l.cancel()
	if err == nil {
		return nil
	}
	l.log.Warn("exchanges were cut at the stop", logfield.Count, l.socket.open())
	return l.server.Close()
}

// answers tells whether a program answers at a port of one of this machine's addresses that others reach: what listens for
// the machine alone, and whatever lies between, is not seen.
func answers(ctx context.Context, port int) bool {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	d := net.Dialer{Timeout: time.Second}
	for _, a := range all {
		own, ok := a.(*net.IPNet)
		if !ok || !own.IP.IsGlobalUnicast() {
			continue
		}
		c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(own.IP.String(), strconv.Itoa(port)))
		if err == nil {
			_ = c.Close()
			return true
		}
	}
	return false
}
