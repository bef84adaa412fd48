package activesync

import (
	"log/slog"

	"drover/internal/base/logfield"
)

// wipe brings an order to the device: every command but Provision is refused with the reason, and Provision carries the
// directive until the device has answered (MS-ASPROV section 3.1.5.1.2). The order may turn out not to be due yet; then
// the device is treated as if there were none, provided it is proven.
func (v *visit) wipe(s *Standing) (answer, error) {
	var request provisionRequest
	if v.query.Command == Provision {
		body, err := v.readBody()
		if err != nil {
			return answer{}, err
		}
		if request, err = parseProvision(body); err != nil {
			return frame(provisionAnswer{Status: provisionProtocolError}.node()), nil
		}
	}
	order, id, err := v.g.core.Next(v.r.Context(), s.Device)
	if err != nil {
		return answer{}, err
	}
	if order == AccountWipe && v.version < V161 {
		// Never a full wipe in its place: these versions have no word for it.
		if err := v.report(Outcome{OrderID: id, Order: order, Words: "The device speaks " + v.version.String() + ", which has no account-only wipe."}); err != nil {
			return answer{}, err
		}
		order = NoOrder
	}
	if order == NoOrder {
		return v.withoutOrder(s)
	}
	if v.query.Command != Provision {
		return v.tell(statusWipeRequested), nil
	}
	return v.direct(s, order, id, request)
}

// direct gives the directive, or takes the device's answer to it.
func (v *visit) direct(s *Standing, order Order, id string, request provisionRequest) (answer, error) {
	told := provisionAnswer{
		Status: int(statusOK), Information: request.Information != nil,
		Wipe: order == FullWipe, AccountWipe: order == AccountWipe,
	}
	status := request.Wipe
	if order == AccountWipe {
		status = request.AccountWipe
	}
	if status == 0 {
		return frame(told.node()), nil
	}
	o := Outcome{OrderID: id, Order: order, Done: status == 1}
	if !o.Done {
		o.Words = "The device says that it could not " + erasure[order] + "."
		told.Status = 2
	}
	if err := v.report(o); err != nil {
		return answer{}, err
	}
	v.g.standings.forget(v.place)
	if o.Done && v.proven {
		v.then = func() { v.tellUpstream(s) }
	}
	return frame(told.node()), nil
}

// erasure says what a device does that carries an order out.
var erasure = map[Order]string{FullWipe: "erase itself", AccountWipe: "remove the account and what came with it"}

func (v *visit) report(o Outcome) error {
	o.Unauthenticated, o.Address = !v.proven, v.from
	v.g.log.LogAttrs(v.r.Context(), slog.LevelInfo, "a device answered an order", slog.String(logfield.Command, o.OrderID))
	return v.g.core.Report(v.r.Context(), o)
}

// withoutOrder goes on where the memory of a pending order was wrong. Who is not proven gets nothing else.
func (v *visit) withoutOrder(s *Standing) (answer, error) {
	if !v.proven {
		return answer{}, nil
	}
	d, status := v.judgeAccess(s)
	return v.carryOut(s, d, status)
}
