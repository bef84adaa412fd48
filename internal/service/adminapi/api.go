package adminapi

import (
	"context"
	"crypto/ed25519"
	"log/slog"

	"github.com/danielgtaylor/huma/v2"

	"drover/api/adminv1"
	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/core/access"
	"drover/internal/core/admin"
	"drover/internal/core/audit"
	"drover/internal/core/command"
	"drover/internal/core/compliance"
	"drover/internal/core/computer"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/door"
	"drover/internal/core/enrol"
	"drover/internal/core/event"
	"drover/internal/core/inventory"
	"drover/internal/core/journal"
	"drover/internal/core/logbook"
	"drover/internal/core/policy"
	"drover/internal/core/privacy"
	"drover/internal/core/release"
	"drover/internal/core/report"
	"drover/internal/core/safety"
	"drover/internal/core/script"
	"drover/internal/core/selfservice"
	"drover/internal/core/spool"
	"drover/internal/core/upstream"
	"drover/internal/core/zone"
	"drover/internal/gate/openapi"
)

// Base is where the API's paths begin.
const Base = "/api/v1"

// Deps are what the API stands on. All but Mail are needed.
type Deps struct {
	Log       *slog.Logger
	Clock     clock.Clock
	Bus       *bus.Bus
	Zone      *zone.Zone
	Doors     *door.Store
	Admins    *admin.Store
	Safety    *safety.Safety
	Commands  *command.Commands
	Enrol     *enrol.Store
	Devices   *device.Store
	Directory *directory.Store
	Policies  *policy.Store
	Renderers *policy.Registry
	Upstreams *upstream.Store
	// Directories are where users and administrators come from, and AdminURL where the dashboard is: providers send browsers
	// back there.
	Directories *directory.Providers
	AdminURL    string
	DeviceURL   string // where devices reach the zone
	Pin         string // of the zone's authority, where its servers show certificates of that; "" where others vouch for them
	// Mail sends a mail to one person; nil where the zone has no mail server.
	Mail       func(ctx context.Context, to, subject, words string) error
	Selves     *selfservice.Store
	Access     *access.Store
	Computers  *computer.Store
	Scripts    *script.Store
	Compliance *compliance.Store
	Inventory  *inventory.Store
	Spool      *spool.Store
	Reports    *report.Store
	// AgentEvents are what the agents of computers say of themselves.
	AgentEvents *event.Store
	Journal     *journal.Store
	Logbook     *logbook.Store
	Privacy     *privacy.Store
	Audit       *audit.Log
	Updates     *release.Store
	// AuditKey checks the signed heads of the audit log; AuditHeads reads those that are kept outside the database, with
	// the number of unreadable lines.
	AuditKey   ed25519.PublicKey
	AuditHeads func() (heads []audit.Head, torn int, err error)
	// AuditSinks tells how the places outside the database take the signed heads.
	AuditSinks func() []audit.SinkHealth
	// Effective returns what a device must obey, with the mail server's own policy where there is one.
	Effective func(context.Context, device.Device) (*policy.Effective, error)
	// Layers tells how each layer of security stands.
	Layers func(context.Context) (adminv1.SecurityLayers, error)
	// Answers tells whether a program of this machine answers at a port of an address that others reach.
	Answers func(ctx context.Context, port int) bool
	// Expiring returns the certificates of the server that expire soon.
	Expiring func(context.Context) ([]Certificate, error)
	Version  string // of the program
}

// API is the API of administrators.
type API struct {
	Deps
	*openapi.API
	mailed mailed
	early  map[string]bool // method and path of what a session may call that is not ready
}

// New makes the API. What is wrong with its operations is told by [openapi.API.Routes].
func New(d Deps) *API {
	a := &API{Deps: d, early: make(map[string]bool)}
	a.API = openapi.New(openapi.Config{
		Service: zone.ServiceAdminAPI, Base: Base, Log: d.Log, Document: description(), Challenge: "Bearer",
	})
	for _, add := range []func(){
		a.addSession, a.addProviders, a.addAccount, a.addAdmins, a.addRoles, a.addSafety, a.addApprovals, a.addCommands, a.addEnrol, a.addDevices,
		a.addDeviceGroups, a.addViews, a.addDevicePolicy, a.addUsers, a.addUserGroups, a.addPolicies, a.addVersions,
		a.addAssignments, a.addRollouts, a.addSimulations, a.addSchedules, a.addUpstreams, a.addDirectories, a.addAccess, a.addCompliance,
		a.addInventory, a.addCollection, a.addReports, a.addAgents, a.addScripts, a.addComputers, a.addRegistration, a.addApproved, a.addFolders,
		a.addPersonal, a.addAudit, a.addLogs, a.addSecurity, a.addUpdates, a.addZone, a.addServices, a.addDoors, a.addExposure,
		a.addPortal, a.addEvents,
	} {
		add()
	}
	a.describeKeys()
	a.addDocs()
	return a
}

func description() *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Drover's admin API", Version: "1",
			Description: "Everything that administrators do. Sign in for a session cookie, or send an API token as a bearer. " +
				"Errors are problems (RFC 9457). Lists are read page by page with limit and cursor. What can be edited carries " +
				"its version as ETag, which an edit sends back in If-Match. Every POST of an administrator, but a look at personal data, takes an " +
				"Idempotency-Key, with which it is done once however often it is sent.",
		},
		Components: &huma.Components{
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"session": {Type: "apiKey", In: "cookie", Name: CookieName, Description: "What signing in gives."},
				"token":   {Type: "http", Scheme: "bearer", Description: "An API token, drv_..."},
			},
		},
		Tags: tags,
	}
}

var tags = []*huma.Tag{
	{Name: "session", Description: "Signing in, and who one is."},
	{Name: "account", Description: "One's own password, factors, sessions and tokens."},
	{Name: "administrators", Description: "Who may do what."},
	{Name: "safety", Description: "Approvals, budgets and the breaker for destructive acts."},
	{Name: "commands", Description: "Orders to devices."},
	{Name: "enrolment", Description: "How devices with a companion application come in, and their keys."},
	{Name: "devices", Description: "Devices, their groups and saved views of them."},
	{Name: "users", Description: "The owners of devices, and their groups."},
	{Name: "policies", Description: "What devices must obey."},
	{Name: "access", Description: "Who may reach mail."},
	{Name: "compliance", Description: "What devices are held to, and what follows."},
	{Name: "personal", Description: "Personal data: what is kept and for how long, and who has looked."},
	{Name: "upstreams", Description: "Mail servers."},
	{Name: "directories", Description: "Where users, groups and administrators come from."},
	{Name: "computers", Description: "How computers with our own agent come into the zone."},
	{Name: "scripts", Description: "What computers run by a schedule."},
	{Name: "inventory", Description: "What devices are made of, what is installed on them, and who has what."},
	{Name: "reports", Description: "Questions about devices that are saved, answered as tables, and sent by a schedule."},
	{Name: "audit", Description: "Who did what."},
	{Name: "logs", Description: "What the servers and the devices did."},
	{Name: "doors", Description: "Which services are on, who may reach them from where, and who has."},
	{Name: "zone", Description: "The zone as a whole."},
}

// OpenAPI returns the description of the API: OpenAPI 3.1 in JSON.
func (a *API) OpenAPI() []byte { return a.JSON() }

// Certificate is one that expires.
type Certificate = adminv1.Certificate
