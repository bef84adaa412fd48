package main

import (
	"context"
	"fmt"

	"drover/api/adminv1"
	"drover/cmd/drover/table"
)

type updateCommands struct {
	Show  updateShow  `cmd:"" help:"Tell whether a newer version is known, and how the check for it stands." default:"withargs"`
	Set   updateSet   `cmd:"" help:"Switch the check on or off, and say where it asks."`
	Now   updateNow   `cmd:"" help:"Ask at once."`
	Key   updateKey   `cmd:"" help:"Make a key with which a host of one's own signs manifests."`
	Sign  updateSign  `cmd:"" help:"Sign a manifest for a host of one's own."`
	Check updateCheck `cmd:"" help:"Tell whether servers would believe a manifest with its signature."`
}

type updateShow struct{ remote }

// Run shows how the check stands.
func (u *updateShow) Run(ctx context.Context, c *console) error {
	s, err := u.connect(c)
	if err != nil {
		return err
	}
	return display(ctx, s, "/updates", s.printUpdates)
}

func (s *session) printUpdates(u adminv1.Updates) error {
	var f table.Facts
	f.Add("check", map[bool]string{true: "on", false: "off: nothing is fetched"}[u.Enabled])
	f.Add("manifest", u.URL)
	f.Add("proxy", u.Proxy)
	f.Add("trusts", map[bool]string{true: "the authorities of the server's machine", false: "the authorities that were given alone"}[u.CA == ""])
	f.Add("this version", u.Running)
	f.Add("last asked", since(u.Checked))
	f.Add("wrong", u.Said)
	f.Add("last believed", since(u.Answered))
	if u.Answered != "" {
		f.Add("serial number", fmt.Sprint(u.Serial))
		f.Add("believed until", moment(u.Expires))
	}
	if u.Due != "" {
		f.Add("asks again", moment(u.Due))
	}
	if err := f.Write(s.out); err != nil {
		return err
	}
	return s.printNewer(u)
}

func (s *session) printNewer(u adminv1.Updates) error {
	switch {
	case u.Answered == "":
		return nil
	case !u.Comparable:
		return s.say("This program was built from a working copy and does not know which version it is.")
	case len(u.Newer) == 0:
		return s.say("No newer version is known.")
	}
	t := table.New("NEWER", "OF", "SECURITY", "NOTES")
	for _, r := range u.Newer {
		t.Row(r.Version, r.Date, yes(r.Security), r.Notes)
	}
	return t.Write(s.out, "")
}

// updateSet changes some of the setting; what is left out stays.
type updateSet struct {
	remote
	On    *bool   `negatable:"" help:"Ask once a day; --no-on fetches nothing any more."`
	URL   *string `name:"url" help:"Address of the manifest, by https; its signature is there with .sig behind."`
	CA    *string `name:"ca" placeholder:"FILE" help:"PEM file of the only authorities that are trusted for it; \"\" for the machine's."`
	Proxy *string `placeholder:"URL" help:"http://HOST:PORT by which the host is reached; \"\" for directly."`
	Key   *string `placeholder:"FILE" help:"PEM file of the public key with which manifests are signed."`
}

// Run changes the setting.
func (u *updateSet) Run(ctx context.Context, c *console) error {
	s, err := u.connect(c)
	if err != nil {
		return err
	}
	res, err := change(ctx, s, put, "/updates", func(now adminv1.Updates) (any, error) {
		to := now.UpdateCheck
		replace(&to.Enabled, u.On)
		replace(&to.URL, u.URL)
		replace(&to.Proxy, u.Proxy)
		for at, file := range map[*string]*string{&to.CA: u.CA, &to.Key: u.Key} {
			if err := fromFile(at, file); err != nil {
				return nil, err
			}
		}
		if to == now.UpdateCheck {
			return nil, unusable("nothing would change: give what is to be another, such as --on or --url")
		}
		return to, nil
	})
	if err != nil {
		return err
	}
	return show(s, res, s.printUpdates)
}

// fromFile puts the text of a file where one is named, and nothing where its name is empty.
func fromFile(at, file *string) error {
	switch {
	case file == nil:
		return nil
	case *file == "":
		*at = ""
		return nil
	}
	text, err := readBounded(*file, 64<<10)
	*at = string(text)
	return err
}

type updateNow struct{ remote }

// Run asks at once.
func (u *updateNow) Run(ctx context.Context, c *console) error {
	s, err := u.connect(c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/updates/check", nil)
	if err != nil {
		return err
	}
	return show(s, res, s.printUpdates)
}
