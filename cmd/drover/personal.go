package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strings"
	"time"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
)

type personalCommands struct {
	Stock     personalStock     `cmd:"" help:"Tell what is kept of a device's user, without a look at it."`
	Look      personalLook      `cmd:"" help:"Look at what a device has told of its user; the look is recorded, for the user to see."`
	File      personalFile      `cmd:"" help:"Fetch the copy of a file of a device; the look is recorded, for the user to see."`
	Looks     personalLooks     `cmd:"" help:"List who has looked at a user's data."`
	Export    personalExport    `cmd:"" help:"Fetch everything that is kept of a user, as a ZIP archive; the look is recorded, for the user to see."`
	Retention personalRetention `cmd:"" help:"Show or change how long personal data is kept."`
	Deletions personalDeletions `cmd:"" help:"List the proofs of what was deleted for its age."`
	Holds     personalHolds     `cmd:"" help:"List the legal holds."`
	Hold      personalHold      `cmd:"" help:"Keep everything of a user from being deleted."`
	Lift      personalLift      `cmd:"" help:"End a legal hold."`
}

type personalStock struct{ oneDevice }

// Run tells what is kept.
func (p *personalStock) Run(ctx context.Context, c *console) error {
	s, d, err := p.find(ctx, c)
	if err != nil {
		return err
	}
	return listing[adminv1.Stock]{
		path: client.Path("devices", d.ID, "personal"), heads: []string{"KIND", "COLLECTED", "ENTRIES", "BYTES", "OLDEST", "NEWEST"},
		row: func(x adminv1.Stock) []string {
			return []string{x.Kind, yes(x.Asked), count(x.Entries), fmt.Sprint(x.Size), optionalMoment(x.Oldest), optionalMoment(x.Newest)}
		},
	}.print(ctx, s)
}

type personalLook struct {
	oneDevice
	Kind   string `arg:"" enum:"device-log,location,phone-log,text-log,file,sign-in,elevation,usb" help:"device-log, location, phone-log, text-log or file; of a computer sign-in, elevation or usb."`
	Reason string `required:"" help:"Why; the user sees it."`
	From   string `help:"From this time on: 2026-03-01T12:00:00Z."`
	Until  string `help:"Up to this time."`
	Limit  int    `default:"100" help:"The most entries, at most 500."`
}

// Run looks at entries.
func (p *personalLook) Run(ctx context.Context, c *console) error {
	s, d, err := p.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, client.Path("devices", d.ID, "personal", "look"), adminv1.LookDraft{
		Kind: p.Kind, Reason: p.Reason, From: p.From, Until: p.Until, Limit: p.Limit,
	})
	if err != nil {
		return err
	}
	return show(s, res, func(page adminv1.Page[adminv1.PersonalEntry]) error {
		if len(page.Items) == 0 {
			return s.say("Nothing is kept.")
		}
		for _, x := range page.Items {
			if err := s.sayEntry(x); err != nil {
				return err
			}
		}
		return nil
	})
}

// sayEntry writes an entry. Lines after its first stand under that one, so that none looks like an entry of its own.
func (s *session) sayEntry(x adminv1.PersonalEntry) error {
	margin := optionalMoment(x.At) + "  "
	for line := range strings.SplitSeq(strings.TrimRight(entryWords(x), "\r\n"), "\n") {
		if err := s.say("%s%s", margin, strings.TrimSuffix(line, "\r")); err != nil {
			return err
		}
		margin = strings.Repeat(" ", len(margin))
	}
	return nil
}

// entryWords writes an entry for people.
func entryWords(x adminv1.PersonalEntry) string {
	switch {
	case x.Position != nil:
		return fmt.Sprintf("%.5f, %.5f within %g metres", x.Position.Latitude, x.Position.Longitude, x.Position.Accuracy)
	case x.Call != nil:
		return fmt.Sprintf("%s %s, %s", x.Call.Direction, x.Call.Number, time.Duration(x.Call.Seconds)*time.Second)
	case x.Text != nil:
		return fmt.Sprintf("%s %s: %s", x.Text.Direction, x.Text.Number, x.Text.Text)
	case x.Lines != nil:
		return x.Lines.Text
	case x.File != nil:
		return fmt.Sprintf("%s, %d bytes (%s)", x.File.Path, x.Size, x.ID)
	case x.Happening != nil && x.Happening.User != "":
		return x.Happening.User + ": " + x.Happening.Words
	case x.Happening != nil:
		return x.Happening.Words
	}
	return ""
}

// fetched is a command that writes what it fetches into a file that its user alone can read.
type fetched struct {
	remote
	Reason string `required:"" help:"Why; the user sees it."`
	Output string `required:"" short:"o" placeholder:"FILE" help:"File to write to."`
}

// fetchTime bounds what may be large.
const fetchTime = 10 * time.Minute

func (f fetched) fetch(ctx context.Context, s *session, path string) error {
	res, err := s.Do(ctx, client.Request{Method: post, Path: path, Body: adminv1.Reason{Reason: f.Reason}, Time: fetchTime})
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.Output, res.Body, 0o600); err != nil {
		return err
	}
	return s.done("wrote %d bytes to %s", len(res.Body), f.Output)
}

type personalFile struct {
	fetched
	File string `arg:"" help:"File, by the id that drover personal look prints."`
}

// Run fetches a file.
func (p *personalFile) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	return p.fetch(ctx, s, client.Path("personal", "files", p.File, "look"))
}

type personalExport struct {
	fetched
	User string `arg:"" help:"User, by id or name."`
}

// Run exports a user's data.
func (p *personalExport) Run(ctx context.Context, c *console) error {
	s, id, err := p.about(ctx, c, p.User, (*session).user)
	if err != nil {
		return err
	}
	return p.fetch(ctx, s, client.Path("users", id, "export"))
}

type personalLooks struct {
	oneUser
	Limit int `default:"100" help:"The most rows; 0 for all."`
}

// Run lists looks.
func (p *personalLooks) Run(ctx context.Context, c *console) error {
	s, id, err := p.find(ctx, c)
	if err != nil {
		return err
	}
	return listing[adminv1.Look]{
		path: client.Path("users", id, "looks"), limit: p.Limit, empty: "Nobody has looked.",
		heads: []string{"WHEN", "BY", "KIND", "DEVICE", "ENTRIES", "REASON"},
		row: func(x adminv1.Look) []string {
			return []string{since(x.At), x.By.Name, x.Kind, x.Device.Name, count(x.Entries), x.Reason}
		},
	}.print(ctx, s)
}

type personalRetention struct {
	remote
	Days    map[string]int `placeholder:"KIND=DAYS" help:"How long entries of a kind are kept."`
	History *bool          `negatable:"" help:"Keep all positions; otherwise each takes the place of the one before."`
}

// Run shows or changes the retention.
func (p *personalRetention) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	if p.Days == nil && p.History == nil {
		return display(ctx, s, "/personal/retention", s.printRetention)
	}
	res, err := change(ctx, s, put, "/personal/retention", func(now adminv1.Retention) (any, error) {
		draft := adminv1.RetentionDraft{Days: map[string]int{}, LocationHistory: now.LocationHistory}
		for _, k := range now.Kinds {
			draft.Days[k.Kind] = k.Days
		}
		maps.Copy(draft.Days, p.Days)
		replace(&draft.LocationHistory, p.History)
		return draft, nil
	})
	if err != nil {
		return err
	}
	return show(s, res, s.printRetention)
}

func (s *session) printRetention(r adminv1.Retention) error {
	for _, k := range r.Kinds {
		if err := s.say("%-12s %4d days  %s", k.Kind, k.Days, k.Words); err != nil {
			return err
		}
	}
	if r.LocationHistory {
		return s.say("All positions are kept.")
	}
	return s.say("Of positions the last one is kept.")
}

type personalDeletions struct{ remote }

// Run lists the proofs of deletions.
func (p *personalDeletions) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Deletion]{
		path: "/personal/deletions", empty: "Nothing was deleted for its age yet.", heads: []string{"WHEN", "KIND", "ENTRIES", "OLDEST", "NEWEST", "SHA-256"},
		row: func(x adminv1.Deletion) []string {
			return []string{since(x.At), x.Kind, count(x.Entries), optionalMoment(x.Oldest), optionalMoment(x.Newest), x.Digest}
		},
	}.print(ctx, s)
}

type personalHolds struct{ remote }

// Run lists holds.
func (p *personalHolds) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Hold]{
		path: "/personal/holds", empty: "There is no hold.", heads: []string{"ID", "USER", "REASON", "PLACED", "BY", "LIFTED"},
		row: func(x adminv1.Hold) []string {
			return []string{x.ID, x.User.Name, x.Reason, since(x.Placed), x.PlacedBy.Name, optionalMoment(x.Lifted)}
		},
	}.print(ctx, s)
}

type personalHold struct {
	oneUser
	Reason string `required:"" help:"Why; it is sealed, and the user is not told."`
}

// Run places a hold.
func (p *personalHold) Run(ctx context.Context, c *console) error {
	s, id, err := p.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/personal/holds", adminv1.HoldDraft{User: id, Reason: p.Reason})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Hold) error { return s.say("the data of %s is held (%s)", p.User, x.ID) })
}

type personalLift struct {
	remote
	Hold string `arg:"" help:"Hold, by id."`
}

// Run lifts a hold.
func (p *personalLift) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	return s.act(ctx, post, client.Path("personal", "holds", p.Hold, "lift"), nil, "the hold is lifted")
}
