package activesync

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/base/wbxml"
)

// A mail server may ask a device to wipe itself. What becomes of that is for the zone to decide; when the device has
// carried it out, the mail server is told so in the device's place.

// upstreamWipes hands the mail server's wish to wipe the device to the zone, where it becomes a command that may need
// approval. Until that is decided the device has to wait: the mail server serves it no more. Where the device has wiped
// itself already, the mail server only does not know it yet.
func (v *visit) upstreamWipes(s *Standing, order Order) (answer, error) {
	told, err := v.tellWiped(v.r.Context(), s)
	if err != nil {
		return answer{}, err
	}
	if told {
		return answer{status: http.StatusServiceUnavailable, retry: 1}, nil
	}
	kept := UpstreamPolicy{Wipe: order}
	if s.Upstream != nil {
		kept.Key, kept.Values = s.Upstream.Key, s.Upstream.Values
	}
	if s.Upstream == nil || s.Upstream.Wipe != order {
		v.g.log.LogAttrs(v.r.Context(), slog.LevelWarn, "a mail server asks a device to wipe itself",
			slog.String(logfield.Upstream, v.upstream.ID), slog.String(logfield.Device, s.Device))
	}
	if err := v.g.core.KeepUpstream(v.r.Context(), s.Device, v.upstream.ID, kept); err != nil {
		return answer{}, err
	}
	return answer{}, problem.New(problem.Unavailable, "activesync.upstream-wipe",
		"The mail server asks this device to wipe itself, and that is not decided yet.").WithRetry(loopWindow)
}

// tellUpstream tells the mail server, after the device has its answer: a phone that is about to erase itself waits for
// nobody. What cannot be told now is told at the device's next contact.
func (v *visit) tellUpstream(s *Standing) {
	_ = http.NewResponseController(v.w).Flush() // a phone that has gone needs no answer
	ctx := context.WithoutCancel(v.r.Context())
	v.r = v.r.WithContext(ctx)
	if _, err := v.tellWiped(ctx, s); err != nil {
		v.g.log.LogAttrs(ctx, slog.LevelWarn, "a mail server was not told that a device has carried out its wipe",
			slog.String(logfield.Upstream, v.upstream.ID), slog.String(logfield.Device, s.Device), slog.Any(logfield.Error, err))
	}
}

// tellWiped acknowledges the mail server's wipe with the device's credentials, where the device has carried it out and the
// mail server does not know (MS-ASPROV section 3.1.5.2).
func (v *visit) tellWiped(ctx context.Context, s *Standing) (told bool, err error) {
	order, id, err := v.g.core.Untold(ctx, s.Device, v.upstream.ID)
	if err != nil || order == NoOrder {
		return false, err
	}
	var key uint32
	if s.Upstream != nil {
		key = s.Upstream.Key
	}
	directive := wbxml.ProvisionRemoteWipe
	if order == AccountWipe {
		directive = wbxml.ProvisionAccountOnlyRemoteWipe
	}
	root, err := v.askProvision(wbxml.Elem(wbxml.ProvisionProvision,
		wbxml.Elem(directive, wbxml.Leaf(wbxml.ProvisionStatus, "1"))), key)
	if err != nil {
		return false, err
	}
	if status := root.Child(wbxml.ProvisionStatus).Value(); status != "1" {
		return false, unavailable(fmt.Errorf("it answers the acknowledgement of its wipe with status %.10q", status))
	}
	return true, v.g.core.Told(ctx, id)
}
