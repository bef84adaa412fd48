package server

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"time"

	"drover/internal/base/logfield"
	"drover/internal/base/mail"
	"drover/internal/core/admin"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// teller lets the owners of the zone know what they must know, by mail where a server is configured.
type teller struct {
	sender *mail.Sender // nil without a mail server
	admins *admin.Store
	zone   *zone.Zone
	log    *slog.Logger
	slots  chan struct{} // one for each notice under way
}

func newTeller(cfg Config, log *slog.Logger) (*teller, error) {
	t := &teller{log: log, slots: make(chan struct{}, maxNotices)}
	if cfg.SMTP == "" {
		return t, nil
	}
	password := ""
	if cfg.SMTPPass != "" {
		text, err := os.ReadFile(cfg.SMTPPass)
		if err != nil {
			return nil, err
		}
		password = strings.TrimSpace(string(text))
	}
	var err error
	t.sender, err = mail.New(cfg.SMTP, password, cfg.SMTPFrom)
	return t, err
}

const (
	// tellTime bounds the telling of one notice.
	tellTime = time.Minute
	// toOneTime bounds the sending of a mail for which somebody waits.
	toOneTime = 20 * time.Second
	// maxNotices bounds the notices under way.
	maxNotices = 8
)

// owners tells every active owner who has a mail address. It does not block; a notice that is not delivered is in the
// log and, like what it tells of, in the audit log.
func (t *teller) owners(subject, words string) {
	t.log.Warn("notice to the owners", slog.String(logfield.Reason, subject))
	if t.sender == nil || t.admins == nil {
		return
	}
	t.post(subject, func(ctx context.Context) error { return t.send(ctx, subject, words) })
}

// user tells one user what an administrator has changed for the user. It does not block.
func (t *teller) user(mail, subject, words string) {
	if t.sender == nil || t.zone == nil {
		return
	}
	t.post(subject, func(ctx context.Context) error {
		name, _, err := t.zone.Name(ctx)
		if err != nil {
			return err
		}
		return t.sender.Send(ctx, []string{mail}, name+": "+subject, words)
	})
}

// toOne returns how one person is sent a mail, nil without a mail server.
func (t *teller) toOne() func(ctx context.Context, to, subject, words string) error {
	if t.sender == nil {
		return nil
	}
	return func(ctx context.Context, to, subject, words string) error {
		ctx, cancel := context.WithTimeout(ctx, toOneTime)
		defer cancel()
		name, _, err := t.zone.Name(ctx)
		if err != nil {
			return err
		}
		return t.sender.Send(ctx, []string{to}, name+": "+subject, words)
	}
}

// post sends in the background, so many at once and no more.
func (t *teller) post(subject string, send func(context.Context) error) {
	select {
	case t.slots <- struct{}{}:
	default:
		t.log.Error("a notice was not sent: the mail server is behind", slog.String(logfield.Reason, subject))
		return
	}
	go func() {
		defer func() { <-t.slots }()
		ctx, cancel := context.WithTimeout(context.Background(), tellTime)
		defer cancel()
		if err := send(ctx); err != nil {
			t.log.Error("a notice was not sent", slog.String(logfield.Reason, subject), slog.Any(logfield.Error, err))
		}
	}()
}

// finish gives the notices under way a moment to be sent.
func (t *teller) finish(ctx context.Context) {
	for range cap(t.slots) {
		select {
		case t.slots <- struct{}{}:
		case <-ctx.Done():
			t.log.Warn("the server stops before every notice to the owners is sent")
			return
		}
	}
}

func (t *teller) send(ctx context.Context, subject, words string) error {
	list, err := t.admins.List(ctx, scope.System("notice"))
	if err != nil {
		return err
	}
	var to []string
	for _, a := range list {
		if a.State == admin.Active && a.Mail != "" && owns(a) {
			to = append(to, a.Mail)
		}
	}
	if len(to) == 0 {
		return nil
	}
	name, _, err := t.zone.Name(ctx)
	if err != nil {
		return err
	}
	return t.sender.Send(ctx, to, name+": "+subject, words+"\n")
}

func owns(a admin.Admin) bool {
	for _, g := range a.Grants {
		if g.Role == admin.Owner && g.Groups == nil {
			return true
		}
	}
	return false
}
