package phone

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"drover/internal/simulate/companion"
	"drover/internal/simulate/handset"
)

// lead is the device's life: its mail client's, its application's, or both beside each other. What erases the device ends
// both.
func (p *Phone) lead(ctx context.Context) {
	ctx, gone := context.WithCancel(ctx)
	defer gone()
	var both sync.WaitGroup
	defer both.Wait()
	if p.speaks != ByMail {
		both.Go(func() {
			if p.accompany(ctx) {
				gone()
			}
		})
	}
	if p.speaks != ByApp && p.fleet.enter(ctx, p) {
		p.live(ctx)
		p.fleet.leave(p)
		gone()
	}
}

// accompany is the life of the application. It tells whether it ended because it has erased the device. Beside a mail
// client it comes in once the server knows that, so that both are one device.
func (p *Phone) accompany(ctx context.Context) (erased bool) {
	o := companion.Options{
		URL: p.fleet.url, Client: p.fleet.client, Handset: p.set, Invitation: p.fleet.invited,
		Facts: companion.Facts{Model: p.model.Name, OS: p.model.OS, DeviceType: p.model.DeviceType, UserAgent: p.model.UserAgent},
	}
	if o.Invitation == "" {
		o.Name, o.Password = p.user, p.fleet.password
	}
	if p.speaks == ByBoth {
		select {
		case <-p.known:
		case <-ctx.Done():
			return false
		}
		o.ActiveSync = p.id
	}
	app, err := companion.New(o)
	if err != nil {
		p.missed(err)
		return false
	}
	if !p.begin(ctx, app) {
		return false
	}
	if p.speaks == ByApp {
		p.fleet.see(p, Connected)
	}
	p.fleet.see(p, Enrolled)
	app.Run(ctx, func(t companion.Taken, err error) { erased = p.took(t, err) || erased })
	return erased
}

// begin brings the application in. It tries again where the server has no time for it, with the same key: what was
// answered and lost is answered again.
func (p *Phone) begin(ctx context.Context, app *companion.App) bool {
	for failures := 0; ctx.Err() == nil; failures++ {
		err := app.Begin(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			break
		}
		p.missed(err)
		var r *companion.Refused
		if errors.As(err, &r) && r.Status < 500 && r.Status != http.StatusTooManyRequests {
			break
		}
		pause(ctx, 0, failures)
	}
	return false
}

// took counts what the application has answered, and tells whether it has erased the device.
func (p *Phone) took(t companion.Taken, err error) bool {
	if err != nil {
		p.missed(err)
		return false
	}
	p.fleet.see(p, Answered)
	wipe := t.Kind == handset.FullWipe || t.Kind == handset.SelectiveWipe
	if wipe && t.State == "done" {
		p.fleet.see(p, Wiped)
		return true
	}
	return false
}

// missed counts why the application was not served.
func (p *Phone) missed(err error) {
	var r *companion.Refused
	switch {
	case !errors.As(err, &r):
		p.fleet.note(err)
		p.fleet.see(p, Failed)
	case r.Status == http.StatusUnauthorized:
		p.fleet.see(p, Unauthorized)
	case r.Status == http.StatusForbidden:
		p.fleet.see(p, Blocked)
	case r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable:
		p.fleet.see(p, Unavailable)
	default:
		p.fleet.note(err)
		p.fleet.see(p, Failed)
	}
}
