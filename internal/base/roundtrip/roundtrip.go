package roundtrip

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// maxBody is the most of a request that is written before its answer is read. It fits the socket's buffer, so that a
	// server that answers without reading cannot block the writer.
	maxBody    = 16 << 10
	maxHeaders = 64 << 10
	maxInterim = 5 // answers of the class 1xx before the real one
	readerSize = 4 << 10
	writerSize = 4 << 10
)

var (
	errHeaders = errors.New("roundtrip: the headers of the answer are too large")
	errInterim = errors.New("roundtrip: too many interim answers")
)

// longAgo ends what a connection waits for.
var longAgo = time.Unix(1, 0)

// Transport is a [http.RoundTripper] over another's way of dialling. It may be used by several goroutines.
type Transport struct {
	with *http.Transport
	idle idle
}

// New returns a round-tripper that dials as t does, by its DialContext and TLSClientConfig, and hands over to t what does
// not fit. Its TLSHandshakeTimeout, MaxIdleConnsPerHost and IdleConnTimeout hold here too; how long an answer may take is
// the request's context's to say.
func New(t *http.Transport) *Transport {
	return &Transport{with: t, idle: idle{most: t.MaxIdleConnsPerHost, longest: t.IdleConnTimeout}}
}

// CloseIdleConnections closes what nobody uses at the moment.
func (t *Transport) CloseIdleConnections() {
	t.idle.drop()
	t.with.CloseIdleConnections()
}

// fits tells whether a request is small and can be repeated, as far as its own body goes.
func fits(r *http.Request) bool {
	return r.ContentLength >= 0 && r.ContentLength <= maxBody && (r.ContentLength == 0 || r.GetBody != nil) && !r.Close
}

// RoundTrip sends the request and returns the answer once its headers are there. The answer's body must be closed. A
// request over a connection that turns out to be dead before anything was written is sent over another.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !fits(r) {
		return t.with.RoundTrip(r)
	}
	key := r.URL.Scheme + "://" + r.URL.Host
	for c := t.idle.get(key); c != nil; c = t.idle.get(key) {
		if c.alive() {
			return t.exchange(r, c)
		}
		c.close()
	}
	c, err := t.dial(r, key)
	if err != nil {
		return nil, err
	}
	return t.exchange(r, c)
}

func (t *Transport) exchange(r *http.Request, c *conn) (*http.Response, error) {
	ctx := r.Context()
	c.stop = context.AfterFunc(ctx, func() { _ = c.SetDeadline(longAgo) })
	response, err := c.exchange(r)
	if err != nil {
		c.stop()
		c.close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	response.Body = &body{from: response.Body, conn: c, idle: &t.idle, reuse: !response.Close}
	if response.ContentLength == 0 {
		_ = response.Body.Close()
		response.Body = http.NoBody
	}
	return response, nil
}

func (t *Transport) dial(r *http.Request, key string) (*conn, error) {
	ctx, host, port := r.Context(), r.URL.Hostname(), r.URL.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[r.URL.Scheme]
	}
	dial := t.with.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	raw, err := dial(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	if r.URL.Scheme != "https" {
		return &conn{Conn: raw, raw: raw, key: key}, nil
	}
	secured, err := t.secure(ctx, raw, host)
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	return &conn{Conn: secured, raw: raw, key: key}, nil
}

func (t *Transport) secure(ctx context.Context, raw net.Conn, host string) (net.Conn, error) {
	config := t.with.TLSClientConfig.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	if limit := t.with.TLSHandshakeTimeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	secured := tls.Client(raw, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return secured, nil
}

// conn is one connection. While it waits for an answer it has no buffer.
type conn struct {
	net.Conn
	raw    net.Conn // below TLS
	key    string
	stop   func() bool // ends the watch over the request's context
	reader *bufio.Reader
	first  [1]byte
	held   bool // first is to be read before the connection
	left   int  // how much more may be read of the headers; negative for no bound
	since  time.Time
}

var (
	readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, readerSize) }}
	writers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, writerSize) }}
)

func (c *conn) exchange(r *http.Request) (*http.Response, error) {
	written := c.send(r)
	// A server that refuses early closes without having read everything: its answer counts, not our failure to write.
	response, err := c.receive(r)
	if err != nil && written != nil {
		return nil, written
	}
	return response, err
}

func (c *conn) send(r *http.Request) error {
	w := writers.Get().(*bufio.Writer)
	defer func() {
		w.Reset(nil)
		writers.Put(w)
	}()
	w.Reset(c.Conn)
	if err := r.Write(w); err != nil {
		return err
	}
	return w.Flush()
}

func (c *conn) receive(r *http.Request) (*http.Response, error) {
	n, err := c.Conn.Read(c.first[:])
	if err != nil {
		return nil, err
	}
	c.held, c.left = n == 1, maxHeaders
	c.reader = readers.Get().(*bufio.Reader)
	c.reader.Reset(c)
	for range maxInterim {
		response, err := http.ReadResponse(c.reader, r)
		if err != nil {
			return nil, err
		}
		if response.StatusCode >= http.StatusOK || response.StatusCode == http.StatusSwitchingProtocols {
			c.left = -1
			return response, nil
		}
	}
	return nil, errInterim
}

// Read reads for the buffer: the byte that ended the waiting, and then the connection, within the bound of the headers.
func (c *conn) Read(p []byte) (int, error) {
	if c.held && len(p) > 0 {
		c.held = false
		p[0] = c.first[0]
		return 1, nil
	}
	if c.left == 0 {
		return 0, errHeaders
	}
	if c.left > 0 && len(p) > c.left {
		p = p[:c.left]
	}
	n, err := c.Conn.Read(p)
	if c.left > 0 {
		c.left -= n
	}
	return n, err
}

// release gives the buffer back.
func (c *conn) release() {
	if c.reader != nil {
		c.reader.Reset(nil)
		readers.Put(c.reader)
		c.reader = nil
	}
}

func (c *conn) close() {
	c.release()
	_ = c.Conn.Close() // nobody is there to be told
}

// body is the body of an answer. When it has been read to its end, the connection is free again.
type body struct {
	from  io.ReadCloser
	conn  *conn // nil once it has been given back or closed
	idle  *idle
	reuse bool
}

// Read reads, and frees the connection at the end.
func (b *body) Read(p []byte) (int, error) {
	if b.conn == nil {
		return 0, io.EOF
	}
	n, err := b.from.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		b.finish(b.reuse && b.conn.reader.Buffered() == 0)
	case err != nil:
		b.finish(false)
	}
	return n, err
}

// Close frees the connection when its answer has been read, or all that is left of it is in the buffer, and closes it
// otherwise. It does not wait for the server.
func (b *body) Close() error {
	if b.conn == nil {
		return nil
	}
	_ = b.conn.SetReadDeadline(longAgo)
	_, err := io.Copy(io.Discard, io.LimitReader(b.from, readerSize))
	more, end := b.from.Read(make([]byte, 1))
	_ = b.conn.SetReadDeadline(time.Time{})
	b.finish(err == nil && more == 0 && errors.Is(end, io.EOF) && b.reuse && b.conn.reader.Buffered() == 0)
	return nil
}

func (b *body) finish(reuse bool) {
	c := b.conn
	b.conn = nil
	if !c.stop() || !reuse { // the context has ended, and with it the connection's deadline
		c.close()
		return
	}
	c.release()
	b.idle.put(c)
}
