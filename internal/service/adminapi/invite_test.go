package adminapi

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"drover/api/adminv1"
)

// letter is a mail that goes out.
type letter struct{ to, subject, words string }

func TestInvitingByMail(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		user := decode[adminv1.User](owner.do("POST", "/users", adminv1.UserDraft{Name: "anna"}).want(201))
		how := "/users/" + user.ID + "/enrolment"
		draft := adminv1.DeviceInvitationDraft{User: user.ID, Uses: 2, Hours: 1, Send: true}
		invite := func() *got { return owner.do("POST", "/enrolment/invitations", draft) }
		open := func() []adminv1.DeviceInvitation {
			return decode[adminv1.Page[adminv1.DeviceInvitation]](owner.do("GET", "/enrolment/invitations?open=true&user="+user.ID, nil).want(200)).Items
		}

		if x := decode[adminv1.UserEnrolment](owner.do("GET", how, nil).want(200)); x.Lacks != "server" || x.Server != "drover.example.org" {
			t.Errorf("without a mail server: %+v", x)
		}
		invite().refusedWith(409, "mail.none")
		var box []letter
		var fault error
		w.Mail = func(_ context.Context, to, subject, words string) error {
			box = append(box, letter{to, subject, words})
			return fault
		}
		if x := decode[adminv1.UserEnrolment](owner.do("GET", how, nil).want(200)); x.Lacks != "address" {
			t.Errorf("without an address: %+v", x)
		}
		invite().refusedWith(409, "user.mail")
		g := owner.do("GET", "/users/"+user.ID, nil).want(200)
		mail := "anna@example.org"
		owner.with("If-Match", g.header.Get("ETag")).do("PATCH", "/users/"+user.ID, adminv1.UserEdit{Mail: &mail}).want(200)
		if x := decode[adminv1.UserEnrolment](owner.do("GET", how, nil).want(200)); x.Lacks != "" || x.Mail != mail {
			t.Errorf("with both: %+v", x)
		}

		fault = errors.New("550 no")
		invite().refusedWith(503, "mail.failed")
		if list := open(); len(list) != 0 {
			t.Errorf("what was not sent stays open: %+v", list)
		}
		fault = nil
		invite().refusedWith(429, "mail.pause")
		w.Clock.Advance(mailPause)
		made := decode[adminv1.NewDeviceInvitation](invite().want(201))
		last := box[len(box)-1]
		if last.to != mail || !strings.Contains(last.words, made.Link) || !strings.Contains(last.words, "2 devices") {
			t.Errorf("%+v", last)
		}
		if list := open(); len(list) != 1 || list[0].ID != made.ID {
			t.Errorf("%+v", list)
		}
		w.Clock.Advance(mailPause)
		owner.do("POST", how, nil).want(204)
		if last = box[len(box)-1]; !strings.Contains(last.words, "drover.example.org") || !strings.Contains(last.words, "anna") {
			t.Errorf("%+v", last)
		}
		owner.do("DELETE", "/enrolment/invitations/"+made.ID, nil).want(204)
		if list := open(); len(list) != 0 {
			t.Errorf("what was taken back is open: %+v", list)
		}
		w.Clock.Advance(time.Minute)
		n := 0
		for _, r := range decode[adminv1.Page[adminv1.AuditRecord]](owner.do("GET", "/audit?action=enrolment.mailed", nil).want(200)).Items {
			if r.Action == "enrolment.mailed" {
				n++
			}
		}
		if n != 3 { // two invitations, one of which the mail server did not take, and the settings
			t.Errorf("%d mails are recorded", n)
		}
	})
}
