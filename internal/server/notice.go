package server

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"drover/internal/base/logfield"
	"drover/internal/base/mail"
	"drover/internal/base/problem"
	"drover/internal/core/admin"
	"drover/internal/core/report"
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
	ca, err := readCA(cfg.SMTPCA)
	if err != nil {
		return nil, err
	}
	t.sender, err = mail.New(cfg.SMTP, password, cfg.SMTPFrom, ca)
	return t, err
}

// readCA reads the authorities of a file; "" is those of this machine.
func readCA(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	return string(text), err
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

// one tells one user or administrator what another has changed. It does not block.
func (t *teller) one(mail, subject, words string) {
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

// send writes to the owners of the zone.
func (t *teller) send(ctx context.Context, subject, words string) error {
	return t.sendTo(ctx, owns, subject, words)
}

// holders writes to the administrators who have a right over the whole zone; it is an [enrol.Post]. Without a mail server it
// does nothing: what it would tell stands in the dashboard.
func (t *teller) holders(ctx context.Context, r scope.Right, subject, words string) error {
	if t.sender == nil {
		return nil
	}
	roles, err := t.admins.Roles(ctx, scope.System("notice"))
	if err != nil {
		return err
	}
	holds := map[string]bool{}
	for _, x := range roles {
		holds[x.ID] = slices.Contains(x.Rights, r)
	}
	return t.sendTo(ctx, func(a admin.Admin) bool {
		return slices.ContainsFunc(a.Grants, func(g admin.Grant) bool { return g.Groups == nil && holds[g.Role] })
	}, subject, words)
}

// sendTo writes to the active administrators whom who names, as far as they have a mail address.
func (t *teller) sendTo(ctx context.Context, who func(admin.Admin) bool, subject, words string) error {
	list, err := t.admins.List(ctx, scope.System("notice"))
	if err != nil {
		return err
	}
	var to []string
	for _, a := range list {
		if a.State == admin.Active && a.Mail != "" && who(a) {
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

var (
	errNoMail     = problem.New(problem.Unavailable, "report.mail", "No mail server is configured: nothing can be sent.")
	errNoReader   = problem.New(problem.Conflict, "report.to", "None of the administrators it is sent to is active and has a mail address.")
	errMailServer = problem.New(problem.Unavailable, "report.refused", "The mail server did not take the mail; the server's log says why.")
)

// report sends a file to the administrators among to who are active and have a mail address; it is a [report.Post].
func (t *teller) report(ctx context.Context, to []string, subject, words, name, media string, data []byte) error {
	if t.sender == nil {
		return errNoMail
	}
	list, err := t.admins.List(ctx, scope.System("report"))
	if err != nil {
		return err
	}
	var addresses []string
	for _, a := range list {
		if a.State == admin.Active && a.Mail != "" && slices.Contains(to, a.ID) {
			addresses = append(addresses, a.Mail)
		}
	}
	if len(addresses) == 0 {
		return errNoReader
	}
	zoneName, _, err := t.zone.Name(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	if err := t.sender.SendFile(ctx, addresses, zoneName+": "+subject, words, mail.File{Name: name, Type: media, Data: data}); err != nil {
		t.log.Error("a report was not sent", slog.Any(logfield.Error, err))
		if errors.Is(err, mail.ErrUnreached) {
			return report.ErrLater
		}
		return errMailServer.WithDetail(err)
	}
	return nil
}

func owns(a admin.Admin) bool {
	for _, g := range a.Grants {
		if g.Role == admin.Owner && g.Groups == nil {
			return true
		}
	}
	return false
}
