package script

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	eas "drover-easclient"
)

// action is what a step can do. command is the ActiveSync command behind it, where there is one.
type action struct {
	command string
	params  []string
	run     func(*Runner, context.Context, params) (*eas.Reply, error)
}

type params map[string]string

func (p params) get(name, otherwise string) string {
	if v, ok := p[name]; ok {
		return v
	}
	return otherwise
}

func (p params) number(name string, otherwise int) (int, error) {
	v, ok := p[name]
	if !ok {
		return otherwise, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return 0, fmt.Errorf("%s=%s is no number", name, v)
	}
	return n, nil
}

// actions are all steps, by name.
var actions = map[string]action{
	"use":             {"", []string{"version", "form", "key", "user", "password", "bearer", "query-user", "device", "type", "agent"}, (*Runner).use},
	"options":         {"", nil, (*Runner).options},
	"autodiscover":    {"", []string{"url", "email"}, (*Runner).autodiscover},
	"provision":       {"Provision", nil, (*Runner).provision},
	"provision-ask":   {"Provision", []string{"key"}, (*Runner).provisionAsk},
	"provision-ack":   {"Provision", []string{"key", "status"}, (*Runner).provisionAck},
	"wipe-ack":        {"Provision", []string{"status", "account"}, (*Runner).wipeAck},
	"foldersync":      {"FolderSync", []string{"key"}, (*Runner).folderSync},
	"sync":            {"Sync", []string{"folder", "key", "window", "wait", "heartbeat", "during"}, (*Runner).sync},
	"sync-empty":      {"Sync", nil, (*Runner).syncEmpty},
	"ping":            {"Ping", []string{"folder", "heartbeat", "during"}, (*Runner).ping},
	"ping-empty":      {"Ping", []string{"during"}, (*Runner).pingEmpty},
	"settings-device": {"Settings", nil, (*Runner).settingsDevice},
	"settings-user":   {"Settings", nil, (*Runner).settingsUser},
	"search":          {"Search", []string{"text"}, (*Runner).search},
	"estimate":        {"GetItemEstimate", []string{"folder"}, (*Runner).estimate},
	"sendmail":        {"SendMail", []string{"to", "subject", "file"}, (*Runner).sendMail},
	"fetch":           {"ItemOperations", []string{"folder", "item", "subject"}, (*Runner).fetch},
	"raw":             {"", []string{"cmd", "hex", "file", "type", "key"}, (*Runner).raw},
}

func (r *Runner) use(_ context.Context, p params) (*eas.Reply, error) {
	for name, value := range p {
		var err error
		switch name {
		case "version":
			r.Version, err = eas.ParseVersion(value)
		case "form":
			r.Form, err = eas.ParseForm(value)
		case "key":
			r.PolicyKey = value
		case "user":
			r.User = value
		case "password":
			r.Password = value
		case "bearer":
			r.Bearer = value
		case "query-user":
			r.QueryUser = value
		case "device":
			r.DeviceID = value
		case "type":
			r.DeviceType = value
		case "agent":
			r.UserAgent = value
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (r *Runner) options(ctx context.Context, _ params) (*eas.Reply, error) { return r.Options(ctx) }

func (r *Runner) autodiscover(ctx context.Context, p params) (*eas.Reply, error) {
	reply, found, err := r.Autodiscover(ctx, p["url"], p["email"])
	r.found = found
	return reply, err
}

func (r *Runner) provision(ctx context.Context, _ params) (*eas.Reply, error) {
	return r.Provision(ctx)
}

func (r *Runner) provisionAsk(ctx context.Context, p params) (*eas.Reply, error) {
	return r.ProvisionAsk(ctx, p.get("key", "0"))
}

func (r *Runner) provisionAck(ctx context.Context, p params) (*eas.Reply, error) {
	return r.ProvisionAck(ctx, p.get("key", r.TempKey), p.get("status", "1"))
}

func (r *Runner) wipeAck(ctx context.Context, p params) (*eas.Reply, error) {
	return r.WipeAck(ctx, p.get("status", "1"), p.get("account", "0") == "1")
}

func (r *Runner) folderSync(ctx context.Context, p params) (*eas.Reply, error) {
	return r.FolderSync(ctx, p.get("key", "0"))
}

func (r *Runner) sync(ctx context.Context, p params) (*eas.Reply, error) {
	folder, err := r.Folder(p["folder"])
	if err != nil {
		return nil, err
	}
	o := eas.SyncOptions{Folder: folder, Key: p["key"]}
	var errs [3]error
	o.Window, errs[0] = p.number("window", 0)
	o.Wait, errs[1] = p.number("wait", 0)
	o.Heartbeat, errs[2] = p.number("heartbeat", 0)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return during(ctx, p["during"], func(ctx context.Context, onSent func()) (*eas.Reply, error) {
		o.OnSent = onSent
		return r.Sync(ctx, o)
	})
}

func (r *Runner) syncEmpty(ctx context.Context, _ params) (*eas.Reply, error) {
	return r.SyncEmpty(ctx)
}

func (r *Runner) ping(ctx context.Context, p params) (*eas.Reply, error) {
	folder, err := r.Folder(p["folder"])
	if err != nil {
		return nil, err
	}
	heartbeat, err := p.number("heartbeat", 60)
	if err != nil {
		return nil, err
	}
	return during(ctx, p["during"], func(ctx context.Context, onSent func()) (*eas.Reply, error) {
		return r.Ping(ctx, heartbeat, onSent, folder)
	})
}

func (r *Runner) pingEmpty(ctx context.Context, p params) (*eas.Reply, error) {
	return during(ctx, p["during"], func(ctx context.Context, onSent func()) (*eas.Reply, error) { return r.PingEmpty(ctx, onSent) })
}

func (r *Runner) settingsDevice(ctx context.Context, _ params) (*eas.Reply, error) {
	return r.SettingsDevice(ctx)
}

func (r *Runner) settingsUser(ctx context.Context, _ params) (*eas.Reply, error) {
	return r.SettingsUser(ctx)
}

func (r *Runner) search(ctx context.Context, p params) (*eas.Reply, error) {
	return r.Search(ctx, p.get("text", "a"))
}

func (r *Runner) estimate(ctx context.Context, p params) (*eas.Reply, error) {
	folder, err := r.Folder(p["folder"])
	if err != nil {
		return nil, err
	}
	return r.Estimate(ctx, folder)
}

func (r *Runner) sendMail(ctx context.Context, p params) (*eas.Reply, error) {
	if p["file"] != "" {
		source, err := os.ReadFile(p["file"])
		if err != nil {
			return nil, err
		}
		return r.SendMail(ctx, string(source))
	}
	to := p.get("to", r.User)
	source := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\n\r\ntest\r\n", r.User, to, p.get("subject", "test"), time.Now().Format(time.RFC1123Z))
	return r.SendMail(ctx, source)
}

// fetch takes a mail by its server id, or by the subject of one that an earlier Sync brought.
func (r *Runner) fetch(ctx context.Context, p params) (*eas.Reply, error) {
	if p["item"] != "" {
		folder, err := r.Folder(p["folder"])
		if err != nil {
			return nil, err
		}
		return r.Fetch(ctx, folder.ID, p["item"])
	}
	m, ok := r.seen[p["subject"]]
	if !ok {
		return nil, fmt.Errorf("no earlier step brought a mail with the subject %q", p["subject"])
	}
	return r.Fetch(ctx, m.Folder, m.ID)
}

func (r *Runner) raw(ctx context.Context, p params) (*eas.Reply, error) {
	body, err := hex.DecodeString(strings.ReplaceAll(p["hex"], " ", ""))
	if err != nil {
		return nil, err
	}
	if p["file"] != "" {
		if body, err = os.ReadFile(p["file"]); err != nil {
			return nil, err
		}
	}
	// A body may be broken on purpose, so libwbxml is not asked about it.
	quiet := *r.Client
	quiet.Cross = false
	return quiet.Send(ctx, eas.Request{Command: p["cmd"], Body: body, ContentType: p["type"], Key: p.get("key", r.PolicyKey)})
}

// during runs a shell command while a request is held.
func during(ctx context.Context, command string, call func(ctx context.Context, onSent func()) (*eas.Reply, error)) (*eas.Reply, error) {
	if command == "" {
		return call(ctx, nil)
	}
	return eas.During(ctx, func() error {
		out, err := exec.CommandContext(ctx, "sh", "-c", command).CombinedOutput()
		if err != nil {
			return fmt.Errorf("during: %w: %s", err, out)
		}
		return nil
	}, call)
}
