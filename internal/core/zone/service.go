package zone

import "slices"

// Service is the name of a capability that the zone offers over the network. Package gate knows the rest about each.
type Service string

// The services.
const (
	ServiceSettings       Service = "management.settings"
	ServiceAssignments    Service = "management.assignments"
	ServicePolicies       Service = "management.policies"
	ServiceStatus         Service = "management.status"
	ServiceLocations      Service = "management.locations"
	ServiceRegistration   Service = "registration"
	ServiceDownload       Service = "download"
	ServiceContent        Service = "content"
	ServiceCollection     Service = "collection"
	ServiceAuthentication Service = "authentication"
	ServiceActiveSync     Service = "activesync"
	ServiceAutodiscover   Service = "autodiscover"
	ServiceAppleMDM       Service = "apple-mdm"
	ServiceSCEP           Service = "scep"
	ServiceCompanion      Service = "companion"
	ServicePortal         Service = "portal"
	ServiceDashboard      Service = "dashboard"
	ServiceAdminAPI       Service = "admin-api"
	ServiceMonitoring     Service = "monitoring"
	ServiceRemoteSSH      Service = "remote-ssh"
	ServiceRemoteScreen   Service = "remote-screen"
	ServiceJoinProxy      Service = "join-proxy"
	ServiceQuickTask      Service = "quick-task"
)

// Services lists every service in the order of the catalogue.
var Services = []Service{
	ServiceSettings, ServiceAssignments, ServicePolicies, ServiceStatus, ServiceLocations, ServiceRegistration,
	ServiceDownload, ServiceContent, ServiceCollection, ServiceAuthentication, ServiceActiveSync, ServiceAutodiscover,
	ServiceAppleMDM, ServiceSCEP, ServiceCompanion, ServicePortal, ServiceDashboard, ServiceAdminAPI, ServiceMonitoring,
	ServiceRemoteSSH, ServiceRemoteScreen, ServiceJoinProxy, ServiceQuickTask,
}

// Known tells whether s is on the list.
func (s Service) Known() bool { return slices.Contains(Services, s) }

// Surface is a group of services that share one address rule by default, and a listener.
type Surface string

// The surfaces.
const (
	SurfaceDevice Surface = "device" // what devices call
	SurfaceAdmin  Surface = "admin"  // what administrators call
	SurfaceUser   Surface = "user"   // what the users of devices call
	SurfaceTools  Surface = "tools"  // what technicians call
	SurfaceZone   Surface = "zone"   // what servers of the zone call
)
