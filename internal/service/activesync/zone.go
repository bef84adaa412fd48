package activesync

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/access"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/platform"
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

// Standing reads where a device stands.
func (z *Zone) Standing(ctx context.Context, upstreamID, user, deviceID string, v Version) (*Standing, error) {
	u, err := z.Users.ByName(ctx, gatewayCaller, user)
	if err != nil {
		return nil, err
	}
	k, err := z.Devices.Lookup(ctx, gatewayCaller, u.ID, deviceID)
	if err != nil {
		return nil, err
	}
	if k.Device.State == device.Removed {
		return nil, problem.New(problem.NotFound, "device.removed", "The device was removed and must enrol anew.")
	}
	if k.Device.Upstream != upstreamID || k.Device.Protocol != v.platform().String() {
		k, err = z.Devices.RecordFacts(ctx, deviceCaller(k.Device.ID), k.Device.ID, device.Facts{Protocol: v.platform().String()})
		if err != nil {
			return nil, err
		}
	}
	return z.standing(ctx, u, k)
}

func (z *Zone) standing(ctx context.Context, u directory.User, k device.Known) (*Standing, error) {
	ofUser, err := z.Users.GroupIDs(ctx, gatewayCaller, u.ID)
	if err != nil {
		return nil, err
	}
	ofDevice, err := z.Devices.GroupIDs(ctx, gatewayCaller, k.Device.ID)
	if err != nil {
		return nil, err
	}
	e, err := z.effective(ctx, u.ID, k, ofUser, ofDevice)
	if err != nil {
		return nil, err
	}
	s := &Standing{Device: k.Device.ID, User: u.ID, Policy: e, Required: !e.Empty(), Keys: keysOf(k.Partnership)}
	if k.Partnership.UpstreamPolicy != nil {
		if s.Upstream, err = upstreamPolicyOf(k.Partnership); err != nil {
			return nil, err
		}
	}
	return s, z.decideAccess(ctx, s, u, k.Device)
}

// Effective returns what a device must obey, with the mail server's own policy where there is one.
func (z *Zone) Effective(ctx context.Context, d device.Device) (*policy.Effective, error) {
	p, err := z.Devices.Partnership(ctx, gatewayCaller, d.ID)
	if err != nil {
		return nil, err
	}
	ofUser, err := z.Users.GroupIDs(ctx, gatewayCaller, d.Owner)
	if err != nil {
		return nil, err
	}
	ofDevice, err := z.Devices.GroupIDs(ctx, gatewayCaller, d.ID)
	if err != nil {
		return nil, err
	}
	return z.effective(ctx, d.Owner, device.Known{Device: d, Partnership: p}, ofUser, ofDevice)
}

func (z *Zone) effective(ctx context.Context, user string, k device.Known, ofUser, ofDevice []string) (*policy.Effective, error) {
	e, err := z.Policies.EffectiveFor(ctx, policy.DeviceRef{
		Device: k.Device.ID, User: user, Groups: append(append([]string{}, ofUser...), ofDevice...), Liability: k.Device.Liability,
	})
	if err != nil || k.Partnership.UpstreamPolicy == nil {
		return e, err
	}
	theirs, err := upstreamPolicyOf(k.Partnership)
	if err != nil {
		return nil, err
	}
	return e.WithUpstream(k.Device.Upstream, theirs.Values), nil
}

// decideAccess fills in what the zone says of the device's mail. What keeps a device out for good comes before any rule.
func (z *Zone) decideAccess(ctx context.Context, s *Standing, u directory.User, d device.Device) error {
	if u.Disabled {
		s.Access, s.Status = Blocked, statusUserDisabled
		return nil
	}
	if d.Refusal() != nil {
		s.Access, s.Status = Blocked, statusDeviceBlocked
		return nil
	}
	decision, err := z.Access.Decide(ctx, d)
	if err != nil {
		return err
	}
	switch decision.Action {
	case device.Allow:
		s.Access = Allowed
	case device.Quarantine:
		s.Access, s.Notice = Quarantined, z.notice(u, d, decision)
	default:
		s.Access, s.Status = Blocked, statusDeviceBlocked
	}
	if decision.Action != d.Access {
		z.access.Put(d.ID, decision.Action) // thousands at once after a change of the rules; who asks again finds it again
	}
	return nil
}

// notice is the one message of a quarantined mailbox.
func (z *Zone) notice(u directory.User, d device.Device, decision access.Decision) Notice {
	domain := "localhost"
	if _, after, ok := strings.Cut(u.Mail, "@"); ok {
		domain = after
	}
	return Notice{
		From: "Drover <drover@" + domain + ">", To: cmp.Or(u.Mail, u.Name+"@"+domain),
		Subject: "This device does not get mail yet", At: d.Enrolled,
		Text: "Your organization holds the mail of this device (" + d.Name + ") back.\n\n" + strings.TrimSpace(decision.Because+" "+decision.Note) +
			"\n\nYou need not do anything on the device. Ask your help desk to let it in and name the device as above; " +
			"mail then begins to flow by itself.\n",
	}
}

// keysOf reads the keys out of a partnership.
func keysOf(p device.Partnership) Keys {
	k := Keys{
		Temporary: p.TempKey, TemporaryBinding: Binding{p.TempRevision, versionOf(p.TempProtocol)},
		Final: p.Key, FinalBinding: Binding{p.Revision, versionOf(p.Protocol)},
		At: p.Provisioned, ClientStatus: p.ClientStatus,
	}
	if p.Key != 0 && !p.Provisioned.Before(p.TempAt) {
		k.Acknowledged = p.TempKey
	}
	return k
}

// versionOf reads "14.1"; 0 when it is none.
func versionOf(s string) Version {
	v := platform.ParseVersion(s)
	return Version(v[0]*10 + v[1])
}

func upstreamPolicyOf(p device.Partnership) (*UpstreamPolicy, error) {
	u := &UpstreamPolicy{}
	if err := json.Unmarshal(p.UpstreamPolicy, &u.Values); err != nil {
		return nil, fmt.Errorf("a mail server's policy: %w", err)
	}
	if p.UpstreamKey != "" {
		key, err := strconv.ParseUint(p.UpstreamKey, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("a mail server's policy key: %w", err)
		}
		u.Key = uint32(key)
	}
	return u, nil
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

// PendingWipe finds a device whose password may be dead, for its wipe alone.
func (z *Zone) PendingWipe(ctx context.Context, deviceID string, key uint32) (*Standing, error) {
	list, err := z.Devices.ByPolicyKey(ctx, gatewayCaller, deviceID, key)
	if err != nil && !problem.Is(err, problem.Malformed) {
		return nil, err
	}
	for _, k := range list {
		pending, err := z.Commands.PendingWipe(ctx, k.Device.ID, platform.ActiveSync)
		if err != nil {
			return nil, err
		}
		if pending {
			return &Standing{Device: k.Device.ID, User: k.Device.Owner, Policy: policy.NewEffective(policy.Origin{}, nil), Keys: keysOf(k.Partnership)}, nil
		}
	}
	return nil, problem.New(problem.NotFound, "device.unknown", "There is no such device.")
}

// policyStates says what a device's last word on its policy means.
var policyStates = map[int]device.PolicyState{
	1: device.PolicyAcknowledged, 2: device.PolicyPartial, 3: device.PolicyRefused, 4: device.PolicyExternal,
}

// KeepKeys writes the keys of a partnership.
func (z *Zone) KeepKeys(ctx context.Context, id string, k Keys) error {
	return z.change(ctx, id, func(known device.Known) (device.Partnership, device.PolicyState, error) {
		p, state, now := known.Partnership, known.Device.PolicyState, z.Clock.Now()
		if k.Temporary != 0 && k.Temporary != p.TempKey {
			sent, err := z.asked(ctx, known.Device)
			if err != nil {
				return p, state, err
			}
			p.Sent, p.SentAt, p.TempAt, state = sent, now, now, device.PolicySent
			if p.Key != 0 && p.Revision == k.TemporaryBinding.Revision && p.Protocol == k.TemporaryBinding.Version.platform().String() {
				p.Reprovisions++
			} else {
				p.Reprovisions = 0
			}
		}
		if k.Final != p.Key && k.Final != 0 {
			p.Acknowledged, p.AcknowledgedAt, p.Provisioned = p.Sent, now, now
			state = policyStates[k.ClientStatus]
		} else if k.ClientStatus != p.ClientStatus {
			state = policyStates[k.ClientStatus] // it was refused
		}
		p.TempKey, p.TempRevision, p.TempProtocol = k.Temporary, k.TemporaryBinding.Revision, protocolOf(k.TemporaryBinding.Version)
		p.Key, p.Revision, p.Protocol, p.ClientStatus = k.Final, k.FinalBinding.Revision, protocolOf(k.FinalBinding.Version), k.ClientStatus
		return p, cmp.Or(state, device.PolicyPending), nil
	})
}

func protocolOf(v Version) string {
	if v == 0 {
		return ""
	}
	return v.platform().String()
}

// asked returns the settings that the device is asked to obey now, for its page.
func (z *Zone) asked(ctx context.Context, d device.Device) (json.RawMessage, error) {
	e, err := z.Effective(ctx, d)
	if err != nil {
		return nil, err
	}
	return json.Marshal(e.Values())
}

// tries is how often a write is tried anew when another request of the device came between.
const tries = 3

// change changes a partnership as it is in the database now.
func (z *Zone) change(ctx context.Context, id string, f func(device.Known) (device.Partnership, device.PolicyState, error)) error {
	var err error
	for range tries {
		var k device.Known
		if k, err = z.Devices.Fresh(ctx, deviceCaller(id), id); err != nil {
			return err
		}
		p, state, err1 := f(k)
		if err1 != nil {
			return err1
		}
		if _, err = z.Devices.SavePartnership(ctx, deviceCaller(id), id, p, state); !problem.Is(err, problem.Conflict) {
			return err
		}
	}
	return err
}

// KeepInformation writes what a device tells of itself. Its phone number is personal and collected only where a suite
// asks for it; none of this version does.
func (z *Zone) KeepInformation(ctx context.Context, id string, i Information) error {
	_, err := z.Devices.RecordFacts(ctx, deviceCaller(id), id, device.Facts{
		Model: i.Model, IMEI: i.IMEI, FriendlyName: i.FriendlyName, OS: i.OS, Language: i.OSLanguage,
		UserAgent: i.UserAgent, Operator: i.MobileOperator,
	})
	return err
}

// KeepUpstream writes the mail server's own policy for a device. A wipe that it asks for becomes a command, held for
// approval unless the rules say otherwise.
func (z *Zone) KeepUpstream(ctx context.Context, id, upstreamID string, u UpstreamPolicy) error {
	values, err := json.Marshal(u.Values)
	if err != nil {
		return err
	}
	err = z.change(ctx, id, func(k device.Known) (device.Partnership, device.PolicyState, error) {
		p := k.Partnership
		p.UpstreamPolicy, p.UpstreamKey = values, ""
		if u.Key != 0 {
			p.UpstreamKey = strconv.FormatUint(uint64(u.Key), 10)
		}
		return p, k.Device.PolicyState, nil
	})
	if err != nil || u.Wipe == NoOrder {
		return err
	}
	return z.wipeOf(ctx, id, upstreamID, u.Wipe)
}

func (z *Zone) wipeOf(ctx context.Context, id, upstreamID string, o Order) error {
	c := scope.Caller{Kind: scope.Upstream, ID: upstreamID, Grants: []scope.Grant{
		{Rights: []scope.Right{scope.DeviceWipeFull, scope.DeviceWipeAccount}},
	}}
	kind := platform.FullWipe
	if o == AccountWipe {
		kind = platform.SelectiveWipe
	}
	_, err := z.Commands.Request(ctx, c, command.Request{Kind: kind, Devices: []string{id}})
	if problem.Is(err, problem.Conflict) {
		return nil // it asks at every contact: there is one already, or the breaker is open
	}
	return err
}

// Pending tells from memory whether the device may have an order to fetch.
func (z *Zone) Pending(id string) bool { return z.Commands.Pending(id) }

// Next hands out the order that the device must be told now.
func (z *Zone) Next(ctx context.Context, id string) (Order, string, error) {
	c, err := z.Commands.Next(ctx, id, platform.ActiveSync)
	if err != nil || c == nil {
		return NoOrder, "", err
	}
	if c.Kind == platform.SelectiveWipe {
		return AccountWipe, c.ID, nil
	}
	return FullWipe, c.ID, nil
}

// Report takes a device's answer to its order. A device says so before it erases itself (MS-ASPROV section 3.1.5.2): its
// word is all there is.
func (z *Zone) Report(ctx context.Context, o Outcome) error {
	if !o.Done {
		return z.Commands.Report(ctx, o.OrderID, command.Answer{State: command.Failed, Unproven: o.Unauthenticated, Words: cmp.Or(o.Words, "The device says that it could not.")})
	}
	words := "The device says that it erases itself."
	if o.Unauthenticated {
		words += " Its password no longer works, so nobody vouches for it: it was known by its policy key."
	}
	if err := z.Commands.Report(ctx, o.OrderID, command.Answer{State: command.Acknowledged, Unproven: o.Unauthenticated, Words: words}); err != nil || o.Unauthenticated {
		return err
	}
	return z.Commands.Report(ctx, o.OrderID, command.Answer{State: command.Done, Words: words})
}

// Seen takes note of a contact. Who says something new of itself is written by [Zone.Run].
func (z *Zone) Seen(s Sighting) {
	z.Devices.Touch(gatewayCaller, s.Device)
	sum := maphash.String(z.seed, s.UserAgent)
	z.mu.Lock()
	same := z.told[s.Device] == sum
	if !same && len(z.told) < maxTold {
		z.told[s.Device] = sum
	}
	z.mu.Unlock()
	if same {
		return
	}
	select {
	case z.facts <- s:
	default: // the database is behind: it says so again
		z.mu.Lock()
		delete(z.told, s.Device)
		z.mu.Unlock()
	}
}

// factTime bounds the writing of one device's words.
const factTime = 10 * time.Second

// accessEvery is how long a decision may wait to be seen in the lists of devices.
const accessEvery = time.Second

// Run writes what devices newly say of themselves, and what was decided for them, until ctx ends.
func (z *Zone) Run(ctx context.Context) {
	var deciding sync.WaitGroup
	defer deciding.Wait()
	deciding.Go(func() {
		z.access.Run(ctx, accessEvery, func(err error) {
			z.Log.Warn("decisions on access were not written and will be tried again", slog.Any(logfield.Error, err))
		})
	})
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-z.facts:
			if err := z.note(ctx, s); err != nil && ctx.Err() == nil {
				z.Log.Warn("what a device says of itself was not written", slog.String(logfield.Device, s.Device), slog.Any(logfield.Error, err))
			}
		}
	}
}

func (z *Zone) note(ctx context.Context, s Sighting) error {
	ctx, cancel := context.WithTimeout(ctx, factTime)
	defer cancel()
	k, err := z.Devices.Fresh(ctx, gatewayCaller, s.Device)
	if err != nil || k.Device.UserAgent == s.UserAgent {
		return err
	}
	_, err = z.Devices.RecordFacts(ctx, deviceCaller(s.Device), s.Device, device.Facts{UserAgent: s.UserAgent})
	return err
}
