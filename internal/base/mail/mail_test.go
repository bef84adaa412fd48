package mail

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// sink is a real SMTP server without TLS, as one on the same machine may be.
type sink struct {
	mu       sync.Mutex
	received []string
	refuse   bool
}

func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{sink: s}, nil }

type session struct {
	sink *sink
	to   string
}

func (x *session) Reset()                               {}
func (x *session) Logout() error                        { return nil }
func (x *session) Mail(string, *smtp.MailOptions) error { return nil }
func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if x.sink.refuse {
		return &smtp.SMTPError{Code: 550, Message: "no such box"}
	}
	x.to = to
	return nil
}

func (x *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	x.sink.mu.Lock()
	defer x.sink.mu.Unlock()
	x.sink.received = append(x.sink.received, x.to+"\n"+string(text))
	return err
}

func start(t *testing.T) (*sink, string) {
	t.Helper()
	s := &sink{}
	server := smtp.NewServer(s)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = server.Serve(l); close(done) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return s, l.Addr().String()
}

func TestSend(t *testing.T) {
	s, addr := start(t)
	m, err := New("smtp://"+addr, "", "drover@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Send(t.Context(), []string{"ann@example.org", "bob@example.org"}, "Een bericht: é\r\nBcc: eve@example.org", "It happened.\n"); err != nil {
		t.Fatal(err)
	}
	if len(s.received) != 2 || !strings.HasPrefix(s.received[0], "ann@") || !strings.Contains(s.received[1], "It happened.") {
		t.Fatalf("received %q", s.received)
	}
	if strings.Contains(s.received[0], "\nBcc:") {
		t.Fatal("a subject made a header of its own")
	}
	s.refuse = true
	if err := m.Send(t.Context(), []string{"ann@example.org"}, "s", "t"); err == nil || !strings.Contains(err.Error(), "550") {
		t.Fatalf("got %v, want the server's answer", err)
	}
}

func TestAServerElsewhereMustSpeakTLS(t *testing.T) {
	m, err := New("smtp://ann@mail.example.org", "p", "drover@example.org")
	if err != nil || m.local() || m.port != 587 || len(m.options()) != 6 {
		t.Fatalf("%+v with %d options (%v)", m, len(m.options()), err)
	}
	for _, bad := range []string{"", "mail.example.org", "http://mail.example.org", "smtp://"} {
		if _, err := New(bad, "", ""); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
