package phone

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"drover/internal/base/wbxml"
	"drover/internal/simulate/handset"
)

// Phone is one simulated device with one account. Only its own goroutine touches it.
type Phone struct {
	fleet  *Fleet
	number int
	model  Model
	set    *handset.Handset
	speaks Speaks
	id     string
	user   string

	version   string
	key       string // the policy key, "0" before there is one
	folderKey string
	inbox     string
	syncKey   string
	heartbeat int           // seconds
	pinged    bool          // the server knows the Ping's parameters
	rounds    int           // provisionings since the last command that was served
	known     chan struct{} // closed once the server has served it

	setting atomic.Bool // it has a place among those that set up; its application may give that back too
}

// A phone that provisions more often than this without being served in between is in a loop.
const maxRounds = 5

// step is one thing a phone does; it returns what comes next.
type step func(context.Context) (step, error)

var (
	errProvision = errors.New("the server asks to be provisioned")
	errWiped     = errors.New("the phone is wiped")
)

// refusal is why a command was not served, and how long the server asked to wait.
type refusal struct {
	kind  Kind
	retry time.Duration
}

func (r refusal) Error() string { return string(r.kind) }

// live is the phone's life until the context ends or it is wiped.
func (p *Phone) live(ctx context.Context) {
	next, failures := p.connect, 0
	for ctx.Err() == nil {
		after, err := next(ctx)
		switch {
		case ctx.Err() != nil || errors.Is(err, errWiped):
			return
		case err == nil:
			next, failures = after, 0
			continue
		case errors.Is(err, errProvision) && p.rounds < maxRounds:
			p.rounds++
			next = p.provisionThen(next)
			continue
		case errors.Is(err, errProvision):
			p.fleet.see(p, Looped)
			p.rounds = 0
		}
		pause(ctx, p.refused(err), failures)
		failures++
	}
}

// refused records why a command was not served and returns how long the server asked to wait.
func (p *Phone) refused(err error) time.Duration {
	var r refusal
	switch {
	case errors.As(err, &r):
		p.fleet.see(p, r.kind)
	case !errors.Is(err, errProvision):
		p.fleet.note(err)
		p.fleet.see(p, Failed)
	}
	return r.retry
}

// pause waits before a phone tries again: what the server asked for, else longer with each failure, up to a minute.
func pause(ctx context.Context, retry time.Duration, failures int) {
	if retry == 0 {
		retry = min(time.Second<<min(failures, 6), time.Minute)
	}
	retry += time.Duration(rand.Int64N(int64(retry)/4 + 1))
	timer := time.NewTimer(retry)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// connect asks what the server speaks.
func (p *Phone) connect(ctx context.Context) (step, error) {
	ctx, cancel := context.WithTimeout(ctx, p.fleet.patience)
	defer cancel()
	a, err := p.options(ctx)
	if err != nil {
		return nil, err
	}
	if err := judge(a); err != nil {
		return nil, err
	}
	var offered []string
	for v := range strings.SplitSeq(a.header.Get("MS-ASProtocolVersions"), ",") {
		offered = append(offered, strings.TrimSpace(v))
	}
	if p.version = p.model.version(offered); p.version == "" {
		return nil, refusal{kind: NoVersion}
	}
	p.fleet.see(p, Connected)
	if p.model.Provisions {
		return p.provisionThen(p.tellFacts), nil
	}
	return p.tellFacts, nil
}

// command sends a command other than Ping and judges the answer.
func (p *Phone) command(ctx context.Context, name string, body *wbxml.Node) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, p.fleet.patience)
	defer cancel()
	a, err := p.call(ctx, name, body)
	if err != nil {
		return a, err
	}
	return a, judge(a)
}

// tellFacts sends the device information with Settings, where the version has it.
func (p *Phone) tellFacts(ctx context.Context) (step, error) {
	if !p.factsInSettings() {
		return p.folders, nil
	}
	_, err := p.command(ctx, "Settings", wbxml.Elem(wbxml.SettingsSettings, p.factsFrame()))
	return p.folders, err
}

func (p *Phone) folders(ctx context.Context) (step, error) {
	a, err := p.command(ctx, "FolderSync", folderSyncFrame(p.folderKey))
	if err != nil {
		return nil, err
	}
	if a.top() != 1 {
		p.folderKey = "0"
		return nil, refusal{kind: Failed}
	}
	p.folderKey = a.body.Child(wbxml.FolderHierarchySyncKey).Value()
	if changes := a.body.Child(wbxml.FolderHierarchyChanges); changes != nil {
		for _, f := range changes.Children {
			if f.Child(wbxml.FolderHierarchyType).Value() == inbox {
				p.inbox = f.Child(wbxml.FolderHierarchyServerId).Value()
			}
		}
	}
	if p.inbox == "" {
		return nil, refusal{kind: Failed}
	}
	p.rounds = 0
	select {
	case <-p.known:
	default:
		close(p.known)
	}
	return p.mail, nil
}

// mail syncs the inbox until nothing more is there, then the phone holds a Ping.
func (p *Phone) mail(ctx context.Context) (step, error) {
	if p.set.Manner() == handset.Garbage {
		return p.garbage(ctx)
	}
	a, err := p.command(ctx, "Sync", p.syncFrame())
	if err != nil {
		return nil, err
	}
	p.rounds = 0
	p.fleet.served.Add(1)
	if p.fleet.busy && p.syncKey != "0" {
		p.fleet.leave(p)
		return p.mail, nil // with the same key, so that the answer is the same
	}
	if a.body == nil { // nothing has changed (MS-ASCMD section 2.2.1.21)
		return p.ping, nil
	}
	collection := a.body.Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection)
	if collection == nil || collection.Child(wbxml.AirSyncStatus).Value() != "1" {
		p.syncKey = "0"
		return nil, refusal{kind: Failed}
	}
	first := p.syncKey == "0"
	p.syncKey = collection.Child(wbxml.AirSyncSyncKey).Value()
	var items int
	if commands := collection.Child(wbxml.AirSyncCommands); commands != nil {
		items = len(commands.Children)
	}
	p.fleet.mails(items)
	if first || collection.Child(wbxml.AirSyncMoreAvailable) != nil {
		return p.mail, nil
	}
	return p.ping, nil
}

// garbage sends what is no WBXML. Any refusal will do, and the phone waits a while before it does so again.
func (p *Phone) garbage(ctx context.Context) (step, error) {
	ctx, cancel := context.WithTimeout(ctx, p.fleet.patience)
	defer cancel()
	data := make([]byte, 64)
	for i := range data {
		data[i] = byte(rand.UintN(256))
	}
	a, err := p.send(ctx, "Sync", data)
	if err == nil {
		err = judge(a)
	}
	if errors.Is(err, errProvision) {
		return nil, err
	}
	return nil, refusal{kind: Failed}
}

// ping holds a Ping (MS-ASCMD section 2.2.1.13).
func (p *Phone) ping(ctx context.Context) (step, error) {
	beat := time.Duration(p.heartbeat) * time.Second
	ctx, cancel := context.WithTimeout(ctx, beat+p.fleet.patience)
	defer cancel()
	frame := p.pingFrame()
	if p.pinged && p.model.EmptyPing {
		frame = nil
	}
	p.fleet.hold(p, 1)
	a, err := p.call(ctx, "Ping", frame)
	p.fleet.hold(p, -1)
	if err != nil {
		return nil, err
	}
	if err := judge(a); err != nil {
		return nil, err
	}
	p.pinged = true
	switch a.top() {
	case 1: // nothing happened within the heartbeat
		return p.ping, nil
	case 2:
		return p.mail, nil
	case 3: // the server has forgotten the parameters
		p.pinged = false
		return p.ping, nil
	case 5:
		if limit, err := strconv.Atoi(a.body.Child(wbxml.PingHeartbeatInterval).Value()); err == nil && limit > 0 {
			p.heartbeat, p.pinged = limit, false
			return p.ping, nil
		}
	case 7:
		p.folderKey = "0"
		return p.folders, nil
	}
	p.pinged = false
	return p.folders, refusal{kind: Failed}
}

// judge turns an answer that does not serve the command into an error. The common status codes are those of MS-ASCMD
// section 2.2.2.
func judge(a answer) error {
	switch a.status {
	case http.StatusOK:
	case statusNeed:
		return errProvision
	case http.StatusUnauthorized:
		return refusal{kind: Unauthorized, retry: maxRetry} // a phone asks its owner for the password
	case http.StatusForbidden:
		return refusal{kind: Blocked, retry: maxRetry}
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return refusal{kind: Unavailable, retry: a.retry}
	default:
		return refusal{kind: Failed}
	}
	switch a.top() {
	case 140, 141, 142, 143, 144:
		return errProvision
	case 126, 129, 130, 131, 177:
		return refusal{kind: Blocked, retry: maxRetry}
	case 139, 145:
		return refusal{kind: Declined, retry: maxRetry}
	case 110, 111:
		return refusal{kind: Unavailable, retry: a.retry}
	}
	return nil
}
