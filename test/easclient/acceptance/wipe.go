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
		{"wipe: Provision carries the directive", w.directive},
		{"wipe: acknowledged", w.acknowledge},
	}
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
	const longHeartbeat = 900 // seconds; longer than the cell may last, so that only the order can end the Ping
	reply, err := eas.During(ctx, func() error {
		_, err := w.hook(ctx, w.wipe.order, w.device)
		return err
	}, func(ctx context.Context, onSent func()) (*eas.Reply, error) {
		return w.device.Ping(ctx, longHeartbeat, onSent, inbox)
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

func (w *wipeCase) directive(ctx context.Context) error {
	key := "0"
	if w.deadPassword {
		// Only its last final key lets a device in whose password is dead.
		w.device.Password += " (dead)"
		key = w.device.PolicyKey
	}
	reply, err := w.device.ProvisionAsk(ctx, key)
	return told(reply, err)
}

func (w *wipeCase) acknowledge(ctx context.Context) error {
	reply, err := w.device.WipeAck(ctx, "1", false)
	return answered(reply, err, "1")
}

func told(reply *eas.Reply, err error) error {
	if err := answered(reply, err, "1"); err != nil {
		return err
	}
	wipe := reply.Tree.Find("Provision:RemoteWipe")
	if wipe == nil || wipe.Text != "" || len(wipe.Children) > 0 {
		return fmt.Errorf("no empty RemoteWipe in %s", reply.Tree)
	}
	return nil
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
	reply, err := w.device.FolderSync(ctx, "0")
	if err != nil {
		return err
	}
	if reply.HTTP == http.StatusOK && (reply.Tree == nil || reply.Tree.Has("Changes") || reply.Status() == "1") {
		return fmt.Errorf("FolderSync is served: %s", reply.Tree)
	}
	reply, err = w.device.ProvisionAsk(ctx, "0")
	if err != nil {
		return err
	}
	if w.device.TempKey != "" && !reply.Tree.Has("RemoteWipe") {
		return fmt.Errorf("Provision is served: %s", reply.Tree)
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
