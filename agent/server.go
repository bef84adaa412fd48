package agent

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"drover/agent/store"
	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/logfield"
)

const (
	// relocate is how often the agent asks where it is while its server answers.
	relocate = 6 * time.Hour
	// maxServers bounds the addresses that are tried.
	maxServers = 16
)

// locate asks which servers are close, now and then.
func (a *Agent) locate(ctx context.Context) error {
	st, err := a.Store.State()
	if err != nil || !st.Located.IsZero() && a.now().Sub(st.Located) < relocate && !a.now().Before(st.Located) {
		return err
	}
	var l agentv1.Locations
	_, err = a.current().Do(ctx, talk.Request{Service: agentv1.ServiceLocations, Method: http.MethodGet, Path: agentv1.PathLocations}, &l)
	if err != nil {
		return off(err)
	}
	var servers []string
	for _, s := range l.Servers {
		if s.Role == "management" {
			servers = append(servers, s.URLs...)
		}
	}
	servers = slices.DeleteFunc(servers, func(url string) bool { _, err := a.current().At(url); return err != nil })
	return a.Store.Change(func(st *store.State) {
		st.Located, st.Location, st.Servers = a.now(), l.Location, servers[:min(len(servers), maxServers)]
	})
}

// elsewhere turns to the next server that the agent knows, when the present one does not answer: the closest first, at last
// the one that it registered with. What is signed by the zone and vouched for by its authority is the same everywhere.
func (a *Agent) elsewhere() {
	id, _, err := a.Store.Identity()
	if err != nil {
		return
	}
	st, err := a.Store.State()
	if err != nil {
		return
	}
	list := slices.Clone(st.Servers)
	if first := strings.TrimSuffix(id.URL, "/"); !slices.Contains(list, first) {
		list = append(list, first)
	}
	present := slices.Index(list, a.current().Server())
	next, err := a.current().At(list[(present+1)%len(list)])
	if err != nil {
		a.Log.Warn("the address of a server cannot be used", logfield.Error, err)
		return
	}
	a.setClient(next)
}
