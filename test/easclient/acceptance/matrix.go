package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	eas "drover-easclient"
)

// cell is one version in one form: a device through the gateway beside a device that goes directly.
type cell struct {
	*judge
	through, direct     *eas.Session
	viaGateway, viaSelf string // sources of the mails that were sent on either way
	inbox               eas.Folder
	mails               map[string]eas.Mail // of the inbox through the gateway, by server id
}

func (j *judge) device(s side, v eas.Version, f eas.Form) *eas.Session {
	return eas.NewSession(&eas.Client{
		URL: s.url, User: j.user, Password: s.password, DeviceID: "acc" + rand.Text()[:20], DeviceType: "Judge",
		UserAgent: "Judge/1.0", Version: v, Form: f, Cross: j.cross, HTTP: s.http,
	})
}

func (j *judge) cell(ctx context.Context, v eas.Version, f eas.Form) {
	c := &cell{judge: j, through: j.device(j.gateway, v, f), direct: j.device(j.direct, v, f)}
	c.viaGateway, c.viaSelf = c.compose(), c.compose()
	list := []check{
		{"OPTIONS", c.options},
		{"asked to provision", c.asked},
		{"Provision", c.provision},
		{"a wrong policy key is refused", c.wrongKey},
		{"FolderSync, folders equal", c.folders},
	}
	if v.AtLeast(eas.V120) {
		list = append(list, check{"Settings, device information", c.settingsDevice},
			check{"Settings, user information equal", c.settingsUser})
	}
	list = append(list, []check{
		{"Sync and Ping, woken by new mail", c.ping},
		{"SendMail", c.send},
		{"Sync, mails equal", c.sync},
		{"sent mails equal", c.sent},
	}...)
	if v.AtLeast(eas.V120) {
		list = append(list, check{"ItemOperations, mails equal", c.fetch})
	}
	if j.misspelt {
		for _, form := range eas.MisspeltForms(v) {
			if form.IsBase64() == f.IsBase64() {
				list = append(list, check{"query in the form " + string(form), func(ctx context.Context) error { return c.misspell(ctx, form) }})
			}
		}
	}
	j.checks(ctx, v, f, list)
}

// compose makes a mail with what easily breaks on the way: other scripts, dots at the start of a line, a long line.
// Only the subject differs between two of them.
func (j *judge) compose() string {
	return strings.ReplaceAll("From: "+j.mail+"\nTo: "+j.mail+"\nSubject: acceptance "+rand.Text()+"\n"+
		"Date: "+time.Now().UTC().Format(time.RFC1123Z)+"\n"+
		"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"+
		"Grüße, привет, 你好 🙂\n.\n..two dots\n\ttab and trailing space \n"+strings.Repeat("long ", 150)+"\nend\n", "\n", "\r\n")
}

// answered turns everything but 200 with one of the Status values into an error; "" is an absent Status.
func answered(r *eas.Reply, err error, status ...string) error {
	switch {
	case err != nil:
		return err
	case r.HTTP != http.StatusOK:
		return fmt.Errorf("HTTP %d", r.HTTP)
	case !slices.Contains(status, r.Status()):
		return fmt.Errorf("Status %q: %s", r.Status(), r.Tree)
	}
	return nil
}

func (c *cell) options(ctx context.Context) error {
	through, err := c.through.Options(ctx)
	if err := answered(through, err, ""); err != nil {
		return err
	}
	direct, err := c.direct.Options(ctx)
	if err := answered(direct, err, ""); err != nil {
		return fmt.Errorf("directly: %w", err)
	}
	if !slices.Contains(through.List("MS-ASProtocolCommands"), "Provision") {
		return fmt.Errorf("the commands lack Provision: %v", through.List("MS-ASProtocolCommands"))
	}
	offered := through.List("MS-ASProtocolVersions")
	if !slices.Contains(offered, string(c.through.Version)) {
		return fmt.Errorf("the versions %v lack %s", offered, c.through.Version)
	}
	for _, v := range offered {
		if !slices.Contains(direct.List("MS-ASProtocolVersions"), v) {
			return fmt.Errorf("version %s is offered, which the server behind lacks", v)
		}
	}
	return nil
}

// demanded is the answer by which a version is asked to provision.
func demanded(v eas.Version, status string) string {
	if v.AtLeast(eas.V140) {
		return status
	}
	return "449"
}

func (c *cell) refused(ctx context.Context, status string) error {
	reply, err := c.through.FolderSync(ctx, "0")
	if err != nil {
		return err
	}
	if got, want := reply.Demand("FolderSync"), demanded(c.through.Version, status); got != want {
		return fmt.Errorf("FolderSync is answered with %q instead of %s: HTTP %d, %s", got, want, reply.HTTP, reply.Tree)
	}
	return nil
}

func (c *cell) asked(ctx context.Context) error { return c.refused(ctx, "142") }

func (c *cell) provision(ctx context.Context) error {
	_, err := c.through.Provision(ctx)
	return err
}

// wrongKey tries the temporary key, which is good for its acknowledgement alone.
func (c *cell) wrongKey(ctx context.Context) error {
	final := c.through.PolicyKey
	defer func() { c.through.PolicyKey = final }()
	c.through.PolicyKey = c.through.TempKey
	return c.refused(ctx, "144")
}

func (c *cell) folders(ctx context.Context) error {
	for _, s := range []*eas.Session{c.through, c.direct} {
		reply, err := s.FolderSync(ctx, "0")
		if err := answered(reply, err, "1"); err != nil {
			return err
		}
	}
	order := func(a, b eas.Folder) int { return strings.Compare(a.ID, b.ID) }
	slices.SortFunc(c.through.Folders, order)
	slices.SortFunc(c.direct.Folders, order)
	if !slices.Equal(c.through.Folders, c.direct.Folders) {
		return fmt.Errorf("through the gateway %v, directly %v", c.through.Folders, c.direct.Folders)
	}
	var err error
	c.inbox, err = c.through.Inbox()
	return err
}

// settingsDevice is where versions before 14.1 tell of the device.
func (c *cell) settingsDevice(ctx context.Context) error {
	reply, err := c.through.SettingsDevice(ctx)
	return answered(reply, err, "1")
}

func (c *cell) settingsUser(ctx context.Context) error {
	through, err := c.through.SettingsUser(ctx)
	if err := answered(through, err, "1"); err != nil {
		return err
	}
	direct, err := c.direct.SettingsUser(ctx)
	if err := answered(direct, err, "1"); err != nil {
		return fmt.Errorf("directly: %w", err)
	}
	if !through.Tree.Equal(direct.Tree) {
		return fmt.Errorf("through the gateway %s, directly %s", through.Tree, direct.Tree)
	}
	return nil
}

// ping holds a Ping through the gateway while a mail is sent directly.
func (c *cell) ping(ctx context.Context) error {
	if _, err := c.through.SyncAll(ctx, c.inbox); err != nil {
		return err
	}
	reply, err := eas.During(ctx, func() error {
		reply, err := c.direct.SendMail(ctx, c.viaSelf)
		return answered(reply, err, "")
	}, func(ctx context.Context, onSent func()) (*eas.Reply, error) {
		return c.through.Ping(ctx, c.heartbeat, onSent, c.inbox)
	})
	if err := answered(reply, err, "2"); err != nil {
		return err
	}
	if got := reply.Tree.Get("Folders/Folder"); got != c.inbox.ID {
		return fmt.Errorf("folder %q changed, not %q", got, c.inbox.ID)
	}
	return nil
}

func (c *cell) send(ctx context.Context) error {
	reply, err := c.through.SendMail(ctx, c.viaGateway)
	return answered(reply, err, "")
}

// sync synchronises the inbox anew on both ways until both sent mails are there, and compares all mails.
func (c *cell) sync(ctx context.Context) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		through, err := c.mailbox(ctx, c.through)
		if err != nil {
			return err
		}
		direct, err := c.mailbox(ctx, c.direct)
		if err != nil {
			return fmt.Errorf("directly: %w", err)
		}
		c.mails = through
		if c.find(c.viaGateway).ID != "" && c.find(c.viaSelf).ID != "" && len(through) == len(direct) {
			return sameMails(through, direct)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the sent mails do not arrive: %d mails through the gateway, %d directly", len(through), len(direct))
		}
	}
}

func (c *cell) mailbox(ctx context.Context, s *eas.Session) (map[string]eas.Mail, error) {
	list, err := s.SyncAll(ctx, c.inbox)
	if err != nil {
		return nil, err
	}
	mails := map[string]eas.Mail{}
	for _, m := range list {
		if m.Body() == "" || m.MIME == "" && s.Version != eas.V25 {
			return nil, fmt.Errorf("mail %s comes without its source", m.ID)
		}
		mails[m.ID] = m
	}
	return mails, nil
}

func sameMails(through, direct map[string]eas.Mail) error {
	for id, d := range direct {
		m, ok := through[id]
		if !ok {
			return fmt.Errorf("mail %s (%s) is missing through the gateway, which has %v", id, d.Subject, slices.Sorted(maps.Keys(through)))
		}
		if m != d {
			return fmt.Errorf("mail %s: %d bytes, %s, %q through the gateway; %d bytes, %s, %q directly",
				id, len(m.MIME), m.SHA256(), m.Subject, len(d.MIME), d.SHA256(), d.Subject)
		}
	}
	return nil
}

// find is the mail of the inbox that a source became.
func (c *cell) find(source string) eas.Mail {
	for _, m := range c.mails {
		if m.Subject == eas.MailSubject(source) {
			return m
		}
	}
	return eas.Mail{}
}

// sent compares what became of the two mails, which differ in their subjects alone. Servers rewrite headers, so only
// the bodies are compared.
func (c *cell) sent(context.Context) error {
	through, direct := c.find(c.viaGateway).Body(), c.find(c.viaSelf).Body()
	if through != direct {
		return fmt.Errorf("sent through the gateway it became %.200q, sent directly %.200q", through, direct)
	}
	if !strings.HasPrefix(through, eas.MailBody(c.viaGateway)) {
		return fmt.Errorf("it became %.200q", through)
	}
	return nil
}

func (c *cell) fetch(ctx context.Context) error {
	for _, source := range []string{c.viaGateway, c.viaSelf} {
		want := c.find(source)
		for _, s := range []*eas.Session{c.through, c.direct} {
			reply, err := s.Fetch(ctx, c.inbox.ID, want.ID)
			if err := answered(reply, err, "1"); err != nil {
				return err
			}
			mails := reply.Mails()
			if len(mails) != 1 || mails[0].MIME != want.MIME {
				return fmt.Errorf("mail %s is not what Sync brought: %s", want.ID, reply.Tree)
			}
		}
	}
	return nil
}

func (c *cell) misspell(ctx context.Context, form eas.Form) error {
	written := c.through.Form
	defer func() { c.through.Form = written }()
	c.through.Form = form
	reply, err := c.through.FolderSync(ctx, "0")
	return answered(reply, err, "1")
}
