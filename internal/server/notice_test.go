package server

import (
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"drover/internal/base/clock"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/admin"
	"drover/internal/core/scope"
)

// letterbox is a real SMTP server that keeps to whom mails of one subject went.
type letterbox struct {
	subject string
	mu      sync.Mutex
	to      []string
}

func (b *letterbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &letter{box: b}, nil }

type letter struct {
	box *letterbox
	to  []string
}

func (l *letter) Reset()                             { l.to = nil }
func (*letter) Logout() error                        { return nil }
func (*letter) Mail(string, *smtp.MailOptions) error { return nil }

func (l *letter) Rcpt(to string, _ *smtp.RcptOptions) error {
	l.to = append(l.to, to)
	return nil
}

func (l *letter) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if strings.Contains(string(text), l.box.subject) {
		l.box.mu.Lock()
		defer l.box.mu.Unlock()
		l.box.to = append(l.box.to, l.to...)
	}
	return err
}

func TestThoseWithTheRightAreWrittenTo(t *testing.T) {
	box := &letterbox{subject: "what is told"}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mails := smtp.NewServer(box)
	go func() { _ = mails.Serve(l) }()
	t.Cleanup(func() { _ = mails.Close() })
	cfg := config(t, sqldbtest.NewURL(t, sqldb.SQLite))
	cfg.SMTP = "smtp://" + l.Addr().String()
	s, err := New(t.Context(), cfg, clock.System{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close(t.Context()) })
	group, err := s.zone.Devices.AddGroup(t.Context(), scope.System("test"), "Sales", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, g := range map[string]admin.Grant{
		"ann": {Role: admin.Owner}, "bob": {Role: admin.SecurityOfficer}, "carol": {Role: admin.HelpDesk}, "dave": {Role: admin.SecurityOfficer, Groups: []string{group.ID}},
	} {
		if _, _, err := s.zone.Admins.CreateAtShell(t.Context(), name, name+"@example.org", []admin.Grant{g}, "correct horse battery"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.tell.holders(t.Context(), scope.RegistrationEdit, box.subject, "words"); err != nil {
		t.Fatal(err)
	}
	box.mu.Lock()
	defer box.mu.Unlock()
	slices.Sort(box.to)
	if want := []string{"ann@example.org", "bob@example.org"}; !slices.Equal(box.to, want) {
		t.Errorf("the mail went to %q", box.to)
	}
}
