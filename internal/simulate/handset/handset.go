package handset

import "sync"

// State is what is on a device, and how it stands.
type State struct {
	Account   bool // the managed account is set up
	Mail      bool // its mail, calendar, contacts and tasks are there
	CardMail  bool // what the mail client has saved on the storage card
	Card      bool // all else on the card
	Own       bool // the user's own data and applications
	Password  bool // one is set
	Encrypted bool // at rest: the device's data, or the mail client's where it encrypts its own alone
	Locked    bool
}

// Order is one order, by its name on the wire of the companion protocol.
type Order string

// The orders.
const (
	Lock            Order = "lock"
	FullWipe        Order = "full-wipe"
	SelectiveWipe   Order = "selective-wipe"
	WipeCard        Order = "wipe-card"
	ClearPasscode   Order = "clear-passcode"
	Locate          Order = "locate"
	Message         Order = "message"
	RequestLog      Order = "request-log"
	UpdateInventory Order = "update-inventory"
)

// Effect is what an order does to a device.
type Effect struct {
	Factory    bool // all on the device itself goes: it is as when it was purchased
	Account    bool // goes
	Mail       bool // goes
	CardMail   bool // goes
	Card       bool // the whole card is erased
	CardOption bool // the whole card is erased where the option to clean it is on
	LocksIfSet bool // the device locks where the policy requires a password
	Locks      bool
	Clears     bool // the password goes
}

// Obeyed is what became of an order.
type Obeyed string

// What may become of it.
const (
	Done         Obeyed = "done"
	NotSupported Obeyed = "not-supported"
	Later        Obeyed = "postponed"
)

// Manner is how a device treats what it is told.
type Manner string

// The manners. All but Obedient are for demonstrations, load and tests: no server may break on them.
const (
	Obedient   Manner = ""
	Partial    Manner = "partial"     // applies a policy in part and says so
	Refuse     Manner = "refuse"      // says that it did not apply the policy
	IgnoreWipe Manner = "ignore-wipe" // neither acknowledges nor obeys an order to erase
	WrongKey   Manner = "wrong-key"   // over ActiveSync: sends a policy key that it was never given
	Garbage    Manner = "garbage"     // over ActiveSync: sends bytes that are no WBXML where a Sync belongs
	Lie        Manner = "lie"         // says that it has done what it is told, and does nothing
	Replay     Manner = "replay"      // sends what ends an order twice
	Halt       Manner = "halt"        // confirms an order to erase and is not heard of again, with nothing erased
	Postpone   Manner = "postpone"    // puts every order off once: its screen is locked
	Leave      Manner = "leave"       // says that its user has taken it out of management: profile, push and TouchDown are gone
)

// Manners lists all but Obedient.
var Manners = []Manner{Partial, Refuse, IgnoreWipe, WrongKey, Garbage, Lie, Replay, Halt, Postpone, Leave}

// Handset is one device. It may be used by several goroutines: its mail client's and its companion application's.
type Handset struct {
	rules  Rules
	manner Manner

	mu               sync.Mutex
	state            State
	passwordRequired bool
	cleanCard        bool
	postponed        map[Order]bool
}

// New returns a device in use: with an account, mail, data of its own, and a card where the platform has one.
func New(r Rules, m Manner) *Handset {
	return &Handset{rules: r, manner: m, postponed: map[Order]bool{}, state: State{
		Account: true, Mail: true, CardMail: r.Card, Card: r.Card, Own: true, Encrypted: r.Encryption == Always,
	}}
}

// Rules returns the rules of its platform.
func (h *Handset) Rules() Rules { return h.rules }

// Manner returns how it treats what it is told.
func (h *Handset) Manner() Manner { return h.manner }

// State returns what is on it now.
func (h *Handset) State() State {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state
}

// Policy is what a device takes from a policy. A nil value is not told.
type Policy struct {
	PasswordRequired *bool
	Encrypt          *bool
	CleanCard        *bool // TouchDown's option "Clean SD card on Remote Wipe"
}

// Obey takes a policy, as far as the platform can.
func (h *Handset) Obey(p Policy) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.PasswordRequired != nil {
		h.passwordRequired = *p.PasswordRequired
		h.state.Password = h.state.Password || h.passwordRequired // the user sets one
	}
	if p.Encrypt != nil && (h.rules.Encryption == Asked || h.rules.Encryption == OwnData) {
		h.state.Encrypted = *p.Encrypt
	}
	if p.CleanCard != nil && h.rules.CardOption {
		h.cleanCard = *p.CleanCard
	}
}

// Can tells whether the platform can carry an order out at all.
func (h *Handset) Can(o Order) bool {
	_, ok := h.rules.Orders[o]
	return ok
}

// PutsOff tells, once for each order, that the device does it later: it waits for its user.
func (h *Handset) PutsOff(o Order) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.postponed[o] || !h.rules.Postpones[o] && h.manner != Postpone {
		return false
	}
	h.postponed[o] = true
	return true
}

// Carry carries an order out, or only says so where the device lies.
func (h *Handset) Carry(o Order) Obeyed {
	e, ok := h.rules.Orders[o]
	if !ok {
		return NotSupported
	}
	if h.manner == Lie {
		return Done
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.apply(e)
	return Done
}

func (h *Handset) apply(e Effect) {
	s := &h.state
	card := e.Card || e.CardOption && h.cleanCard
	s.CardMail = s.CardMail && !e.CardMail && !card
	s.Card = s.Card && !card
	s.Account, s.Mail = s.Account && !e.Account, s.Mail && !e.Mail
	s.Locked = s.Locked || e.Locks || e.LocksIfSet && h.passwordRequired
	if e.Clears {
		s.Password, s.Locked = false, false
	}
	if e.Factory {
		*s = State{CardMail: s.CardMail, Card: s.Card, Encrypted: h.rules.Encryption == Always}
	}
}
