package agentv1

// The paths of the protocol, on the devices' listener. Ids that follow in them hold A-Z a-z 0-9 - _ alone, so that no
// proxy writes a path anew and breaks its signature.
const (
	Base = "/agent/v1"

	PathDiscovery   = Base + "/registration/discovery" // GET, the one request without a signature
	PathRegister    = Base + "/registration"           // POST
	PathKey         = Base + "/registration/key"       // GET the certified key, POST to renew it
	PathLeave       = Base + "/registration/leave"     // POST
	PathSettings    = Base + "/management/settings"    // GET, an [Envelope]
	PathPolicies    = Base + "/management/policies"    // GET, an [Envelope]
	PathAssignments = Base + "/management/assignments" // GET, an [Envelope]
	PathStatus      = Base + "/management/status"      // POST
	PathResults     = Base + "/management/results"     // POST; of the service management.status
	PathLocations   = Base + "/management/locations"   // GET, an [Envelope]
	PathWait        = Base + "/wait"                   // GET, a WebSocket; of the service management.status
	PathInventory   = Base + "/collection/inventory"   // POST
	PathEvents      = Base + "/collection/events"      // POST
	PathUploads     = Base + "/collection/uploads"     // POST; PUT and GET of one below it
)

// The services of the catalogue that the paths belong to. Each can be switched off alone; its paths then answer 404.
const (
	ServiceRegistration = "registration"
	ServiceSettings     = "management.settings"
	ServicePolicies     = "management.policies"
	ServiceAssignments  = "management.assignments"
	ServiceStatus       = "management.status"
	ServiceLocations    = "management.locations"
	ServiceCollection   = "collection"
)

// Tag is the parameter tag of the signature of a request to a service: the zone's own, as discovery tells it, and the
// service's name, so that what was signed for one zone or service counts in no other.
func Tag(zone, service string) string { return zone + "/" + service }
