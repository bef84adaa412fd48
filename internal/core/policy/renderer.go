package policy

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"drover/internal/core/platform"
)

// Sent is one setting in its wire form.
type Sent struct {
	Setting platform.Setting
	Element string // its name on the wire
	Text    string // its value on the wire; "" for an empty element
}

// Renderer turns an effective policy into the wire form of one channel. It is pure: the same policy and version give
// the same bytes.
type Renderer interface {
	Channel() platform.Channel
	// Render returns the document and what it says, setting by setting. A setting that the version cannot say is left
	// out of both; one that nobody sets is sent with its default, since devices keep what an earlier policy set.
	Render(e *Effective, v platform.Version) (body []byte, sent []Sent, err error)
}

// Registry holds one renderer for each channel, so that previews need no service. The zero Registry is ready.
type Registry struct {
	mu        sync.RWMutex
	renderers map[platform.Channel]Renderer
}

// Register adds a renderer; a second one for the same channel is a mistake of the program and panics.
func (g *Registry) Register(r Renderer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, there := g.renderers[r.Channel()]; there {
		panic("two renderers for the channel " + string(r.Channel()))
	}
	if g.renderers == nil {
		g.renderers = map[platform.Channel]Renderer{}
	}
	g.renderers[r.Channel()] = r
}

// For returns the channel's renderer.
func (g *Registry) For(c platform.Channel) (Renderer, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	r, ok := g.renderers[c]
	return r, ok
}

// Fate says what becomes of one setting on its way to a platform.
type Fate string

// The fates.
const (
	FateSent          Fate = "sent"          // and the platform is known to take it
	FatePartly        Fate = "partly"        // sent; the platform takes part of it
	FateIgnored       Fate = "ignored"       // sent; the platform does nothing with it
	FateUntold        Fate = "untold"        // sent; nobody has written what the platform does with it
	FateInexpressible Fate = "inexpressible" // the protocol version has no word for it
	FateIdle          Fate = "idle"          // it has no effect beside the policy's other values
	FateKept          Fate = "kept"          // Drover keeps it by itself
)

// Line is one setting of a preview.
type Line struct {
	Setting platform.Setting
	Value   Value
	Source  Source
	Fate    Fate
	Channel platform.Channel // that carries it, "" where none does
	Element string           // on the wire, "" when it is not sent
	Text    string
	Words   string // why, for people; may be ""
}

// Preview says what a policy sends over a channel to a platform at a protocol version, setting by setting in the order
// of the catalogue, and what the platform is known to do with it. It fails when the channel has no renderer.
func (g *Registry) Preview(e *Effective, row platform.Row, c platform.Channel, v platform.Version) ([]Line, error) {
	r, ok := g.For(c)
	if !ok {
		return nil, fmt.Errorf("no renderer for the channel %q", c)
	}
	_, sent, err := r.Render(e, v)
	if err != nil {
		return nil, fmt.Errorf("render the policy for %s at %s: %w", c, v, err)
	}
	values := e.Values()
	lines := make([]Line, 0, len(definitions))
	for j := range definitions {
		d := &definitions[j]
		l := Line{Setting: d.Key, Value: e.values[j].Value, Source: e.values[j].Source}
		i := slices.IndexFunc(sent, func(s Sent) bool { return s.Setting == d.Key })
		if i >= 0 {
			l.Channel, l.Element, l.Text = c, sent[i].Element, sent[i].Text
		}
		l.Fate, l.Words = d.fate(values, row, c, v, i >= 0)
		if l.Value.locked && l.Element != "" && c == platform.ActiveSync {
			l.Words = strings.TrimSpace(l.Words + " ActiveSync cannot lock a value: the user may choose a stricter one.")
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// PreviewAll is Preview over every channel of the platform that has a renderer: each setting over the one that serves
// it best. v is the version of ActiveSync.
func (g *Registry) PreviewAll(e *Effective, row platform.Row, v platform.Version) ([]Line, error) {
	var best []Line
	for _, c := range row.Channels {
		if _, ok := g.For(c); !ok {
			continue
		}
		lines, err := g.Preview(e, row, c, v)
		if err != nil {
			return nil, err
		}
		if best == nil {
			best = lines
		}
		for i, l := range lines {
			if fateRank[l.Fate] > fateRank[best[i].Fate] {
				best[i] = l
			}
		}
	}
	for i := range best {
		g.unserved(&best[i], row)
	}
	return best, nil
}

var fateRank = map[Fate]int{
	FateInexpressible: 1, FateIgnored: 2, FateUntold: 3, FateIdle: 4, FatePartly: 5, FateSent: 6, FateKept: 7,
}

// unserved tells of a setting that no channel says, when one could that this server does not speak.
func (g *Registry) unserved(l *Line, row platform.Row) {
	if l.Fate != FateInexpressible {
		return
	}
	answer, c := row.Best(l.Setting)
	if _, served := g.For(c); answer.Keeps() && !served {
		l.Words = "It needs " + c.Name() + ", which this server does not speak."
	}
}

func (d *Definition) fate(vs Values, row platform.Row, c platform.Channel, v platform.Version, sent bool) (Fate, string) {
	answer := row.Over(c, d.Key)
	switch {
	case d.keptHere(c) && answer.Support != platform.Ignored:
		return FateKept, answer.Caveat
	case !sent && !d.keptHere(c):
		return FateInexpressible, d.uncarried(c, v)
	case !d.effective(vs):
		return FateIdle, d.idle(vs)
	}
	switch answer.Support {
	case platform.Supported:
		return FateSent, answer.Caveat
	case platform.Partly:
		return FatePartly, answer.Caveat
	case platform.Unknown:
		return FateUntold, answer.Caveat
	default:
		return FateIgnored, answer.Caveat
	}
}

func (d *Definition) uncarried(c platform.Channel, v platform.Version) string {
	switch {
	case !d.Key.CarriedBy(c):
		return "There is no word for it in " + c.Name() + "."
	case !d.Until.IsZero() && d.Until.Less(v):
		return fmt.Sprintf("Only protocol %s can say it.", d.Until)
	case v.Less(d.Since):
		return fmt.Sprintf("It needs protocol %s; this is %s.", d.Since, v)
	}
	return "The channel has no word for it."
}
