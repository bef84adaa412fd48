package activesync

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"drover/internal/core/policy"
)

// Upstream is the mail server to which a user's requests go. It is a value made from the zone's data and never changed.
type Upstream struct {
	ID        string
	URL       *url.URL          // of its ActiveSync endpoint, without a query
	Host      string            // the Host header; "" for that of the URL
	Transport http.RoundTripper // must neither follow redirects nor compress
	Timeout   time.Duration     // for an answer to begin and for each piece of it, where nothing is held
	Versions  []string          // what the zone allows of it; empty allows all
	Ask449    []string          // device types, and beginnings of user agents, that HTTP 449 alone asks to provision
	// Subject validates a bearer token and returns the login name it was given to. Nil refuses bearer tokens.
	Subject func(ctx context.Context, token string) (string, error)
}

// Upstreams chooses the mail server of a user. It is asked at every request and must answer from memory.
type Upstreams interface {
	// Choose returns the mail server of a login name and the user that the name stands for: the same for "DOM\alice",
	// "alice@dom.example" and "Alice" where the server takes them for one. A problem of kind NotFound when no server
	// is configured for it.
	Choose(login string) (Upstream, string, error)
	// Bearer returns the mail server that validates bearer tokens when the user is not told otherwise; false for none.
	Bearer() (Upstream, bool)
}

// Access says whether a device may reach mail.
type Access uint8

// The decisions.
const (
	Blocked Access = iota // the zero value lets nobody in
	Quarantined
	Allowed
)

// Order is what an administrator has ordered and the device must be told.
type Order uint8

// The orders.
const (
	NoOrder Order = iota
	FullWipe
	AccountWipe
)

// Keys are the policy keys of a partnership. A key counts for its binding alone.
type Keys struct {
	Temporary        uint32 // good for the acknowledgement and nothing else; 0 when none was given
	TemporaryBinding Binding
	Final            uint32 // 0 while the device has acknowledged nothing
	FinalBinding     Binding
	Acknowledged     uint32    // the temporary key that the final one was given for
	At               time.Time // when the final key was given
	ClientStatus     int       // what the device acknowledged with: 1 applied, 2 partly, 3 not, 4 managed by another
}

// Binding is what a policy key stands for: a revision of the policy as one protocol version can say it.
type Binding struct {
	Revision string
	Version  Version
}

// UpstreamPolicy is the mail server's own policy for a device, where it has one: Drover provisions in the device's place.
type UpstreamPolicy struct {
	Key    uint32 // the mail server's final key; 0 while there is none
	Values policy.Values
	Wipe   Order // the mail server asks for this wipe
}

// Standing is all that the gateway needs to know of a device to answer it. It is made once and never changed.
type Standing struct {
	Device   string // the id in the zone
	User     string
	Access   Access
	Status   Status // told where access is blocked: 126, 129, 130 or 177
	Wiped    bool   // it has wiped itself and is kept out
	Notice   Notice // shown where the device is quarantined
	Policy   *policy.Effective
	Required bool // there is a policy to be obeyed; false answers "no policy"
	Keys     Keys
	Upstream *UpstreamPolicy // nil where the mail server has no policy of its own
	Times    *policy.Times   // when the device comes for news; nil where that is left to its mail client
}

// policyRevision is the revision of the policy that a device of version v must obey, "" when there is none.
func (s *Standing) policyRevision(v Version) string {
	if !s.Required {
		return ""
	}
	return s.Policy.Revision(v.platform())
}

// Seat names a known device: by the id of its user and what it calls itself, and by its id in the zone.
type Seat struct{ User, DeviceID, Device string }

// Contact is a device at its first contact, proven by its user's credentials.
type Contact struct {
	Upstream   string
	User       string
	DeviceID   string
	DeviceType string
	UserAgent  string
	Version    Version
	Address    netip.Addr
}

// Sighting is a contact of a known device. It may be lost.
type Sighting struct {
	Device    string
	At        time.Time
	Version   Version
	UserAgent string
	Command   Command
	Address   netip.Addr
}

// Outcome is what a device answered to an order.
type Outcome struct {
	OrderID         string
	Order           Order
	Done            bool   // the device reports success
	Words           string // why not, for people; "" where the device gave no reason
	Unauthenticated bool   // it knew its policy key, but not a password that still works
	Address         netip.Addr
}

// Core is what the gateway asks of the zone. Errors are problems.
type Core interface {
	// Standing tells where a device stands. All but the device itself is as the zone's revision has it; what another
	// server has heard of the device, and the keys that it has given, may be missing for a minute. A problem of kind
	// NotFound when it is not known.
	Standing(ctx context.Context, upstream, user, deviceID string, v Version) (*Standing, error)
	// FreshStanding is Standing with the device as the database has it now.
	FreshStanding(ctx context.Context, upstream, user, deviceID string, v Version) (*Standing, error)
	// Remember prepares for Standing of many devices at once, so that each is not asked for by itself.
	Remember(ctx context.Context, list []Seat) error
	// Enrol takes a device into the zone. A problem of kind Forbidden or Conflict when it may not come in; its code
	// tells why.
	Enrol(ctx context.Context, c Contact) error
	// PendingWipe finds the device of that name whose last final policy key is key and for which a wipe is pending,
	// whoever its user is. A problem of kind NotFound in every other case.
	PendingWipe(ctx context.Context, deviceID string, key uint32) (*Standing, error)

	KeepKeys(ctx context.Context, device string, k Keys) error
	KeepInformation(ctx context.Context, device string, i Information) error
	KeepUpstream(ctx context.Context, device, upstream string, p UpstreamPolicy) error

	// Pending tells from memory whether the device may have an order to fetch; a wrong yes costs one Next.
	Pending(device string) bool
	// Next hands out the order that the device must be told now, with its id; NoOrder when there is none. It is handed
	// out again until the device reports.
	Next(ctx context.Context, device string) (Order, string, error)
	Report(ctx context.Context, o Outcome) error
	// Untold finds the wipe that the mail server has asked for, that the device has proved to carry out, and that the mail
	// server has not been told of, with its id; NoOrder when there is none.
	Untold(ctx context.Context, device, upstream string) (Order, string, error)
	// Told takes note that the mail server knows of the wipe.
	Told(ctx context.Context, orderID string) error
	// Seen takes note of a contact, in memory at first.
	Seen(s Sighting)
}
