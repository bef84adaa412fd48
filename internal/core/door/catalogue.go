package door

import (
	"slices"
	"strings"

	"drover/internal/core/zone"
)

// Service is a row of the catalogue: what the zone can offer over the network, and what that means for its safety.
type Service struct {
	Name    zone.Service
	Surface zone.Surface
	Purpose string // what it is for, in words for people
	Callers string // who calls it
	Proof   string // what proves the caller's identity
	Port    int    // where it listens in production
	DMZ     string // what to do with it on a server that stands in a DMZ
	// Levels are the levels of security that the service can have, the strictest last, which is the one at first. Where
	// the proof is no device's signature there is one alone.
	Levels []Level
	// Signed tells that devices prove themselves to the gate by their signatures, by which it can count each one's requests.
	Signed bool
	// Required marks what cannot be switched off, because nothing could switch it on again.
	Required bool
	// Built is false for what this version does not offer yet. The gate takes no routes for it.
	Built bool
}

const (
	signature = "device signature"
	login     = "sign-in with a second factor, or an API token"

	onStrict    = "on, strict"
	strictOrVPN = "on, strict; off where devices come by VPN"
	whereUsed   = "on where it is used"
	internal    = "from internal addresses only"
)

var (
	// signed are the levels where a device's signature is the proof, and others may come meanwhile that prove themselves by less.
	signed = []Level{Observe, Strict}
	always = []Level{Strict}
)

var catalogue = []Service{
	{
		Name: zone.ServiceSettings, Surface: zone.SurfaceDevice, Purpose: "Tells agents how to work", Callers: "agents",
		Proof: signature, Port: 443, DMZ: onStrict, Levels: always, Signed: true, Built: true,
	},
	{
		Name: zone.ServiceAssignments, Surface: zone.SurfaceDevice, Purpose: "Tells agents what is assigned to their device",
		Callers: "agents", Proof: signature, Port: 443, DMZ: onStrict, Levels: always, Signed: true, Built: true,
	},
	{
		Name: zone.ServicePolicies, Surface: zone.SurfaceDevice, Purpose: "Hands policies to agents", Callers: "agents",
		Proof: signature, Port: 443, DMZ: onStrict, Levels: always, Signed: true, Built: true,
	},
	{
		Name: zone.ServiceStatus, Surface: zone.SurfaceDevice, Purpose: "Takes what agents report", Callers: "agents",
		Proof: signature, Port: 443, DMZ: onStrict, Levels: always, Signed: true, Built: true,
	},
	{
		Name: zone.ServiceLocations, Surface: zone.SurfaceDevice, Purpose: "Tells agents which servers are close",
		Callers: "agents", Proof: signature, Port: 443, DMZ: onStrict, Levels: always, Signed: true, Built: true,
	},
	{
		Name: zone.ServiceRegistration, Surface: zone.SurfaceDevice, Purpose: "Takes new devices into the zone",
		Callers: "new agents", Proof: "authorization key or pre-approval, then the device's own key", Port: 443,
		DMZ: "off unless devices outside register", Built: true, Levels: always,
	},
	{
		Name: zone.ServiceDownload, Surface: zone.SurfaceTools, Purpose: "Hands out the agents' installers",
		Callers: "technicians", Proof: "none, or a signed link", Port: 443, DMZ: "off", Levels: []Level{Open, Strict},
	},
	{
		Name: zone.ServiceContent, Surface: zone.SurfaceDevice, Purpose: "Hands files to devices",
		Callers: "agents, edges, servers", Proof: signature + " and a right to the object", Port: 443, DMZ: strictOrVPN, Levels: always, Signed: true,
	},
	{
		Name: zone.ServiceCollection, Surface: zone.SurfaceDevice, Purpose: "Takes inventory, audit and messages",
		Callers: "agents, and inventory agents of others", Proof: signature + ", or a token per device for others' agents",
		Port: 443, DMZ: strictOrVPN, Levels: signed, Signed: true, Built: true,
	},
	{
		Name: zone.ServiceAuthentication, Surface: zone.SurfaceDevice, Purpose: "Proves who sits at a device",
		Callers: "agents", Proof: signature + " and the user's credentials", Port: 443, DMZ: "off unless it is used", Levels: always, Signed: true,
	},
	{
		Name: zone.ServiceActiveSync, Surface: zone.SurfaceDevice, Purpose: "Mail, calendar and contacts under policy",
		Callers: "mail clients", Proof: "the user's credentials, proven by the mail server, and the device's partnership",
		Port: 443, DMZ: "on", Built: true, Levels: always,
	},
	{
		Name: zone.ServiceAutodiscover, Surface: zone.SurfaceDevice, Purpose: "Tells mail clients where their mail is",
		Callers: "mail clients", Proof: "the user's credentials, proven by the mail server", Port: 443, DMZ: "on", Built: true, Levels: always,
	},
	{
		Name: zone.ServiceAppleMDM, Surface: zone.SurfaceDevice, Purpose: "Management of Apple devices",
		Callers: "Apple devices", Proof: "the device's certificate", Port: 443, DMZ: whereUsed, Levels: always,
	},
	{
		Name: zone.ServiceSCEP, Surface: zone.SurfaceDevice, Purpose: "Certifies devices' keys",
		Callers: "phones, computers", Proof: "a one-time challenge", Port: 443, DMZ: whereUsed, Levels: always,
	},
	{
		Name: zone.ServiceCompanion, Surface: zone.SurfaceDevice, Purpose: "The companion app on phones",
		Callers: "phones", Proof: signature + ", after an invitation or the user's password", Port: 443, DMZ: whereUsed, Built: true, Levels: always, Signed: true,
	},
	{
		Name: zone.ServicePortal, Surface: zone.SurfaceUser, Purpose: "Self-service and enrolment pages", Callers: "users",
		Proof: "sign-in, and once more before what destroys something", Port: 443, DMZ: "on, or by address", Built: true, Levels: always,
	},
	{
		Name: zone.ServiceDashboard, Surface: zone.SurfaceAdmin, Purpose: "The administrators' web pages",
		Callers: "administrators", Proof: login, Port: 7443, DMZ: internal, Built: true, Levels: always,
	},
	{
		Name: zone.ServiceAdminAPI, Surface: zone.SurfaceAdmin, Purpose: "Everything an administrator can do",
		Callers: "the dashboard, the command line, scripts", Proof: login, Port: 7443, DMZ: internal,
		Required: true, Built: true, Levels: always,
	},
	{
		Name: zone.ServiceMonitoring, Surface: zone.SurfaceAdmin, Purpose: "Health, readiness and metrics",
		Callers: "monitoring systems", Proof: "none: counts and states, no data", Port: 7443, DMZ: internal,
		Levels: []Level{Open}, Required: true, Built: true,
	},
	{
		Name: zone.ServiceRemoteSSH, Surface: zone.SurfaceAdmin, Purpose: "A shell on a device", Callers: "administrators",
		Proof: login + ", and a right per device", Port: 7443, DMZ: "off", Levels: always,
	},
	{
		Name: zone.ServiceRemoteScreen, Surface: zone.SurfaceAdmin, Purpose: "A device's screen", Callers: "administrators",
		Proof: login + ", and a right per device", Port: 7443, DMZ: "off", Levels: always,
	},
	{
		Name: zone.ServiceJoinProxy, Surface: zone.SurfaceZone, Purpose: "Relays remote sessions to devices out of reach",
		Callers: "agents, other servers", Proof: "the device's key, and a ticket per session", Port: 7019,
		DMZ: "off unless the server is the relay", Levels: always,
	},
	{
		Name: zone.ServiceQuickTask, Surface: zone.SurfaceZone, Purpose: "A server's knock at an agent's door",
		Callers: "servers", Proof: "the server's certificate and a signed knock", Port: 7628,
		DMZ: "listens on devices; block it from outside", Levels: always,
	},
}

// Level is how much proof of identity a service asks for.
type Level string

// The levels.
const (
	Open    Level = "open"    // no proof is asked for
	Observe Level = "observe" // who proves to be a device by less than a signature is let through and counted
	Strict  Level = "strict"  // nobody without proof
)

// Catalogue returns every service, in the order in which people read them.
func Catalogue() []Service { return slices.Clone(catalogue) }

// Lookup returns the row of a service.
func Lookup(name zone.Service) (Service, bool) {
	i := slices.IndexFunc(catalogue, func(s Service) bool { return s.Name == name })
	if i < 0 {
		return Service{}, false
	}
	return catalogue[i], true
}

// Category is a group of services that have their address rules in common.
type Category string

// The categories.
const (
	Administration Category = "administration" // what administrators call
	Endpoint       Category = "endpoint"       // what devices, their users and other servers call
	Tools          Category = "tools"          // what technicians call
)

// Categories lists them in the order in which people read them.
var Categories = []Category{Administration, Endpoint, Tools}

// Category returns the group whose address rules the service has unless it has some of its own.
func (s Service) Category() Category {
	switch s.Surface {
	case zone.SurfaceAdmin:
		return Administration
	case zone.SurfaceTools:
		return Tools
	}
	return Endpoint
}

// Management is the name under which the settings that all services of management share are kept. It is no service.
const Management zone.Service = "management"

// group returns the name under which a service shares settings with others, "" for most.
func group(s zone.Service) zone.Service {
	if strings.HasPrefix(string(s), string(Management)+".") {
		return Management
	}
	return ""
}
