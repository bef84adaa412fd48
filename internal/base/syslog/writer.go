package syslog

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Severity is how much a message matters (RFC 5424, section 6.2.1).
type Severity int

// The severities in use.
const (
	Error   Severity = 3
	Warning Severity = 4
	Notice  Severity = 5
	Info    Severity = 6
	Debug   Severity = 7
)

// Facility is what part of a machine tells (RFC 5424, section 6.2.1).
type Facility int

// The facilities in use.
const (
	Daemon Facility = 3
	Auth   Facility = 4
)

// maxDatagram bounds a message that goes in one packet (RFC 5426, section 3.2, asks servers for 2,048 octets).
const maxDatagram = 8 << 10

// Writer sends the messages of one part of the program. It may be used by many goroutines.
type Writer struct {
	to       Server
	facility Facility
	app      string
	host     string

	mu   sync.Mutex
	conn net.Conn
}

// New returns a writer for the part of the program that is called app. Nothing is connected before the first message.
func New(to Server, f Facility, app string) *Writer {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "-"
	}
	return &Writer{to: to, facility: f, app: app, host: host}
}

// To tells where messages go.
func (w *Writer) To() Server { return w.to }

// Send sends one message within five seconds, or ten where it must connect. A connection that was lost is made anew for
// the next message, and once for this one.
func (w *Writer) Send(at time.Time, s Severity, text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	fresh := w.conn == nil
	err := w.send(at, s, text)
	if err != nil && !fresh {
		err = w.send(at, s, text)
	}
	if err != nil {
		return fmt.Errorf("send to syslog: %w", err)
	}
	return nil
}

func (w *Writer) send(at time.Time, s Severity, text string) error {
	if w.conn == nil {
		conn, err := w.to.dial(context.Background())
		if err != nil {
			return err
		}
		w.conn = conn
	}
	err := w.conn.SetDeadline(time.Now().Add(sendTime))
	if err == nil {
		_, err = w.conn.Write(w.frame(at, s, text))
	}
	if err == nil {
		return nil
	}
	err = errors.Join(err, w.conn.Close())
	w.conn = nil
	return err
}

// Close ends the connection.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn == nil {
		return nil
	}
	err := w.conn.Close()
	w.conn = nil
	return err
}

// frame puts a message into the form that its way needs. Nothing in the text can begin another message.
func (w *Writer) frame(at time.Time, s Severity, text string) []byte {
	text = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ").Replace(text)
	priority := int(w.facility)*8 + int(s)
	if w.to.scheme == "local" { // what listens on a machine itself knows the older form alone (RFC 3164)
		return cut(fmt.Appendf(nil, "<%d>%s %s[%d]: %s", priority, at.Format(time.Stamp), w.app, os.Getpid(), text))
	}
	line := fmt.Appendf(nil, "<%d>1 %s %s %s %d - - %s",
		priority, at.UTC().Format("2006-01-02T15:04:05.000000Z"), w.host, w.app, os.Getpid(), text)
	if w.to.scheme == "udp" {
		return cut(line)
	}
	return append([]byte(strconv.Itoa(len(line))+" "), line...)
}

func cut(line []byte) []byte { return line[:min(len(line), maxDatagram)] }
