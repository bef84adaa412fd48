package platform

import "strings"

// Support says what a platform makes of a setting that it is sent.
type Support string

// The degrees of support.
const (
	Supported     Support = "supported"
	Partly        Support = "partly"        // see the caveat
	Ignored       Support = "ignored"       // it may be sent; the client does nothing with it
	Inexpressible Support = "inexpressible" // no channel of the platform has a word for it
	Unknown       Support = "unknown"       // nothing is written about it
)

// rank orders the degrees, the best last.
var rank = map[Support]int{Inexpressible: 1, Ignored: 2, Unknown: 3, Partly: 4, Supported: 5}

// Answer is what a platform makes of one setting. Caveat is a sentence for people, or "".
type Answer struct {
	Support Support
	Caveat  string
}

// Keeps tells whether the platform keeps the setting, or part of it.
func (a Answer) Keeps() bool { return a.Support == Supported || a.Support == Partly }

// Over tells what the row's platform makes of s when it is sent over channel c.
func (r Row) Over(c Channel, s Setting) Answer {
	if len(carriers[s]) == 0 {
		return kept[s]
	}
	if c == ActiveSync && s.Unasked() {
		return overheard
	}
	if !s.CarriedBy(c) {
		return Answer{Inexpressible, sentence(c.Name()) + " has no word for it."}
	}
	a := r.sheet(c)[s]
	if s.Unsent() && a.Support != Ignored {
		a.Caveat = unsent
	}
	return a
}

func (r Row) sheet(c Channel) sheet {
	switch c {
	case Companion:
		return r.app
	case AppleMDM:
		return r.apple
	case Agent:
		return r.agent
	}
	return r.mail
}

// Setting tells what the row's platform makes of s over whichever of its channels serves best.
func (r Row) Setting(s Setting) Answer {
	a, _ := r.Best(s)
	return a
}

// Best returns the best answer of the row's platform over its channels, and the channel that gives it: "" for what
// Drover keeps by itself and for what none of them can say. Of equals the earlier channel of the row is taken.
func (r Row) Best(s Setting) (Answer, Channel) {
	if len(carriers[s]) == 0 {
		return kept[s], ""
	}
	best := Answer{Inexpressible, "No channel of this platform has a word for it."}
	var over Channel
	for _, c := range r.Channels {
		if a := r.Over(c, s); rank[a.Support] > rank[best.Support] {
			best, over = a, c
		}
	}
	return best, over
}

// sentence begins a sentence with the words.
func sentence(words string) string { return strings.ToUpper(words[:1]) + words[1:] }

var kept = map[Setting]Answer{
	AllowNonProvisionable: {Supported, "Drover keeps this rule itself; the device is not asked."},
	RefreshInterval:       {Supported, "Drover asks the device to fetch its policy again; the device is not told the interval."},
}

// overheard is the answer of every mail client to what it tells unasked.
var overheard = Answer{Partly, "Mail clients that tell it do so by themselves: Drover keeps it where this is on, and nothing of it otherwise."}

// unsent says of what a companion application brings about and is never told where it is.
const unsent = "It stays with Drover, which does what it says: the device is never sent it."

// sheet is the answers of one row over one channel.
type sheet map[Setting]Answer

// answers builds a sheet: a fallback for all settings, then what differs from it.
func answers(fallback Answer, groups ...group) sheet {
	m := make(sheet, len(settings))
	for _, s := range settings {
		m[s] = fallback
	}
	return m.with(groups...)
}

// with returns a copy in which the groups have their say.
func (m sheet) with(groups ...group) sheet {
	c := make(sheet, len(m))
	for s, a := range m {
		c[s] = a
	}
	for _, g := range groups {
		for _, s := range g.settings {
			c[s] = g.answer
		}
	}
	return c
}

type group struct {
	answer   Answer
	settings []Setting
}

func yes(s ...Setting) group { return group{Answer{Support: Supported}, s} }

func partly(caveat string, s ...Setting) group { return group{Answer{Partly, caveat}, s} }

func ignored(caveat string, s ...Setting) group { return group{Answer{Ignored, caveat}, s} }

func untold(caveat string, s ...Setting) group { return group{Answer{Unknown, caveat}, s} }

// ownerApp and knoxApp are the answers of a companion application on Android 5 and newer.
var (
	ownerApp = partly("Where the application is the device's owner.", androidOwner...)
	knoxApp  = partly("Samsung models with Knox only.", knoxKeys...)
)
