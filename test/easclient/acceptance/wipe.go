package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	eas "drover-easclient"
)

// wipeHooks are shell commands; an empty one is left out.
type wipeHooks struct{ order, state, done, readmit string }

// hook runs a shell command for a device and returns what it printed.
func (j *judge) hook(ctx context.Context, command string, s *eas.Session) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Env = append(os.Environ(), "EAS_DEVICE_ID="+s.DeviceID, "EAS_USER="+s.User, "EAS_VERSION="+string(s.Version))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", command, err, out)
	}
	return string(out), nil
}

// wipeCycle is the life of a device that is wiped.
func (j *judge) wipeCycle(ctx context.Context, v eas.Version, f eas.Form) {
	w := &wipeCase{judge: j, device: j.device(j.gateway, v, f), password: j.gateway.password}
	list := []check{
		{"wipe: provisioned", w.enrol},
		{"wipe: the held Ping ends when it is ordered", w.order},
		{"wipe: commands are refused", w.refused},
	}
	if j.deadPassword {
		list = append(list, check{"wipe: a dead password and a wrong key get nothing", w.dead})
	}
	list = append(list, []check{
		{"wipe: Provision carries the directive", w.directive},
		{"wipe: acknowledged", w.acknowledge},
	}...)
	if j.wipe.state != "" {
		list = append(list, check{"wipe: recorded", w.recorded})
	}
	list = append(list, check{"wipe: the device stays out", w.out})
	if j.wipe.readmit != "" {
		list = append(list, check{"wipe: let in again", w.readmit})
	}
	j.checks(ctx, v, f, list)
}

type wipeCase struct {
	*judge
	device   *eas.Session
	password string
}

func (w *wipeCase) enrol(ctx context.Context) error {
	// The first contact makes the partnership; its answer is judged by the matrix.
	if _, err := w.device.FolderSync(ctx, "0"); err != nil {
		return err
	}
	if _, err := w.device.Provision(ctx); err != nil {
		return err
	}
	reply, err := w.device.FolderSync(ctx, "0")
	return answered(reply, err, "1")
}

// order orders the wipe while the device is held. The Ping must end long before its heartbeat, with a change, an end,
// or the demand itself.
func (w *wipeCase) order(ctx context.Context) error {
	inbox, err := w.device.Inbox()
	if err != nil {
		return err
	}
	if _, err := w.device.SyncAll(ctx, inbox); err != nil {
		return err
	}
	heartbeat := int(w.timeout.Seconds()) + 60 // longer than the cell may last, so that only the order can end the Ping
	reply, err := eas.During(ctx, func() error {
		_, err := w.hook(ctx, w.wipe.order, w.device)
		return err
	}, func(ctx context.Context, onSent func()) (*eas.Reply, error) {
		return w.device.Ping(ctx, heartbeat, onSent, inbox)
	})
	if err == nil && reply.Demand("Ping") != "" {
		return nil
	}
	return answered(reply, err, "1", "2")
}

func (w *wipeCase) refused(ctx context.Context) error {
	reply, err := w.device.FolderSync(ctx, "0")
	if err != nil {
		return err
	}
	if got, want := reply.Demand("FolderSync"), demanded(w.device.Version, "140"); got != want {
		return fmt.Errorf("FolderSync is answered with %q instead of %s: HTTP %d, %s", got, want, reply.HTTP, reply.Tree)
	}
	return nil
}

// dead withdraws the password and tries what an attacker could: to ask with a guessed key, and to read on.
func (w *wipeCase) dead(ctx context.Context) error {
	w.device.Password += " (dead)"
	reply, err := w.device.ProvisionAsk(ctx, "77")
	if err != nil {
		return err
	}
	if reply.HTTP != http.StatusUnauthorized {
		return fmt.Errorf("Provision with a wrong key is answered with HTTP %d, %s", reply.HTTP, reply.Tree)
	}
	return w.nothing(ctx)
}

func (w *wipeCase) directive(ctx context.Context) error {
	key := "0"
	if w.deadPassword {
		key = w.device.PolicyKey
	}
	reply, err := w.device.ProvisionAsk(ctx, key)
	if err := answered(reply, err, "1"); err != nil {
		return err
	}
	name := "Provision:RemoteWipe"
	if w.accountOnly {
		name = "Provision:AccountOnlyRemoteWipe"
	}
	wipe := reply.Tree.Find(name)
	if wipe == nil || wipe.Text != "" || len(wipe.Children) > 0 {
		return fmt.Errorf("no empty %s in %s", name, reply.Tree)
	}
	if w.accountOnly && reply.Tree.Has("RemoteWipe") {
		return fmt.Errorf("a full wipe in place of an account-only one: %s", reply.Tree)
	}
	return nil
}

func (w *wipeCase) acknowledge(ctx context.Context) error {
	reply, err := w.device.WipeAck(ctx, "1", w.accountOnly)
	return answered(reply, err, "1")
}

// recorded waits for the state, since a gateway may record an acknowledgement after it has answered.
func (w *wipeCase) recorded(ctx context.Context) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		state, err := w.hook(ctx, w.wipe.state, w.device)
		if err != nil {
			return err
		}
		if strings.Contains(state, w.wipe.done) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the state is %q, which lacks %q", state, w.wipe.done)
		}
	}
}

// out makes sure that a wiped device gets neither folders nor a policy, whatever it is answered.
func (w *wipeCase) out(ctx context.Context) error {
	w.device.Password = w.password
	if err := w.nothing(ctx); err != nil {
		return err
	}
	reply, err := w.device.ProvisionAsk(ctx, "0")
	if err != nil {
		return err
	}
	if w.device.TempKey != "" && !reply.Tree.Has("RemoteWipe") && !reply.Tree.Has("AccountOnlyRemoteWipe") {
		return fmt.Errorf("Provision is served: %s", reply.Tree)
	}
	return nil
}

// nothing makes sure that folders are not served.
func (w *wipeCase) nothing(ctx context.Context) error {
	reply, err := w.device.FolderSync(ctx, "0")
	if err != nil {
		return err
	}
	if reply.HTTP == http.StatusOK && (reply.Tree == nil || reply.Tree.Has("Changes") || reply.Status() == "1") {
		return fmt.Errorf("FolderSync is served: %s", reply.Tree)
	}
	return nil
}

func (w *wipeCase) readmit(ctx context.Context) error {
	if _, err := w.hook(ctx, w.wipe.readmit, w.device); err != nil {
		return err
	}
	w.device.PolicyKey = ""
	return w.enrol(ctx)
}
