package gate

import (
	"context"
	"net/http"
)

// Detach goes on with a held exchange whose connection has been taken over by [http.Hijacker], in a goroutine of its own, so
// that what the request alone has needed is given back: a server holds thousands of them. The context that do gets tells who
// calls and when the server stops as the request's does, and does not end with it. A panic is survived as a handler's is. For
// requests that came through the gate alone.
func Detach(ctx context.Context, do func(context.Context)) {
	x := exchangeOf(ctx)
	own := &exchange{
		Context: context.Background(), gate: x.gate, meter: x.meter, route: x.route, id: x.id, started: x.started, client: x.client,
		caller: x.caller, response: response{status: http.StatusSwitchingProtocols},
	}
	go func() {
		defer func() {
			if v := recover(); v != nil {
				own.panicked(v)
			}
		}()
		do(own)
	}()
}
