package main

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type upstreamCommands struct {
	Add         upstreamAdd         `cmd:"" help:"Add a mail server."`
	Edit        upstreamEdit        `cmd:"" help:"Change a mail server."`
	List        upstreamList        `cmd:"" help:"List the mail servers."`
	Show        upstreamShow        `cmd:"" help:"Show a mail server."`
	Test        upstreamTest        `cmd:"" help:"Test a mail server, and say what was seen."`
	Try         upstreamTry         `cmd:"" help:"Test a mail server that is not added."`
	Move        upstreamMove        `cmd:"" help:"Move a mail server to another place in the order."`
	Remove      upstreamRemove      `cmd:"" help:"Take a mail server away."`
	Assign      upstreamAssign      `cmd:"" help:"Send a user or a group to a mail server."`
	Unassign    upstreamUnassign    `cmd:"" help:"Take such an assignment away."`
	Assignments upstreamAssignments `cmd:"" help:"List who is sent to which mail server."`
}

// upstreamFlags are what can be said of a mail server; what is left out stays, or is what a new one begins with.
type upstreamFlags struct {
	CA             *string        `name:"ca" placeholder:"FILE" help:"PEM file of the only authorities that are trusted for it; \"\" for the machine's."`
	Domain         []string       `help:"Mail domain of its users, the main one first; may be given several times."`
	ServerName     *string        `help:"Name in the certificate and the Host header, where it is not that of the URL."`
	Timeout        *time.Duration `help:"How long it may take to answer."`
	WindowsDomain  *string        `help:"Windows domain of its users."`
	Names          *string        `help:"Under which name its users are known: plain or mail."`
	Default        *bool          `negatable:"" help:"It takes the users whom nothing else assigns."`
	Version        []string       `help:"ActiveSync version that devices are offered; may be given several times. All it has without it."`
	Ask449         []string       `name:"ask449" placeholder:"CLIENT" help:"Device type, or beginning of a user agent, that is asked to provision by HTTP 449 at every version; may be given several times, \"\" for none."`
	HandsOff       *bool          `negatable:"" help:"New devices enrol by themselves once their user is proven."`
	HandsOffGroup  []string       `help:"User group for which that holds although it is off; may be given several times."`
	DeviceCap      *int           `help:"Devices that a user may have; 0 for no bound."`
	PlainReason    *string        `help:"Why http to another machine is right."`
	BearerIssuer   *string        `help:"Issuer of the bearer tokens of mail clients."`
	BearerAudience *string        `help:"Audience of these tokens."`
	BearerClaim    *string        `help:"Claim of these tokens that names the user."`
}

// maxCA is what the API takes.
const maxCA = 40000

// apply puts what was given into a draft.
func (f upstreamFlags) apply(ctx context.Context, s *session, d *adminv1.UpstreamDraft) error {
	if err := f.applyCA(d); err != nil {
		return err
	}
	if f.Domain != nil {
		d.Domains = f.Domain
	}
	if f.Version != nil {
		d.Versions = f.Version
	}
	if f.Ask449 != nil {
		d.Ask449 = slices.DeleteFunc(f.Ask449, func(s string) bool { return s == "" })
	}
	replace(&d.ServerName, f.ServerName)
	if f.Timeout != nil {
		d.TimeoutSeconds = int(f.Timeout.Seconds())
	}
	replace(&d.WindowsDomain, f.WindowsDomain)
	replace(&d.Names, f.Names)
	replace(&d.Default, f.Default)
	if f.HandsOff != nil {
		d.HandsOff = f.HandsOff
	}
	replace(&d.DeviceCap, f.DeviceCap)
	replace(&d.PlainReason, f.PlainReason)
	f.applyBearer(d)
	if f.HandsOffGroup == nil {
		return nil
	}
	d.HandsOffGroups = nil
	for _, g := range f.HandsOffGroup {
		id, err := s.group(ctx, "user", g)
		if err != nil {
			return err
		}
		d.HandsOffGroups = append(d.HandsOffGroups, id)
	}
	return nil
}

func (f upstreamFlags) applyCA(d *adminv1.UpstreamDraft) error {
	switch {
	case f.CA == nil:
		if d.TLSMode == "" {
			d.TLSMode = "system"
		}
		return nil
	case *f.CA == "":
		d.TLSMode, d.CA = "system", ""
		return nil
	}
	file, err := os.Open(*f.CA)
	if err != nil {
		return usage{err}
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxCA+1))
	if err != nil {
		return usage{err}
	}
	d.TLSMode, d.CA = "ca", string(text)
	return nil
}

func (f upstreamFlags) applyBearer(d *adminv1.UpstreamDraft) {
	if f.BearerIssuer == nil && f.BearerAudience == nil && f.BearerClaim == nil {
		return
	}
	b := adminv1.Bearer{}
	replace(&b, d.Bearer)
	replace(&b.Issuer, f.BearerIssuer)
	replace(&b.Audience, f.BearerAudience)
	replace(&b.Claim, f.BearerClaim)
	d.Bearer = &b
}

type upstreamAdd struct {
	remote
	upstreamFlags
	Name string `arg:"" help:"Name."`
	URL  string `name:"url" required:"" help:"URL of its ActiveSync endpoint, such as https://mail.example/Microsoft-Server-ActiveSync."`
}

// Run adds a mail server.
func (u *upstreamAdd) Run(ctx context.Context, c *console) error {
	s, err := u.connect(c)
	if err != nil {
		return err
	}
	draft := adminv1.UpstreamDraft{Name: u.Name, URL: u.URL}
	if err := u.apply(ctx, s, &draft); err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/upstreams", draft)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.UpstreamChange) error {
		return s.say("added mail server %s (%s); test it: drover upstream test %s%s", x.Name, x.ID, x.Name, waits(x.Waiting))
	})
}

type oneUpstream struct {
	remote
	Upstream string `arg:"" name:"name" help:"Mail server, by id or name."`
}

func (o oneUpstream) find(ctx context.Context, c *console) (*session, string, error) {
	return o.about(ctx, c, o.Upstream, (*session).upstream)
}

type upstreamEdit struct {
	oneUpstream
	upstreamFlags
	Rename *string `help:"New name."`
	URL    *string `name:"url" help:"URL of its ActiveSync endpoint."`
}

// Run changes a mail server.
func (u *upstreamEdit) Run(ctx context.Context, c *console) error {
	s, id, err := u.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := change(ctx, s, put, client.Path("upstreams", id), func(old adminv1.Upstream) (any, error) {
		d := draftOf(old)
		replace(&d.Name, u.Rename)
		replace(&d.URL, u.URL)
		return d, u.apply(ctx, s, &d)
	})
	if err != nil {
		return err
	}
	return show(s, res, s.printUpstreamChange)
}

func draftOf(u adminv1.Upstream) adminv1.UpstreamDraft {
	return adminv1.UpstreamDraft{
		Name: u.Name, URL: u.URL, PlainReason: u.PlainReason, TLSMode: u.TLSMode, CA: u.CA, ServerName: u.ServerName,
		TimeoutSeconds: u.TimeoutSeconds, Domains: u.Domains, WindowsDomain: u.WindowsDomain, Names: u.Names, Default: u.Default,
		Versions: u.Versions, Ask449: u.Ask449, HandsOff: &u.HandsOff, HandsOffGroups: u.HandsOffGroups, DeviceCap: u.DeviceCap, Bearer: u.Bearer,
	}
}

type upstreamList struct{ remote }

// Run lists the mail servers.
func (u *upstreamList) Run(ctx context.Context, c *console) error {
	s, err := u.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Upstream]{
		path: "/upstreams", empty: "There is no mail server: drover upstream add NAME --url URL",
		heads: []string{"ID", "NAME", "URL", "DOMAINS", "DEFAULT", "LAST TEST", "DEVICES"},
		row: func(x adminv1.Upstream) []string {
			return []string{x.ID, x.Name, x.URL, join(x.Domains), yes(x.Default), x.State, count(x.Devices)}
		},
	}.print(ctx, s)
}

type upstreamShow struct{ oneUpstream }

// Run shows a mail server.
func (u *upstreamShow) Run(ctx context.Context, c *console) error {
	s, id, err := u.find(ctx, c)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("upstreams", id), s.printUpstream)
}

func (s *session) printUpstreamChange(x adminv1.UpstreamChange) error {
	if err := s.printUpstream(x.Upstream); err != nil || x.Waiting.Approval == "" {
		return err
	}
	return s.say("Where users' passwords go is not changed yet%s", waits(x.Waiting))
}

func (s *session) printUpstream(x adminv1.Upstream) error {
	var f table.Facts
	f.Add("id", x.ID)
	f.Add("name", x.Name)
	f.Add("url", x.URL)
	f.Add("certificate", map[string]string{"system": "by the machine's authorities", "ca": "by the authorities given"}[x.TLSMode])
	f.Add("server name", x.ServerName)
	f.Add("timeout", count(x.TimeoutSeconds)+" s")
	f.Add("domains", join(x.Domains))
	f.Add("Windows domain", x.WindowsDomain)
	f.Add("names", x.Names)
	f.Add("default", yes(x.Default))
	f.Add("versions offered", join(x.Versions))
	f.Add("hands-off enrolment", yes(x.HandsOff))
	f.Add("devices", count(x.Devices))
	f.Add("last test", x.State+" "+optionalMoment(x.Checked))
	f.Add("it said", x.Said)
	return f.Write(s.out)
}

// probe is a test and whom it tries to sign in as.
type probe struct {
	User         string `help:"User to try to sign in as; kept nowhere."`
	PasswordFile string `placeholder:"FILE" help:"File with the user's password. - is standard input."`
}

func (p probe) login() (adminv1.UpstreamLogin, error) {
	login := adminv1.UpstreamLogin{Name: p.User}
	if p.PasswordFile == "" {
		return login, nil
	}
	password, err := readPassword(p.PasswordFile)
	if err != nil {
		return login, usage{err}
	}
	login.Password = password
	return login, nil
}

// probe has the server test a mail server; a test that fails is a failure.
func (s *session) probe(ctx context.Context, path string, body any) error {
	res, err := s.Do(ctx, client.Request{Method: post, Path: path, Body: body, Time: 4 * time.Minute})
	if err != nil {
		return err
	}
	r, err := client.Decode[adminv1.UpstreamTest](res)
	if err != nil {
		return err
	}
	if err := show(s, res, s.printTest); err != nil {
		return err
	}
	if !r.OK {
		return errTest
	}
	return nil
}

type upstreamTest struct {
	oneUpstream
	probe
}

var errTest = errors.New("the test failed")

// Run tests a mail server.
func (u *upstreamTest) Run(ctx context.Context, c *console) error {
	login, err := u.login()
	if err != nil {
		return err
	}
	s, id, err := u.find(ctx, c)
	if err != nil {
		return err
	}
	return s.probe(ctx, client.Path("upstreams", id, "test"), login)
}

type upstreamTry struct {
	remote
	upstreamFlags
	probe
	URL string `name:"url" required:"" help:"URL of its ActiveSync endpoint."`
}

// Run tests a mail server that is not added.
func (u *upstreamTry) Run(ctx context.Context, c *console) error {
	login, err := u.login()
	if err != nil {
		return err
	}
	s, err := u.connect(c)
	if err != nil {
		return err
	}
	draft := adminv1.UpstreamDraft{Name: "test", URL: u.URL}
	if err := u.apply(ctx, s, &draft); err != nil {
		return err
	}
	return s.probe(ctx, "/upstreams/test", adminv1.UpstreamTry{Server: draft, Login: login})
}

type upstreamMove struct {
	oneUpstream
	Position int `arg:"" help:"Its new place, from 1."`
}

// Run moves a mail server. The order decides where two claim the same user.
func (u *upstreamMove) Run(ctx context.Context, c *console) error {
	s, id, err := u.find(ctx, c)
	if err != nil {
		return err
	}
	list, err := all[adminv1.Upstream](ctx, s, "/upstreams")
	if err != nil {
		return err
	}
	ids, err := moved(list, func(x adminv1.Upstream) string { return x.ID }, id, u.Position)
	if err != nil {
		return err
	}
	return s.act(ctx, put, "/upstreams/order", adminv1.Ordered{IDs: ids}, "%s is in place %d", u.Upstream, u.Position)
}

func (s *session) printTest(r adminv1.UpstreamTest) error {
	t := table.New("STEP", "", "SAW")
	for _, x := range r.Steps {
		t.Row(x.Name, map[bool]string{true: "ok", false: "FAULT"}[x.OK], x.Text)
	}
	if err := t.Write(s.out, "Nothing was tried."); err != nil {
		return err
	}
	var f table.Facts
	f.Add("TLS", r.TLS)
	f.Add("versions", join(r.Versions))
	f.Add("commands", join(r.Commands))
	f.Add("provisioning", r.Provisioning)
	for _, x := range r.Certificates {
		f.Add("certificate", x.Subject+", by "+x.Issuer+", until "+moment(x.Expires)+", "+x.Fingerprint)
	}
	if err := f.Write(s.out); err != nil {
		return err
	}
	return s.say("%s", r.Sentence)
}

type upstreamRemove struct{ oneUpstream }

// Run takes a mail server away.
func (u *upstreamRemove) Run(ctx context.Context, c *console) error {
	s, id, err := u.find(ctx, c)
	if err != nil {
		return err
	}
	if err := s.confirm("This takes the mail server " + u.Upstream + " away from its users."); err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("upstreams", id), nil, "removed mail server %s", u.Upstream)
}

// userOrGroup is whom a mail server is assigned to.
type userOrGroup struct {
	User  string `xor:"target" required:"" help:"User, by id or name."`
	Group string `xor:"target" required:"" help:"User group, by id or name."`
}

func (t userOrGroup) find(ctx context.Context, s *session) (kind, id string, err error) {
	if t.User != "" {
		id, err = s.user(ctx, t.User)
		return "user", id, err
	}
	id, err = s.group(ctx, "user", t.Group)
	return "group", id, err
}

type upstreamAssign struct {
	oneUpstream
	userOrGroup
}

// Run assigns a mail server.
func (u *upstreamAssign) Run(ctx context.Context, c *console) error {
	s, id, err := u.oneUpstream.find(ctx, c)
	if err != nil {
		return err
	}
	kind, target, err := u.userOrGroup.find(ctx, s)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/upstream-assignments", adminv1.UpstreamAssignmentDraft{Kind: kind, Target: target, Upstream: id})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.UpstreamAssignmentChange) error {
		if x.Waiting.Approval != "" {
			return s.say("It is asked for%s", waits(x.Waiting))
		}
		return s.say("%s %s is sent to %s", x.Kind, x.Target.Name, x.Upstream.Name)
	})
}

type upstreamUnassign struct {
	remote
	userOrGroup
}

// Run takes an assignment away.
func (u *upstreamUnassign) Run(ctx context.Context, c *console) error {
	s, err := u.connect(c)
	if err != nil {
		return err
	}
	kind, target, err := u.find(ctx, s)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("upstream-assignments", kind+"."+target), nil, "%s%s is sent where the others are", u.User, u.Group)
}

type upstreamAssignments struct{ remote }

// Run lists the assignments.
func (u *upstreamAssignments) Run(ctx context.Context, c *console) error {
	s, err := u.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.UpstreamAssignment]{
		path: "/upstream-assignments", empty: "Nobody is sent to a mail server by name.", heads: []string{"KIND", "WHO", "MAIL SERVER"},
		row: func(x adminv1.UpstreamAssignment) []string { return []string{x.Kind, x.Target.Name, x.Upstream.Name} },
	}.print(ctx, s)
}
