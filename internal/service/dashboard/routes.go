package dashboard

import (
	"net/http"

	"drover/internal/core/zone"
	"drover/internal/gate"
)

const reason = "the pages hold no data: they ask the admin API for it, which asks who calls"

// Routes returns the pages, for the gate. They answer every address that no other service of the listener has.
func (d *Dashboard) Routes() []gate.Route {
	route := func(pattern string) gate.Route {
		return gate.Route{Service: zone.ServiceDashboard, Method: http.MethodGet, Pattern: pattern, Who: gate.Anyone(reason), Handler: d}
	}
	return []gate.Route{route("/"), route("/{page...}")}
}
