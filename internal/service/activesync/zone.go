package activesync

import (
	"context"
	"hash/maphash"
	"log/slog"
	"strings"
	"sync"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/access"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/core/upstream"
)

// Zone is the zone as the gateway sees it: [Core] and [Upstreams] over the packages of core.
type Zone struct {
	Users    *directory.Store
	Devices  *device.Store
	Servers  *upstream.Store
	Policies *policy.Store
	Commands *command.Commands
	Access   *access.Store
	Clock    clock.Clock
	Log      *slog.Logger

	seed  maphash.Seed
	mu    sync.Mutex
	told  map[string]uint64 // what each device last said of itself, hashed
	facts chan Sighting
	// access is what was decided for devices and is not in their rows yet, where the lists of devices show it.
	access *sqldb.Behind[string, device.Access]
}

// maxTold bounds the devices whose last words are remembered.
const maxTold = 200_000

// Ready prepares the zone for use. Run [Zone.Run] beside it.
func (z *Zone) Ready() *Zone {
	z.seed, z.told, z.facts = maphash.MakeSeed(), make(map[string]uint64), make(chan Sighting, 1024)
	z.access = sqldb.NewBehind(maxTold, func(ctx context.Context, decided map[string]device.Access) error {
		return z.Devices.SaveAccess(ctx, gatewayCaller, decided)
	})
	return z
}

// gatewayCaller acts for what no device has proven yet.
var gatewayCaller = scope.System("activesync")

func deviceCaller(id string) scope.Caller { return scope.Caller{Kind: scope.Device, ID: id} }

func server(s *upstream.Server) Upstream {
	u := Upstream{
		ID: s.ID, URL: s.Endpoint, Host: s.Host(), Transport: s.Transport, Timeout: s.Timeout, Versions: s.Versions,
		Ask449: s.Ask449,
	}
	if s.TakesBearer() {
		u.Subject = s.Subject
	}
	return u
}

// Choose finds the mail server and the user of a login name.
func (z *Zone) Choose(login string) (Upstream, string, error) {
	c, err := z.Servers.Choose(context.Background(), login)
	if err != nil {
		return Upstream{}, "", err
	}
	return server(c.Server), c.User, nil
}

// Bearer finds the mail server that validates bearer tokens.
func (z *Zone) Bearer() (Upstream, bool) {
	s, err := z.Servers.Bearer(context.Background())
	if err != nil {
		return Upstream{}, false
	}
	return server(s), true
}

// Enrol takes a device into the zone.
func (z *Zone) Enrol(ctx context.Context, c Contact) error {
	s, err := z.Servers.Server(ctx, c.Upstream)
	if err != nil {
		return err
	}
	var groups []string
	u, err := z.Users.ByName(ctx, gatewayCaller, c.User)
	if err == nil {
		groups, err = z.Users.GroupIDs(ctx, gatewayCaller, u.ID)
	}
	if err != nil && !problem.Is(err, problem.NotFound) {
		return err
	}
	enrols := s.Enrols(groups)
	if u, err = z.Users.Admit(ctx, gatewayCaller, c.User, mailOf(c.User, s), enrols); err != nil {
		return err
	}
	k, err := z.Devices.Contact(ctx, gatewayCaller, device.Hello{
		Owner: u, EASID: c.DeviceID, Upstream: c.Upstream, Cap: s.DeviceCap, Enrol: enrols,
		Facts: device.Facts{DeviceType: c.DeviceType, UserAgent: c.UserAgent, Protocol: c.Version.platform().String()},
	})
	if err != nil {
		if problem.From(err).Code == "device.cap" {
			return problem.New(problem.Conflict, "device.cap", problem.From(err).Message)
		}
		if out := problem.From(err).Code; out == "device.wiped" || out == "device.retired" {
			return nil // it is known, and where it stands says that it stays out
		}
		return err
	}
	if k.Device.State != device.Pending {
		return nil
	}
	standing, err := z.standing(ctx, u, k)
	if err != nil || standing.Required {
		return err
	}
	_, err = z.Devices.SavePartnership(ctx, gatewayCaller, k.Device.ID, k.Partnership, device.PolicyNone)
	return err
}

// mailOf guesses a user's mail address from the login name.
func mailOf(user string, s *upstream.Server) string {
	if strings.Contains(user, "@") {
		return user
	}
	if len(s.Domains) > 0 {
		return user + "@" + s.Domains[0]
	}
	return ""
}
