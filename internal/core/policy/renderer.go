package policy

import (
	"fmt"
	"slices"
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
	Element string // on the wire, "" when it is not sent
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
	for j, d := range definitions {
		l := Line{Setting: d.Key, Value: e.values[j].Value, Source: e.values[j].Source}
		i := slices.IndexFunc(sent, func(s Sent) bool { return s.Setting == d.Key })
		if i >= 0 {
			l.Element, l.Text = sent[i].Element, sent[i].Text
		}
		l.Fate, l.Words = d.fate(values, row, v, i >= 0)
		lines = append(lines, l)
	}
	return lines, nil
}

func (d *Definition) fate(vs Values, row platform.Row, v platform.Version, sent bool) (Fate, string) {
	answer := row.Setting(d.Key)
	switch {
	case d.Gateway():
		return FateKept, answer.Caveat
	case !sent:
		return FateInexpressible, d.uncarried(v)
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

func (d *Definition) uncarried(v platform.Version) string {
	if !d.Until.IsZero() && d.Until.Less(v) {
		return fmt.Sprintf("Only protocol %s can say it.", d.Until)
	}
	if v.Less(d.Since) {
		return fmt.Sprintf("It needs protocol %s; this is %s.", d.Since, v)
	}
	return "The channel has no word for it."
}
