package main

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type deviceCommands struct {
	List    deviceList    `cmd:"" help:"List devices."`
	Show    deviceShow    `cmd:"" help:"Show what is known of a device, and what it can be ordered."`
	Policy  devicePolicy  `cmd:"" help:"Show setting by setting what a device must obey, and what is known of that."`
	Agent   deviceAgent   `cmd:"" help:"Show how a computer stands, as its agent told last."`
	Results deviceResults `cmd:"" help:"List what became of a computer's orders and scripts."`

	RemovalCode deviceRemovalCode `cmd:"" help:"Show a one-time code by which the agent of a computer is removed there without the network."`

	Edit    deviceEdit    `cmd:"" help:"Change a device."`
	Retire  deviceRetire  `cmd:"" help:"Take a device out of service."`
	Readmit deviceReadmit `cmd:"" help:"Let a wiped or retired device enrol again."`
	Remove  deviceRemove  `cmd:"" help:"Take a device out of the lists."`
	Phone   devicePhone   `cmd:"" help:"Look at a device's phone number; the look is recorded."`
	Export  deviceExport  `cmd:"" help:"Print devices as comma-separated values."`
	Counts  deviceCounts  `cmd:"" help:"Count devices by what they are and where they stand."`
	View    deviceViews   `cmd:"" help:"One's own saved views of devices."`
	Group   deviceGroups  `cmd:"" help:"Groups of devices."`
	Folder  deviceFolders `cmd:"" help:"Folders of devices."`
}

// deviceFilter narrows a list of devices.
type deviceFilter struct {
	Words       []string `arg:"" optional:"" help:"Words, each somewhere in names, owner, model, system, serial, IMEI or DeviceId."`
	Platform    []string `help:"Only of these platforms."`
	State       []string `help:"Only in these states: active, pending, retired, wiped, removed."`
	Access      []string `help:"Only with this access to mail: allow, block, quarantine."`
	PolicyState []string `help:"Only with the policy in this state."`
	Liability   string   `enum:",corporate,personal" default:"" help:"Only corporate or personal devices."`
	User        string   `help:"Only of this user."`
	Group       string   `help:"Only of this device group."`
	Upstream    string   `help:"Only served by this mail server."`
	Contact     string   `enum:",hour,day,week,month,longer" default:"" help:"Only with their last contact so long ago."`
	Mark        []string `help:"Only what the rules of compliance call so: stale, lost."`
	Sort        string   `help:"Order: name, owner, platform, state, contact or enrolled; a minus before it turns it round."`
}

func (f deviceFilter) query(ctx context.Context, s *session) (url.Values, error) {
	user, err := optional(ctx, f.User, s.user)
	if err != nil {
		return nil, err
	}
	upstream, err := optional(ctx, f.Upstream, s.upstream)
	if err != nil {
		return nil, err
	}
	group, err := optional(ctx, f.Group, func(ctx context.Context, g string) (string, error) { return s.group(ctx, "device", g) })
	if err != nil {
		return nil, err
	}
	return query("q", strings.Join(f.Words, " "), "platform", strings.Join(f.Platform, ","), "state", strings.Join(f.State, ","),
		"access", strings.Join(f.Access, ","), "policyState", strings.Join(f.PolicyState, ","), "liability", f.Liability,
		"user", user, "group", group, "upstream", upstream, "contact", f.Contact, "mark", strings.Join(f.Mark, ","), "sort", f.Sort), nil
}

// deviceChoice narrows a list by a saved view and by what is said besides.
type deviceChoice struct {
	deviceFilter
	View string `help:"As this saved view, by id or name; what else is said wins over it."`
}

func (d deviceChoice) query(ctx context.Context, s *session) (url.Values, error) {
	said, err := d.deviceFilter.query(ctx, s)
	if err != nil || d.View == "" {
		return said, err
	}
	list, err := all[adminv1.View](ctx, s, "/views")
	if err != nil {
		return nil, err
	}
	id, err := pick("view", d.View, list, viewName)
	if err != nil {
		return nil, err
	}
	q := asQuery(list[slices.IndexFunc(list, func(v adminv1.View) bool { return v.ID == id })])
	maps.Copy(q, said)
	return q, nil
}

type deviceList struct {
	remote
	deviceChoice
	Limit int `default:"100" help:"The most rows; 0 for all."`
}

// Run lists devices.
func (d *deviceList) Run(ctx context.Context, c *console) error {
	s, err := d.connect(c)
	if err != nil {
		return err
	}
	q, err := d.query(ctx, s)
	if err != nil {
		return err
	}
	return listing[adminv1.Device]{
		path: "/devices", query: q, limit: d.Limit, empty: "There is no such device.",
		heads: []string{"ID", "NAME", "USER", "PLATFORM", "STATE", "ACCESS", "POLICY", "LAST CONTACT"},
		row: func(x adminv1.Device) []string {
			return []string{x.ID, x.Name, x.User.Name, x.PlatformLabel, x.State, mailOf(x), x.PolicyState, since(x.LastContact)}
		},
	}.print(ctx, s)
}

// mailOf is the access to mail of a device; a computer has none to speak of.
func mailOf(x adminv1.Device) string {
	if x.Platform == "computer" || strings.HasSuffix(x.Platform, "-agent") {
		return "-"
	}
	return x.Access
}

type deviceExport struct {
	remote
	deviceChoice
	Column []string `help:"Column, in this order; may be given several times. All without it."`
}

// Run prints devices as comma-separated values, whatever --json says.
func (d *deviceExport) Run(ctx context.Context, c *console) error {
	s, err := d.connect(c)
	if err != nil {
		return err
	}
	q, err := d.query(ctx, s)
	if err != nil {
		return err
	}
	if len(d.Column) > 0 {
		q.Set("columns", strings.Join(d.Column, ","))
	}
	res, err := s.Do(ctx, client.Request{Method: get, Path: "/devices.csv", Query: q, Time: 10 * time.Minute})
	if err != nil {
		return err
	}
	_, err = c.out.Write(res.Body)
	return err
}

// oneDevice is the argument of commands about one device.
type oneDevice struct {
	remote
	Device string `arg:"" help:"Device, by its id, its name or its DeviceId."`
}

// find connects and finds the device.
func (o oneDevice) find(ctx context.Context, c *console) (*session, adminv1.Ref, error) {
	s, err := o.connect(c)
	if err != nil {
		return nil, adminv1.Ref{}, err
	}
	d, err := s.device(ctx, o.Device)
	return s, d, err
}

type deviceShow struct{ oneDevice }

// Run shows a device.
func (d *deviceShow) Run(ctx context.Context, c *console) error {
	s, x, err := d.find(ctx, c)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("devices", x.ID), s.printDevice)
}

// groupsOf names the groups that are no folders.
func groupsOf(list []adminv1.GroupRef) string {
	var out []string
	for _, g := range list {
		if g.Kind != "folder" {
			out = append(out, g.Name)
		}
	}
	return join(out)
}

func (s *session) printDevice(d adminv1.DeviceDetail) error {
	var f table.Facts
	f.Add("id", d.ID)
	f.Add("name", d.Name)
	f.Add("user", d.User.Name)
	f.Add("platform", d.PlatformLabel)
	f.Add("state", d.State)
	f.Add("called", d.Mark)
	f.Add("access to mail", mailOf(d.Device))
	f.Add("policy", d.PolicyState)
	f.Add("liability", d.Liability)
	f.Add("DeviceId", d.DeviceID)
	f.Add("mail server", d.Upstream.Name)
	f.Add("folder", cmp.Or(d.Folder.Name, "/"))
	f.Add("groups", groupsOf(d.Groups))
	f.Add("enrolled", since(d.Enrolled))
	f.Add("last contact", since(d.LastContact))
	for _, x := range d.Facts {
		if x.Key != "platform" {
			f.Add(strings.ToLower(x.Label), x.Value)
		}
	}
	if err := f.Write(s.out); err != nil {
		return err
	}
	t := table.New("COMMAND", "CAN BE ORDERED", "REMOVES", "LEAVES")
	for _, x := range d.Capabilities {
		words := "yes"
		if !x.Available {
			words = "no: " + x.Reason
		}
		t.Row(x.Kind, words, x.Removes, x.Leaves)
	}
	if t.Empty() {
		return nil
	}
	if err := s.say(""); err != nil {
		return err
	}
	return t.Write(s.out, "")
}

type devicePolicy struct{ oneDevice }

// Run shows the policy of a device.
func (d *devicePolicy) Run(ctx context.Context, c *console) error {
	s, x, err := d.find(ctx, c)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("devices", x.ID, "policy"), func(p adminv1.DevicePolicy) error {
		if p.Suite.Name != "" {
			if err := s.say("%s, version %d, %s, by its %s: %s", p.Suite.Name, p.Version, p.Liability, p.Origin, p.State); err != nil {
				return err
			}
		}
		if p.Quarantined {
			if err := s.say("It lies in /Quarantine: until it is put into another folder (drover device folder move), only the default policy and what is assigned to /Quarantine reach it."); err != nil {
				return err
			}
		}
		t := table.New("SETTING", "ASKED", "SENT", "FOUND", "STATE", "WHY")
		for _, l := range p.Settings {
			t.Row(l.Key, l.Asked, l.Sent, l.Found, l.State, l.Words)
		}
		return t.Write(s.out, "No policy asks anything of this device.")
	})
}

type deviceEdit struct {
	oneDevice
	Name      *string `help:"Name."`
	Platform  *string `help:"Platform, by hand; \"\" goes back to what is recognised."`
	Liability *string `help:"corporate or personal."`
	Owner     *string `help:"User who owns it from now on; the device must provision anew."`
}

// Run changes a device.
func (d *deviceEdit) Run(ctx context.Context, c *console) error {
	if d.Name == nil && d.Platform == nil && d.Liability == nil && d.Owner == nil {
		return unusable("there is nothing to change: give --name, --platform, --liability or --owner")
	}
	s, x, err := d.find(ctx, c)
	if err != nil {
		return err
	}
	edit := adminv1.DeviceEdit{Name: d.Name, Platform: d.Platform, Liability: d.Liability}
	if d.Owner != nil {
		id, err := s.user(ctx, *d.Owner)
		if err != nil {
			return err
		}
		edit.Owner = &id
	}
	res, err := change(ctx, s, patch, client.Path("devices", x.ID), func(adminv1.DeviceDetail) (any, error) { return edit, nil })
	if err != nil {
		return err
	}
	return show(s, res, s.printDevice)
}

// withReason is a command about one device that says why.
type withReason struct {
	oneDevice
	Reason string `required:"" help:"Why; it is kept."`
}

func (w withReason) act(ctx context.Context, c *console, verb, question, words string) error {
	s, x, err := w.find(ctx, c)
	if err != nil {
		return err
	}
	if question != "" {
		if err := s.confirm(question); err != nil {
			return err
		}
	}
	return s.act(ctx, post, client.Path("devices", x.ID, verb), adminv1.Reason{Reason: w.Reason}, "%s %s", x.Name, words)
}

type deviceRetire struct{ withReason }

// Run takes a device out of service.
func (d *deviceRetire) Run(ctx context.Context, c *console) error {
	return d.act(ctx, c, "retire", "", "is out of service until it is let in again")
}

type deviceReadmit struct{ withReason }

// Run lets a device enrol again.
func (d *deviceReadmit) Run(ctx context.Context, c *console) error {
	return d.act(ctx, c, "readmit", "", "may enrol again")
}

type deviceRemove struct{ withReason }

// Run takes a device out of the lists.
func (d *deviceRemove) Run(ctx context.Context, c *console) error {
	return d.act(ctx, c, "remove", "This takes "+d.Device+" out of the lists; nothing on the device is erased.", "is removed")
}

type devicePhone struct{ withReason }

// Run shows a device's phone number.
func (d *devicePhone) Run(ctx context.Context, c *console) error {
	s, x, err := d.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, client.Path("devices", x.ID, "phone"), adminv1.Reason{Reason: d.Reason})
	if err != nil {
		return err
	}
	return show(s, res, s.printPhone)
}

func (s *session) printPhone(p adminv1.Phone) error {
	if p.Phone == "" {
		return s.say("No phone number is known.")
	}
	return s.say("%s", p.Phone)
}

func count(n int) string { return strconv.Itoa(n) }
