package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type scriptCommands struct {
	List     scriptList     `cmd:"" help:"List the scripts that computers run." default:"withargs"`
	Show     scriptShow     `cmd:"" help:"Show a script."`
	Add      scriptAdd      `cmd:"" help:"Have computers run a script by a schedule."`
	Edit     scriptEdit     `cmd:"" help:"Give a script a new version."`
	Versions scriptVersions `cmd:"" help:"List the versions of a script, newest first, and who wrote and approved them."`
	Remove   scriptRemove   `cmd:"" help:"Take a script away from the computers that run it."`
	Results  scriptResults  `cmd:"" help:"List what became of a script, newest first."`
}

// script finds a script by its id or its name.
func (s *session) script(ctx context.Context, name string) (adminv1.Script, error) {
	list, err := all[adminv1.Script](ctx, s, "/scripts")
	if err != nil {
		return adminv1.Script{}, err
	}
	for _, x := range list {
		if x.ID == name || strings.EqualFold(x.Name, name) {
			return x, nil
		}
	}
	return adminv1.Script{}, missing(fmt.Sprintf("there is no script %q", name))
}

type oneScript struct {
	remote
	Script string `arg:"" help:"Script, by its id or its name."`
}

func (o oneScript) find(ctx context.Context, c *console) (*session, adminv1.Script, error) {
	s, err := o.connect(c)
	if err != nil {
		return nil, adminv1.Script{}, err
	}
	x, err := s.script(ctx, o.Script)
	return s, x, err
}

type scriptList struct{ remote }

// Run lists scripts.
func (l *scriptList) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Script]{
		path: "/scripts", empty: "No computer runs a script.",
		heads: []string{"ID", "NAME", "VERSION", "LIVE", "STATE", "EVERY", "GROUPS", "REACH"},
		row: func(x adminv1.Script) []string {
			return []string{x.ID, x.Name, fmt.Sprint(x.Version), fmt.Sprint(x.Live), x.State, often(x.Minutes), groupNames(x.Groups), count(x.Reach)}
		},
	}.print(ctx, s)
}

func often(minutes int) string {
	if minutes == 0 {
		return "once"
	}
	return span(minutes * 60)
}

func groupNames(list []adminv1.Ref) string {
	names := make([]string, len(list))
	for i, g := range list {
		names[i] = cmp.Or(g.Name, g.ID)
	}
	return cmp.Or(strings.Join(names, ", "), "all computers")
}

type scriptShow struct {
	oneScript
	Version int64 `help:"Number of another version than the newest."`
}

// Run shows a script.
func (d *scriptShow) Run(ctx context.Context, c *console) error {
	s, x, err := d.find(ctx, c)
	if err != nil {
		return err
	}
	if d.Version == 0 {
		return display(ctx, s, client.Path("scripts", x.ID), s.printScript)
	}
	return display(ctx, s, client.Path("scripts", x.ID, "versions", strconv.FormatInt(d.Version, 10)), func(v adminv1.ScriptVersion) error {
		var f table.Facts
		f.Add("version", fmt.Sprintf("%d of %s, %s", v.Version, x.Name, v.State))
		f.Add("written by", v.By.Name)
		f.Add("approved by", actorNames(v.ApprovedBy))
		s.addSchedule(&f, v.Interpreter, v.Minutes, v.Seconds, v.Groups, v.Reach)
		if err := f.Write(s.out); err != nil {
			return err
		}
		return s.say("\n%s", v.Text)
	})
}

func actorNames(list []adminv1.Actor) string {
	names := make([]string, len(list))
	for i, a := range list {
		names[i] = cmp.Or(a.Name, a.ID)
	}
	return join(names)
}

// addSchedule says how a script runs, and where.
func (s *session) addSchedule(f *table.Facts, interpreter string, minutes, seconds int, groups []adminv1.Ref, reach int) {
	f.Add("run by", interpreter)
	f.Add("every", often(minutes))
	f.Add("ended after", span(seconds))
	f.Add("for", groupNames(groups))
	f.Add("reached when written", count(reach))
}

type scriptVersions struct {
	oneScript
	Limit int `default:"50" help:"How many at most."`
}

// Run lists the versions of a script.
func (v *scriptVersions) Run(ctx context.Context, c *console) error {
	s, x, err := v.find(ctx, c)
	if err != nil {
		return err
	}
	return listing[adminv1.ScriptVersion]{
		path: client.Path("scripts", x.ID, "versions"), limit: v.Limit, empty: "There is none.",
		heads: []string{"VERSION", "STATE", "LIVE", "WRITTEN", "BY", "APPROVED BY", "REACH"},
		row: func(v adminv1.ScriptVersion) []string {
			return []string{fmt.Sprint(v.Version), v.State, yes(v.Live), since(v.Written), v.By.Name, actorNames(v.ApprovedBy), count(v.Reach)}
		},
	}.print(ctx, s)
}

func (s *session) printScript(x adminv1.Script) error {
	var f table.Facts
	f.Add("id", x.ID)
	f.Add("name", x.Name)
	f.Add("newest version", fmt.Sprintf("%d, %s", x.Version, x.State))
	f.Add("computers run version", fmt.Sprint(x.Live))
	f.Add("approval", x.Approval)
	f.Add("written by", x.By.Name)
	s.addSchedule(&f, x.Interpreter, x.Minutes, x.Seconds, x.Groups, x.Reach)
	if err := f.Write(s.out); err != nil {
		return err
	}
	return s.say("\n%s", x.Text)
}

// scriptWords is what a script says.
type scriptWords struct {
	Interpreter string   `enum:"sh,bash,python3,powershell" default:"sh" help:"sh, bash, python3 or powershell."`
	Minutes     int      `default:"0" help:"Minutes between two runs, 5 to 10,080; 0 for once."`
	Seconds     int      `default:"300" help:"After which a run is ended, up to 3,600."`
	Group       []string `help:"Name or id of a group of devices whose computers run it; may be given again. Every computer without it."`
}

// draft reads the text from a file.
func (w scriptWords) draft(ctx context.Context, s *session, name, file string) (adminv1.ScriptDraft, error) {
	text, err := scriptText(file)
	if err != nil {
		return adminv1.ScriptDraft{}, err
	}
	d := adminv1.ScriptDraft{Name: name, Interpreter: w.Interpreter, Text: text, Minutes: w.Minutes, Seconds: w.Seconds}
	return d, s.groups(ctx, "device", w.Group, &d.Groups)
}

// maxScriptText is the most that a script holds.
const maxScriptText = 64 << 10

func scriptText(name string) (string, error) {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxScriptText+1))
	if err == nil && len(text) > maxScriptText {
		err = fmt.Errorf("%s is larger than a script can be", name)
	}
	return string(text), err
}

type scriptAdd struct {
	remote
	Name string `arg:"" help:"What it is called."`
	File string `arg:"" help:"File with the script; - is standard input."`
	scriptWords
}

// Run adds a script.
func (a *scriptAdd) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	d, err := a.draft(ctx, s, a.Name, a.File)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/scripts", d)
	if err != nil {
		return err
	}
	return show(s, res, s.scriptWritten)
}

func (s *session) scriptWritten(x adminv1.Script) error {
	if x.State == "awaiting" {
		return s.say("version %d of %s would run on %d computers and waits for approval by another administrator: drover command approve %s --otp CODE",
			x.Version, x.Name, x.Reach, x.Approval)
	}
	return s.say("version %d of %s is in force on %d computers", x.Version, x.Name, x.Reach)
}

type scriptEdit struct {
	oneScript
	File string `arg:"" help:"File with the script; - is standard input."`
	scriptWords
}

// Run gives a script a new version.
func (e *scriptEdit) Run(ctx context.Context, c *console) error {
	s, x, err := e.find(ctx, c)
	if err != nil {
		return err
	}
	d, err := e.draft(ctx, s, x.Name, e.File)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, get, client.Path("scripts", x.ID), nil)
	if err != nil {
		return err
	}
	if res, err = s.Do(ctx, client.Request{Method: put, Path: client.Path("scripts", x.ID), Body: d, ETag: res.ETag}); err != nil {
		return err
	}
	return show(s, res, s.scriptWritten)
}

type scriptRemove struct{ oneScript }

// Run removes a script.
func (r *scriptRemove) Run(ctx context.Context, c *console) error {
	s, x, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("scripts", x.ID), nil, "%s is taken away from the computers that ran it", x.Name)
}

type scriptResults struct {
	oneScript
	Limit int `default:"50" help:"How many at most."`
}

// Run lists what became of a script.
func (r *scriptResults) Run(ctx context.Context, c *console) error {
	s, x, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	return listing[adminv1.AgentResult]{
		path: client.Path("scripts", x.ID, "results"), limit: r.Limit, empty: "No computer has told of it yet.",
		heads: []string{"RECEIVED", "DEVICE", "VERSION", "STATE", "EXIT", "OUTPUT"},
		row: func(a adminv1.AgentResult) []string {
			return []string{since(a.Received), cmp.Or(a.Device.Name, a.Device.ID), a.Revision, a.State, fmt.Sprint(a.Exit), strings.TrimSpace(a.Words + "\n" + a.Output)}
		},
	}.print(ctx, s)
}
