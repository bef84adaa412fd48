package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// droverServer is Drover as a house would run it: SQLite, its own authority, one mail server, a policy for everybody.
type droverServer struct {
	bench *bench
	data  string
	admin string   // address
	env   []string // for the command line, once there is a token
}

func (b *bench) droverSubject(mail wake) subject {
	d := &droverServer{bench: b, data: filepath.Join(b.dir, "drover")}
	return subject{
		name: "drover", start: d.start, ca: filepath.Join(d.data, "tls", "ca.pem"), prepare: d.prepare,
		wakes: []wake{mail, {"another policy", d.anotherPolicy}},
	}
}

func (d *droverServer) start(context.Context) (*process, string, error) {
	device, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	if d.admin, err = freeAddress(); err != nil {
		return nil, "", err
	}
	p, err := start(d.bench.dir, nil, d.bench.drover, "serve", "--data", d.data, "--device-addr", device, "--admin-addr", d.admin)
	return p, device, err
}

// prepare makes an owner, a token, the mail server and the policy, as an administrator's script would.
func (d *droverServer) prepare(ctx context.Context) error {
	secret := filepath.Join(d.bench.dir, "password")
	if err := os.WriteFile(secret, []byte("correct horse battery staple"), 0o600); err != nil {
		return err
	}
	if _, err := d.run(ctx, "admin", "create", "bench", "--role", "owner", "--password-file", secret, "--data", d.data); err != nil {
		return err
	}
	token, err := d.run(ctx, "token", "create", "--admin", "bench", "--name", "bench", "--data", d.data)
	if err != nil {
		return err
	}
	d.env = []string{
		"DROVER_URL=https://" + d.admin, "DROVER_TOKEN=" + strings.TrimSpace(token), "DROVER_CA=" + filepath.Join(d.data, "tls", "ca.pem"),
	}
	for _, args := range [][]string{
		{"upstream", "add", "mail", "--url", "http://" + d.bench.mailAddr},
		{"policy", "create", "first", "--preset", "strict"},
		{"policy", "assign", "first", "--default"},
		{"policy", "create", "second", "--preset", "basic"},
	} {
		if _, err := d.run(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// anotherPolicy gives every device another policy.
func (d *droverServer) anotherPolicy(ctx context.Context) error {
	_, err := d.run(ctx, "policy", "assign", "second", "--default")
	return err
}

// run is Drover's own command line.
func (d *droverServer) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, d.bench.drover, args...)
	var told bytes.Buffer
	cmd.Stderr = &told
	cmd.Env = append(os.Environ(), d.env...)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("drover %s: %w: %s", strings.Join(args[:2], " "), err, told.String())
	}
	return string(out), nil
}
