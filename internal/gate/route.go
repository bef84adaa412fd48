package gate

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"drover/internal/core/door"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// DefaultTime is how long an exchange may take when its route does not say otherwise.
const DefaultTime = 30 * time.Second

// Held, as the Time of a route, lets an exchange last as long as both ends want it: a held Ping, a stream of events.
// Its body must still arrive at [BodyRate], and every piece of its answer must be taken within [StallTime].
const Held time.Duration = -1

// Route is one way into a service. A service package returns its routes; package server hands them to [New].
type Route struct {
	// Service owns the route and is switched on and off with it. Required.
	Service zone.Service
	// Method is an HTTP method. GET answers HEAD too. Required.
	Method string
	// Pattern is the path, in the form on which the gate routes. A segment "{name}" stands for any one segment, and
	// "{name...}", at the end, for the rest of the path; both are read by [http.Request.PathValue]. Required.
	Pattern string
	// AnyCase matches the pattern whatever the case of its letters. Only for mail clients, which spell as they like.
	AnyCase bool
	// Who may call. Required.
	Who Who
	// Body is the most octets of a body that are read. 0 refuses every body.
	Body int64
	// Time is how long the exchange may take; 0 means [DefaultTime], [Held] no limit.
	Time time.Duration
	// Handler serves what the gate lets through. Required.
	Handler http.Handler
}

// Audience is a kind of caller, and so a way to prove who calls.
type Audience string

// The audiences.
const (
	AudienceAnyone   Audience = "anyone"
	AudienceProtocol Audience = "protocol"
	AudienceDevice   Audience = "device"
	AudienceAgent    Audience = "agent"
	AudienceUser     Audience = "user"
	AudienceAdmin    Audience = "admin"
)

// kinds tells as what the callers of an audience appear.
var kinds = map[Audience][]scope.Kind{
	AudienceDevice: {scope.Device},
	AudienceAgent:  {scope.Device},
	AudienceUser:   {scope.User},
	AudienceAdmin:  {scope.Admin, scope.Token},
}

// Who says who may call a route. The zero Who says nothing and is refused at the start.
type Who struct {
	audience Audience
	right    scope.Right
	reason   string
}

// Anyone lets everybody call, without proof. The reason is shown in the exposure report.
func Anyone(reason string) Who { return Who{audience: AudienceAnyone, reason: reason} }

// ByProtocol leaves the proof to the service, because the protocol carries it in a way the gate cannot judge. The
// reason says how the caller is proven; the service must refuse the unproven before it keeps or tells anything.
func ByProtocol(reason string) Who { return Who{audience: AudienceProtocol, reason: reason} }

// Device lets devices call that prove themselves by their key.
func Device() Who { return Who{audience: AudienceDevice} }

// Agent lets computers call whose agent has signed the request for the very service of the route: the tag of the signature
// is the zone's, a slash and the service's name. The caller is then the device, and its session the id of its key. Without
// proof nobody comes through, whatever the level of the door: what an agent is told and takes is of one computer.
func Agent() Who { return Who{audience: AudienceAgent} }

// User lets signed-in users of devices call.
func User() Who { return Who{audience: AudienceUser} }

// Admin lets administrators and API tokens call that have the right over anything at all; what exactly it reaches is
// for core to judge, by the caller's scope.
func Admin(right scope.Right) Who { return Who{audience: AudienceAdmin, right: right} }

// AnyAdmin lets every signed-in administrator call. The reason says why no right is asked for.
func AnyAdmin(reason string) Who { return Who{audience: AudienceAdmin, reason: reason} }

// Audience returns who the callers are.
func (w Who) Audience() Audience { return w.audience }

// Right returns the right that is asked for, or "".
func (w Who) Right() scope.Right { return w.right }

// Reason returns why no proof or no right is asked for, or "".
func (w Who) Reason() string { return w.reason }

func (w Who) check() error {
	switch w.audience {
	case "":
		return errors.New("does not say who may call it")
	case AudienceAnyone, AudienceProtocol:
		if w.reason == "" {
			return errors.New("gives no reason for asking for no proof")
		}
	case AudienceAdmin:
		if w.right == "" && w.reason == "" {
			return errors.New("asks administrators for no right and gives no reason")
		}
		if w.right != "" && !scope.Known(w.right) {
			return fmt.Errorf("asks for the unknown right %q", w.right)
		}
	}
	return nil
}

var methods = map[string]bool{
	http.MethodGet: true, http.MethodPost: true, http.MethodPut: true, http.MethodPatch: true, http.MethodDelete: true,
	http.MethodOptions: true,
}

// check returns everything that is wrong with a route by itself.
func (r Route) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	row, known := door.Lookup(r.Service)
	switch {
	case r.Service == "":
		fault("does not say to which service it belongs")
	case !known:
		fault("belongs to the unknown service %q", r.Service)
	case !row.Built:
		fault("belongs to %s, which the catalogue says is not built", r.Service)
	}
	if !methods[r.Method] {
		fault("has the method %q", r.Method)
	}
	if err := checkPattern(r.Pattern); err != nil {
		faults = append(faults, err)
	}
	if r.AnyCase && (row.Surface != zone.SurfaceDevice || strings.Contains(r.Pattern, "{")) {
		fault("matches any case, which is for fixed paths of mail clients alone")
	}
	if err := r.Who.check(); err != nil {
		faults = append(faults, err)
	}
	if r.Body < 0 {
		fault("has a negative limit for its body")
	}
	if r.Time < 0 && r.Time != Held {
		fault("has a negative limit for its time")
	}
	if r.Handler == nil {
		fault("has no handler")
	}
	for i, err := range faults {
		faults[i] = fmt.Errorf("route %s %s %w", r.Method, r.Pattern, err)
	}
	return errors.Join(faults...)
}

func checkPattern(pattern string) error {
	fixed := strings.NewReplacer("{", "", "...}", "", "}", "").Replace(pattern)
	if got, err := normalize(fixed); err != nil || got != fixed {
		return errors.New("has a pattern that no request can match")
	}
	segments := strings.Split(strings.TrimPrefix(pattern, "/"), "/")
	if len(segments) > maxSegments {
		return fmt.Errorf("has a pattern of more than %d segments", maxSegments)
	}
	for i, s := range segments {
		name, rest := parameter(s)
		if name == "" && strings.ContainsAny(s, "{}") || rest && i < len(segments)-1 {
			return errors.New("has a pattern with a misplaced brace")
		}
	}
	return nil
}

// parameter returns the name in a segment "{name}" or "{name...}", and whether it stands for the rest of the path.
func parameter(segment string) (name string, rest bool) {
	inner, ok := strings.CutPrefix(segment, "{")
	if !ok {
		return "", false
	}
	inner, ok = strings.CutSuffix(inner, "}")
	if !ok || strings.ContainsAny(inner, "{}") {
		return "", false
	}
	return strings.CutSuffix(inner, "...")
}
