package order_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"drover/agent/order"
	"drover/agent/store"
	"drover/agent/system"
	"drover/agent/system/systemtest"
	"drover/api/agentv1"
)

func TestMain(m *testing.M) {
	systemtest.Main(m, map[string]func() error{"orders": realOrders})
}

// Accounts are disabled and enabled, a script runs, and the keys of an encrypted disk are destroyed, by the real programs.
func TestRealProgramsCarryOut(t *testing.T) { systemtest.InJail(t, "orders") }

// machine is the jail, with a disk that is a file, and without what would switch it off.
type machine struct {
	system.Real
	asked []string
}

const disk = "/var/lib/disk.img"

func (m *machine) Run(ctx context.Context, p system.Program) (system.Output, error) {
	m.asked = append(m.asked, p.String())
	switch p.Name {
	case "lsblk":
		return system.Output{Text: `{"blockdevices":[{"name":"sda","path":"` + disk + `","type":"disk","fstype":"crypto_LUKS","mountpoints":[null]}]}`}, nil
	case "shutdown":
		return system.Output{}, nil
	}
	return m.Real.Run(ctx, p)
}

type host struct{}

func (host) Refresh()                              {}
func (host) Scan()                                 {}
func (host) SendLog(context.Context, string) error { return nil }
func (host) Consent(string) error                  { return nil }

const hash = "$6$saltsalt$3W1OOfbbFdkOWCK2Jr9OU6xYqTdkGL5JcFUx0Zj1C3U7Sk6SEZJ3k5f5TTq0tb3PcS8uVZzrFAb7sCTAc7xQy."

func realOrders() error {
	for path, text := range map[string]string{
		"/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\nbob:x:1001:1001::/home/bob:/bin/bash\n",
		"/etc/group":  "root:x:0:\nann:x:1000:\nbob:x:1001:\nshadow:x:42:\n",
		"/etc/shadow": "root:*:20000:0:99999:7:::\nann:" + hash + ":20000:0:99999:7:::\nbob:" + hash + ":20000:0:99999:7::20500:\n",
	} {
		if err := system.Here().Write(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	s, err := store.Open("/var/lib/drover-agent")
	if err != nil {
		return err
	}
	m := &machine{Real: system.Here()}
	r := &order.Runner{
		Machine: m, Store: s, Host: host{}, Scratch: "/var/lib/drover-agent/run", Now: time.Now,
		Ask: func(context.Context, agentv1.Order) (bool, error) { return true, nil },
	}
	return errors.Join(accounts(r), script(r), wipe(r, m))
}

// carry carries an order out and returns what is told of it.
func carry(r *order.Runner, o agentv1.Order) (agentv1.Result, error) {
	o.ID, o.Expires = o.Kind, time.Now().Add(time.Hour).Format(time.RFC3339)
	if err := r.Orders(context.Background(), []agentv1.Order{o}); err != nil {
		return agentv1.Result{}, err
	}
	e, ok, err := r.Store.Order(o.ID)
	if !ok || err != nil || e.Result == nil {
		return agentv1.Result{}, fmt.Errorf("%s: %v %v", o.Kind, ok, err)
	}
	return *e.Result, nil
}

func says(command string, texts ...string) error {
	out, err := exec.Command("/bin/sh", "-c", command).CombinedOutput()
	for _, text := range texts {
		if !strings.Contains(string(out), text) {
			return fmt.Errorf("%s says %q (%v), not %q", command, out, err, text)
		}
	}
	return nil
}

func accounts(r *order.Runner) error {
	result, err := carry(r, agentv1.Order{Kind: agentv1.OrderDisableAccounts, Parameters: map[string]string{"except": "ann"}})
	if err != nil || result.State != agentv1.ResultDone {
		return fmt.Errorf("disable: %+v, %v", result, err)
	}
	if err := says("passwd --status ann; passwd --status bob; chage --list bob", "ann P ", "bob L ", "Account expires\t\t\t\t\t\t: Jan 02, 1970"); err != nil {
		return err
	}
	result, err = carry(r, agentv1.Order{Kind: agentv1.OrderEnableAccounts})
	if err != nil || result.State != agentv1.ResultDone {
		return fmt.Errorf("enable: %+v, %v", result, err)
	}
	return says("passwd --status bob; chage --list bob", "bob P ", "Account expires\t\t\t\t\t\t: Feb 16, 2026")
}

func script(r *order.Runner) error {
	list := []agentv1.Script{
		{ID: "a", Revision: "1", Interpreter: "sh", Text: "echo one; cat; echo two >&2; exit 3", Seconds: 10},
		{ID: "b", Revision: "1", Interpreter: "bash", Text: "env | sort; sleep 60 & sleep 60", Seconds: 1},
	}
	for range 2 { // once alone
		if err := r.Scripts(context.Background(), list); err != nil {
			return err
		}
	}
	results, err := r.Store.Results(10)
	if err != nil {
		return err
	}
	got := map[string]agentv1.Result{}
	for _, x := range results {
		got[x.Script] = x
	}
	if a := got["a"]; a.Exit != 3 || a.State != agentv1.ResultFailed || a.Output != "one\ntwo\n" {
		return fmt.Errorf("the script: %+v", a)
	}
	if b := got["b"]; b.State != agentv1.ResultFailed || !strings.Contains(b.Words, "deadline") || !strings.Contains(b.Output, "LC_ALL=C") {
		return fmt.Errorf("the script that does not end: %+v", b)
	}
	if left, _ := os.ReadDir(r.Scratch); len(left) != 0 {
		return fmt.Errorf("scripts are left: %v", left)
	}
	return nil
}

// wipe destroys the keys of a disk by the real cryptsetup, after which the password opens it no more.
func wipe(r *order.Runner, m *machine) error {
	const open = "printf secret | cryptsetup open --test-passphrase " + disk + " && echo opens || echo closed"
	format := "truncate -s 32M " + disk + " && printf secret | cryptsetup luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 " + disk + " -; " + open
	if err := says(format, "opens"); err != nil {
		return err
	}
	result, err := carry(r, agentv1.Order{Kind: agentv1.OrderWipe, Class: "destructive"})
	if err != nil || result.State != agentv1.ResultDone || !strings.Contains(result.Words, disk) {
		return fmt.Errorf("wipe: %+v, %v", result, err)
	}
	if last := m.asked[len(m.asked)-1]; !strings.HasPrefix(last, "shutdown -P +1") {
		return fmt.Errorf("at last it ran %q", last)
	}
	return says(open+"; passwd --status ann; cryptsetup luksDump "+disk, "closed", "ann L ", "Keyslots:\nTokens:")
}
