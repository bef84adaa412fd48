package portal

import (
	"net/http"

	"drover/internal/gate"
)

// addPages adds the front end. It answers every address under [Path] that the API has not.
func (p *Portal) addPages() {
	const reason = "the pages hold no data: they ask the portal's API for it, which asks who calls"
	for _, pattern := range []string{Path, Path + "/{page...}"} {
		p.AddRoute(gate.Route{Method: http.MethodGet, Pattern: pattern, Who: gate.Anyone(reason), Handler: p.pages})
	}
}
