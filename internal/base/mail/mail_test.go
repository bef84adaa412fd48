package mail

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"drover/test/slapd"
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

func start(t *testing.T, conf *tls.Config) (*sink, string) {
	t.Helper()
	s := &sink{}
	server := smtp.NewServer(s)
	server.TLSConfig = conf // offers STARTTLS
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
	s, addr := start(t, nil)
	m, err := New("smtp://"+addr, "", "drover@example.org", "")
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
	err = m.SendFile(t.Context(), []string{"ann@example.org"}, "s", "t", File{Name: "report.csv", Type: "text/csv", Data: []byte("a,b\r\n")})
	if got := s.received[len(s.received)-1]; err != nil || !strings.Contains(got, `filename="report.csv"`) || !strings.Contains(got, "YSxiDQo=") {
		t.Fatalf("%v, %q", err, got)
	}
	s.refuse = true
	if err := m.Send(t.Context(), []string{"ann@example.org"}, "s", "t"); err == nil || !strings.Contains(err.Error(), "550") {
		t.Fatalf("got %v, want the server's answer", err)
	}
}

func TestAServerElsewhereMustSpeakTLS(t *testing.T) {
	m, err := New("smtp://ann@mail.example.org", "p", "drover@example.org", "")
	if err != nil || m.local() || m.port != 587 || len(m.options()) != 7 {
		t.Fatalf("%+v with %d options (%v)", m, len(m.options()), err)
	}
	for _, bad := range []string{"", "mail.example.org", "http://mail.example.org", "smtp://"} {
		if _, err := New(bad, "", "", ""); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestAPrivateAuthority sends to a mail server by whose certificate only the authority that is given vouches.
func TestAPrivateAuthority(t *testing.T) {
	dir := t.TempDir()
	ca := string(slapd.Certificates(t, dir))
	own, err := tls.LoadX509KeyPair(filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	other := string(slapd.Certificates(t, t.TempDir()))
	s, addr := start(t, &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12})
	_, plain := start(t, nil)
	for name, c := range map[string]struct {
		to, ca string
		taken  bool
	}{
		"the given one":          {addr, ca, true},
		"another one":            {addr, other, false},
		"this machine's":         {addr, "", false},
		"the given one, no TLS":  {plain, ca, false},
		"this machine's, no TLS": {plain, "", true},
	} {
		m, err := New("smtp://"+c.to, "", "drover@example.org", c.ca)
		if err != nil {
			t.Fatal(err)
		}
		_, shaken := m.Handshake(t.Context())
		for what, err := range map[string]error{"send": m.Send(t.Context(), []string{"ann@example.org"}, "s", "t"), "handshake": shaken} {
			if (err == nil) != c.taken {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
	if len(s.received) != 1 {
		t.Errorf("received %q", s.received)
	}
	for _, bad := range []string{"no PEM", strings.Replace(ca, "CERTIFICATE", "PRIVATE KEY", -1)} {
		if _, err := New("smtp://"+addr, "", "drover@example.org", bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestAServerThatIsAwayIsToldFromOneThatRefuses(t *testing.T) {
	s, addr := start(t, nil)
	s.refuse = true
	m, err := New("smtp://"+addr, "", "drover@example.org", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Send(t.Context(), []string{"ann@example.org"}, "s", "t"); err == nil || errors.Is(err, ErrUnreached) {
		t.Errorf("refused: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if m, err = New("smtp://"+l.Addr().String(), "", "drover@example.org", ""); err != nil {
		t.Fatal(err)
	}
	if err := m.Send(t.Context(), []string{"ann@example.org"}, "s", "t"); !errors.Is(err, ErrUnreached) {
		t.Errorf("away: %v", err)
	}
}
