package agent

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"drover/internal/base/logfield"
)

const socketName = "control.sock"

// Listen lets everybody at the machine ask the agent to refresh, over a socket in the store, until ctx ends. Whoever asks is
// answered that they were heard, and nothing else; more than one turn every ten seconds does not come of it.
func (a *Agent) Listen(ctx context.Context) error {
	path := filepath.Join(a.Store.Dir(), socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return err
	}
	defer l.Close()
	if err := os.Chmod(path, 0o666); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	var last time.Time
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if now := a.Clock.Now(); now.Sub(last) >= 10*time.Second || now.Before(last) {
			last = now
			a.Refresh()
		}
		if err := greet(conn); err != nil {
			a.Log.Debug("somebody at the machine has gone", logfield.Error, err)
		}
	}
}

func greet(conn net.Conn) error {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	_, err := io.WriteString(conn, "heard\n")
	return err
}

// AskRefresh asks the agent that runs on this machine to refresh.
func AskRefresh(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(dir, socketName))
	if err != nil {
		return errors.New("the agent does not run on this machine")
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	_, err = io.ReadAll(io.LimitReader(conn, 64))
	return err
}
