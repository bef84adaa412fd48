package server

import (
	"context"

	"drover/internal/core/directory"
)

// letters carries the notices of compliance. Without a mail server they go nowhere: what they tell stands in the dashboard.
type letters struct{ tell *teller }

// Owner writes to the owner of a device.
func (l *letters) Owner(ctx context.Context, u directory.User, subject, text string) error {
	if l.tell == nil || l.tell.sender == nil {
		return nil
	}
	name, _, err := l.tell.zone.Name(ctx)
	if err != nil {
		return err
	}
	return l.tell.sender.Send(ctx, []string{u.Mail}, name+": "+subject, text)
}

// Staff writes to the owners of the zone.
func (l *letters) Staff(ctx context.Context, subject, text string) error {
	if l.tell == nil || l.tell.sender == nil {
		return nil
	}
	return l.tell.send(ctx, subject, text)
}
