package server

import (
	"context"
	"crypto/ed25519"
	"runtime/debug"
	"time"

	"drover/internal/core/audit"
	"drover/internal/gate"
	"drover/internal/service/adminapi"
)

// adminAPI returns the routes of the admin API, and who proves its callers.
func (s *Server) adminAPI() ([]gate.Route, gate.Authenticator, error) {
	api := adminapi.New(s.apiParts())
	routes, err := api.Routes()
	return routes, api.Authenticate, err
}

// apiParts are what the admin API is made of.
func (s *Server) apiParts() adminapi.Deps {
	z := s.zone
	return adminapi.Deps{
		Log: s.log, Clock: z.Clock, Bus: z.Bus, Admins: z.Admins, Safety: z.Safety, Commands: z.Commands, Devices: z.Devices,
		Directory: z.Users, Directories: z.Directories, AdminURL: z.Config.AdminURL(), DeviceURL: z.Config.PublicURL(), Pin: z.pin(),
		Enrol: z.Enrol, Selves: z.Selves, Policies: z.Policies, Renderers: z.Render, Upstreams: z.Upstream, Access: z.Access,
		Compliance: z.Compliance, Computers: z.Computers, Scripts: z.Scripts, Inventory: z.Inventory, Spool: z.Spool, AgentEvents: z.Events, Reports: z.Reports,
		Journal: z.Journal, Logbook: z.Logbook, Privacy: z.Privacy,
		Zone: z.Zone, Doors: z.DoorStore, Audit: z.Audit, Updates: z.Updates, Effective: s.mail.Effective,
		AuditKey:   z.Keys.SigningKey().Public().(ed25519.PublicKey),
		AuditHeads: func() ([]audit.Head, int, error) { return audit.ReadHeads(z.Config.Heads()) },
		AuditSinks: s.sealer.Health,
		Layers:     s.securityLayers,
		Answers:    answers,
		Expiring:   s.expiring,
		Version:    Version(),
		Mail:       s.tell.toOne(),
	}
}

// soon is how long before its end a certificate is shown as expiring.
const soon = 30 * 24 * time.Hour

// expiring returns the server's certificate when it ends soon: the zone's own renews itself before that.
func (s *Server) expiring(context.Context) ([]adminapi.Certificate, error) {
	end := s.expires()
	if end.IsZero() || end.Sub(s.zone.Clock.Now()) > soon {
		return nil, nil
	}
	return []adminapi.Certificate{{Name: "This server's certificate", Expires: end.UTC().Format(time.RFC3339)}}, nil
}

// Version returns the version of the program.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
