package order

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"time"

	"drover/agent/store"
	"drover/agent/system"
	"drover/api/agentv1"
)

// The reasons of a result that is not done.
const (
	notSupported = "not-supported"
	expired      = "expired"
	interrupted  = "interrupted"
	failed       = "error"
)

// errUnsupported is returned by what a platform cannot do; the words are for people.
type errUnsupported string

func (e errUnsupported) Error() string { return string(e) }

// Host is what orders ask of the agent itself.
type Host interface {
	// Refresh has everything asked for and checked at the next turn.
	Refresh()
	// Scan has the inventory taken at the next turn.
	Scan()
	// SendLog sends the agent's log in answer to an order.
	SendLog(ctx context.Context, order string) error
	// Consent lets the agent be removed.
	Consent(order string) error
}

// Runner carries out orders and scripts. Only one goroutine may hand it orders, and one scripts.
type Runner struct {
	Machine system.Machine
	Store   *store.Store
	Host    Host
	Scratch string // a directory on the machine, for scripts
	// Ask tells the server that a destructive order is about to begin, and returns whether it may.
	Ask func(context.Context, agentv1.Order) (bool, error)
	// Now is the time by the server's clock.
	Now func() time.Time

	mu     sync.Mutex
	unkept []ended // what was carried out, and could not be written down
}

// ended is what became of something that was begun.
type ended struct {
	entry  store.Entry
	result agentv1.Result
}

// Recover tells of what was begun when the agent ended the last time.
func (r *Runner) Recover() error {
	list, err := r.Store.Interrupted()
	for _, e := range list {
		err = errors.Join(err, r.finish(e, agentv1.Result{
			State: agentv1.ResultFailed, Reason: interrupted, Words: "The agent ended while this was carried out; nobody knows how far it came.",
		}))
	}
	return err
}

// Orders carries out those that are new. One that fails stops none of the others; errors are those of the store and of asking.
func (r *Runner) Orders(ctx context.Context, list []agentv1.Order) error {
	all := r.keepAgain()
	for _, o := range list {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		all = errors.Join(all, r.order(ctx, o))
	}
	return all
}

func (r *Runner) order(ctx context.Context, o agentv1.Order) error {
	if o.ID == "" {
		return nil
	}
	_, known, err := r.Store.Order(o.ID)
	if errors.Is(err, store.ErrForgotten) {
		return r.finish(store.Entry{Order: o.ID, Begun: r.Now(), Forget: r.Now()}, agentv1.Result{
			State: agentv1.ResultFailed, Reason: interrupted, Words: "The agent's note of this is damaged; nobody knows whether it was carried out.",
		})
	}
	if known || err != nil {
		return err
	}
	ends, err := time.Parse(time.RFC3339, o.Expires)
	if err != nil {
		ends = r.Now()
	}
	e := store.Entry{Order: o.ID, Begun: r.Now(), Forget: ends}
	if !r.Now().Before(ends) {
		return r.finish(e, agentv1.Result{State: agentv1.ResultFailed, Reason: expired, Words: "The order came too late."})
	}
	act := r.action(o)
	if act == nil {
		return r.finish(e, agentv1.Result{
			State: agentv1.ResultFailed, Reason: notSupported, Words: "This version of the agent does not know the order, or not on this system.",
		})
	}
	if o.Class == "destructive" {
		if may, err := r.Ask(ctx, o); err != nil || !may {
			return err // asked again at the next turn, until the order ends
		}
	}
	if err := r.Store.Begin(e); err != nil {
		return err
	}
	return r.conclude(e, outcome(act(ctx)))
}

// outcome says what became of an act.
func outcome(words string, err error) agentv1.Result {
	switch e, no := errors.AsType[errUnsupported](err); {
	case err == nil:
		return agentv1.Result{State: agentv1.ResultDone, Words: words}
	case no:
		return agentv1.Result{State: agentv1.ResultFailed, Reason: notSupported, Words: e.Error()}
	}
	return agentv1.Result{State: agentv1.ResultFailed, Reason: failed, Words: short(err.Error(), 1000)}
}

// conclude finishes what was begun. Where the disk is full, what became of it waits in memory: it is not done again, and nobody would
// hear of it before the agent's next start.
func (r *Runner) conclude(e store.Entry, result agentv1.Result) error {
	result.ID, result.Made = rand.Text(), r.Now().Format(time.RFC3339)
	err := r.Store.Finish(e, result)
	if err != nil {
		r.mu.Lock()
		r.unkept = append(r.unkept, ended{e, result})
		r.mu.Unlock()
	}
	return err
}

// keepAgain writes down what could not be before.
func (r *Runner) keepAgain() (all error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unkept = slices.DeleteFunc(r.unkept, func(x ended) bool {
		err := r.Store.Finish(x.entry, x.result)
		all = errors.Join(all, err)
		return err == nil
	})
	return all
}

func (r *Runner) finish(e store.Entry, result agentv1.Result) error {
	result.Made = r.Now().Format(time.RFC3339)
	return r.Store.Finish(e, result)
}

// act does something and says what, for people.
type act func(context.Context) (string, error)

// action returns what an order does, nil when it is not known here.
func (r *Runner) action(o agentv1.Order) act {
	switch o.Kind {
	case agentv1.OrderRefresh:
		return func(context.Context) (string, error) { r.Host.Refresh(); return "Everything is asked for anew.", nil }
	case agentv1.OrderInventory:
		return func(context.Context) (string, error) { r.Host.Scan(); return "The inventory is taken.", nil }
	case agentv1.OrderLog:
		return func(ctx context.Context) (string, error) { return "The log is sent.", r.Host.SendLog(ctx, o.ID) }
	case agentv1.OrderUninstall:
		return func(context.Context) (string, error) { return "The agent may be removed.", r.Host.Consent(o.ID) }
	}
	p := r.platform()
	switch o.Kind {
	case agentv1.OrderMessage:
		return func(ctx context.Context) (string, error) { return p.message(ctx, o.Parameters["text"]) }
	case agentv1.OrderLock:
		return p.lock
	case agentv1.OrderReboot:
		return p.reboot
	case agentv1.OrderDisableAccounts:
		return func(ctx context.Context) (string, error) { return p.disable(ctx, names(o.Parameters["except"])) }
	case agentv1.OrderEnableAccounts:
		return p.enable
	case agentv1.OrderWipe:
		return p.wipe
	}
	return nil
}

// platform is what the orders are on one.
type platform interface {
	message(ctx context.Context, text string) (string, error)
	lock(ctx context.Context) (string, error)
	reboot(ctx context.Context) (string, error)
	disable(ctx context.Context, except []string) (string, error)
	enable(ctx context.Context) (string, error)
	wipe(ctx context.Context) (string, error)
}

func (r *Runner) platform() platform {
	switch r.Machine.Platform() {
	case system.Windows:
		return onWindows{r.Machine, r.Store}
	case system.MacOS:
		return onMac{r.Machine}
	}
	return onLinux{r.Machine, r.Store}
}
