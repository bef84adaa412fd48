// Package mail sends notices: short plain texts to a few people. It never sends without TLS, except to a mail server on
// this very machine.
package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"drover/internal/base/outbound"
)

// Sender sends notices through one mail server.
type Sender struct {
	host     string
	port     int
	ssl      bool
	user     string
	password string
	from     string
	ca       string
	tls      *tls.Config
}

// ErrUnreached says that nothing was sent to anybody: the mail server did not answer, or offers no way in.
var ErrUnreached = errors.New("the mail server cannot be reached")

// sendTime bounds one sending, from the connection to the last word.
const sendTime = 30 * time.Second

// New returns a sender for a server given as smtp://USER@HOST:PORT (STARTTLS) or smtps://USER@HOST:PORT. The password
// may be empty where the server asks for none. ca holds the only authorities, in PEM, that its certificate may come from; ""
// leaves it to this machine's. Where there are any, a server on this machine must speak TLS too.
func New(server, password, from, ca string) (*Sender, error) {
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return nil, errors.New("the mail server must be given as smtp://USER@HOST:PORT or smtps://USER@HOST:PORT")
	}
	s := &Sender{host: u.Hostname(), port: 587, ssl: u.Scheme == "smtps", user: u.User.Username(), password: password, from: from, ca: ca}
	if s.tls, err = outbound.TLS(ca, s.host); err != nil {
		return nil, fmt.Errorf("the mail server's authorities: %w", err)
	}
	if s.ssl {
		s.port = 465
	}
	if p := u.Port(); p != "" {
		if s.port, err = strconv.Atoi(p); err != nil {
			return nil, fmt.Errorf("the mail server's port: %w", err)
		}
	}
	return s, nil
}

// Send sends one notice to each of the people; an error names the server's answer.
func (s *Sender) Send(ctx context.Context, to []string, subject, text string) error {
	return s.send(ctx, to, subject, text, nil, gomail.ImportanceNormal)
}

// File goes with a mail.
type File struct {
	Name string // "report.csv"
	Type string // a media type
	Data []byte
}

// SendFile is [Sender.Send] with a file.
func (s *Sender) SendFile(ctx context.Context, to []string, subject, text string, f File) error {
	return s.send(ctx, to, subject, text, &f, gomail.ImportanceNormal)
}

// SendUrgent is [Sender.Send] with the highest priority.
func (s *Sender) SendUrgent(ctx context.Context, to []string, subject, text string) error {
	return s.send(ctx, to, subject, text, nil, gomail.ImportanceUrgent)
}

func (s *Sender) send(ctx context.Context, to []string, subject, text string, f *File, i gomail.Importance) error {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	c, err := gomail.NewClient(s.host, s.options()...)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	messages := make([]*gomail.Msg, 0, len(to))
	for _, address := range to {
		m := gomail.NewMsg()
		if err := errors.Join(m.From(s.from), m.To(address)); err != nil {
			return fmt.Errorf("mail: %w", err)
		}
		m.Subject(subject)
		m.SetImportance(i)
		m.SetBodyString(gomail.TypeTextPlain, text)
		if f != nil {
			if err := m.AttachReader(f.Name, bytes.NewReader(f.Data), gomail.WithFileContentType(gomail.ContentType(f.Type))); err != nil {
				return fmt.Errorf("mail: %w", err)
			}
		}
		messages = append(messages, m)
	}
	if err := c.DialWithContext(ctx); err != nil {
		return fmt.Errorf("mail: %w: %w", ErrUnreached, err)
	}
	if err := errors.Join(c.Send(messages...), c.Close()); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	return nil
}

func (s *Sender) options() []gomail.Option {
	opts := []gomail.Option{gomail.WithPort(s.port), gomail.WithTimeout(sendTime), gomail.WithTLSConfig(s.tls.Clone())}
	switch {
	case s.ssl:
		opts = append(opts, gomail.WithSSL())
	case s.mayBePlain():
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.user != "" {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.user), gomail.WithPassword(s.password))
	}
	return opts
}

// mayBePlain tells whether the server may offer no TLS.
func (s *Sender) mayBePlain() bool { return s.local() && s.ca == "" }

// local tells whether the server is on this machine.
func (s *Sender) local() bool {
	ip, err := netip.ParseAddr(s.host)
	return s.host == "localhost" || (err == nil && ip.IsLoopback())
}

// CA returns the authorities that are trusted for the server; "" for this machine's.
func (s *Sender) CA() string { return s.ca }

// Address returns where mail is sent, for the log.
func (s *Sender) Address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }
