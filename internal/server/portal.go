package server

import (
	"drover/internal/core/selfservice"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/service/companion"
	"drover/internal/service/portal"
	"drover/web"
)

// openSelves puts together what lets users help themselves.
func (z *Zone) openSelves() {
	z.Selves = selfservice.New(selfservice.Parts{
		DB: z.DB, Clock: z.Clock, Log: z.Audit, Zone: z.Zone, Users: z.Users, SignIn: z.signIn,
	})
	z.Users.Follow(z.Selves)
}

// portal returns the routes of the self-service portal, and who proves its callers.
func (s *Server) portal() ([]gate.Route, gate.Authenticator, error) {
	z := s.zone
	p, err := portal.New(portal.Deps{
		Log: s.log, Clock: z.Clock, Bus: z.Bus, Zone: z.Zone, Selves: z.Selves, Directories: z.Directories, Admins: z.Admins, Devices: z.Devices,
		Commands: z.Commands, Compliance: z.Compliance, Enrol: z.Enrol, Journal: z.Journal, Privacy: z.Privacy,
		Effective: s.mail.Effective, Authority: z.vouching, URL: z.Config.PublicURL(), Start: companion.Base + "/start#", Files: web.Files(),
		Tiles: zone.NewTileOrigin(z.DB, z.Revision).Now,
	})
	if err != nil {
		return nil, nil, err
	}
	routes, err := p.Routes()
	return routes, p.Authenticate, err
}
