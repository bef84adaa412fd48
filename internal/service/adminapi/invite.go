package adminapi

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/directory"
	"drover/internal/core/enrol"
)

// What a user needs for another device, sent by mail.

// mailed remembers to whom mail went last, so that nobody is flooded.
type mailed struct {
	mu   sync.Mutex
	last map[string]time.Time // by user
}

const (
	// mailPause is the time between two mails to one user.
	mailPause = time.Minute
	// maxMailed bounds the users who are remembered.
	maxMailed = 10_000
)

// take tells whether the user may be sent a mail now, and takes it as sent.
func (m *mailed) take(user string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at, ok := m.last[user]; ok && now.Sub(at) < mailPause {
		return false
	}
	if m.last == nil || len(m.last) >= maxMailed {
		m.last = map[string]time.Time{}
	}
	m.last[user] = now
	return true
}

var (
	errNoMail = problem.New(problem.Conflict, "mail.none",
		"This zone has no mail server for notices: name one in the configuration (smtp), or hand the invitation over yourself.")
	errNoAddress = problem.New(problem.Conflict, "user.mail",
		"The user has no mail address: add it on the user's page, or hand the invitation over yourself.")
	errMailPause = problem.New(problem.Throttled, "mail.pause",
		"This user was sent a mail just now: wait a minute before the next.").WithRetry(mailPause)
)

// lacks tells what is missing for a mail to the user; nil for nothing.
func (a *API) lacks(u directory.User) *problem.Error {
	switch {
	case a.Mail == nil:
		return errNoMail
	case u.Mail == "":
		return errNoAddress
	}
	return nil
}

// addressee returns a user who can be sent a mail now.
func (a *API) addressee(ctx context.Context, id string) (directory.User, error) {
	u, err := a.Directory.Get(ctx, caller(ctx), id)
	if err != nil {
		return u, err
	}
	if lacks := a.lacks(u); lacks != nil {
		return u, lacks
	}
	if !a.mailed.take(id, a.Clock.Now()) {
		return u, errMailPause
	}
	return u, nil
}

// send sends a user a mail, which is recorded before.
func (a *API) send(ctx context.Context, u directory.User, what, subject, words string) error {
	if err := a.Enrol.Told(ctx, caller(ctx), u.ID, what); err != nil {
		return err
	}
	if err := a.Mail(ctx, u.Mail, subject, words); err != nil {
		return problem.New(problem.Unavailable, "mail.failed",
			"The mail server did not take the mail, so nothing was sent: try again, or hand it over yourself. The log says why.").WithDetail(err)
	}
	return nil
}

func (a *API) sendInvitation(ctx context.Context, u directory.User, i enrol.Invitation, link string) error {
	devices := "one device"
	if i.Uses > 1 {
		devices = fmt.Sprintf("%d devices", i.Uses)
	}
	return a.send(ctx, u, "invitation", "Enrol a device", fmt.Sprintf(`You are invited to enrol %s.

Open this link on the device, with your organization's management application:

%s

It is good until %s. Give it to nobody: who has it enrols in your name.
`, devices, link, i.Expires.UTC().Format("2 January 2006 15:04 MST")))
}

// mailServer is what the mail account of a device is pointed at.
func (a *API) mailServer() string {
	if u, err := url.Parse(a.DeviceURL); err == nil && u.Host != "" {
		return u.Host
	}
	return a.DeviceURL
}

func (a *API) userEnrolment(ctx context.Context, in *byID) (*answer[adminv1.UserEnrolment], error) {
	u, err := a.Directory.Get(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := adminv1.UserEnrolment{Server: a.mailServer(), User: u.Name, Mail: u.Mail}
	switch a.lacks(u) {
	case errNoMail:
		out.Lacks = "server"
	case errNoAddress:
		out.Lacks = "address"
	}
	return reply(out, nil)
}

func (a *API) sendUserEnrolment(ctx context.Context, in *byID) (*none, error) {
	u, err := a.addressee(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return done(a.send(ctx, u, "mail account", "Mail on your device", fmt.Sprintf(`On the device, add an account of the kind Exchange (also called ActiveSync or Corporate) with these settings:

Server:     %s
User name:  %s
Mail:       %s
Domain:     leave it empty
Encryption: on (SSL or TLS)

The password is that of your mail.
`, a.mailServer(), u.Name, u.Mail)))
}
