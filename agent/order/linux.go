package order

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"drover/agent/store"
	"drover/agent/system"
)

// grace is how many minutes pass before a machine goes down: the person at it can save their work, and the result reaches
// the server.
const grace = "+1"

type onLinux struct {
	m system.Machine
	s *store.Store
}

func (l onLinux) message(ctx context.Context, text string) (string, error) {
	if !system.Has(l.m, "wall") {
		return "", errUnsupported("The system has no program that shows a message.")
	}
	p := system.Command("wall")
	p.Input = printable(text)
	_, err := system.Do(ctx, l.m, p)
	return "Shown on the terminals of who is signed in.", err
}

func (l onLinux) lock(ctx context.Context) (string, error) {
	if _, err := system.Do(ctx, l.m, system.Command("loginctl", "lock-sessions")); err != nil {
		return "", err
	}
	return "The sessions of all users were told to lock; a session without a screen has no lock.", nil
}

func (l onLinux) reboot(ctx context.Context) (string, error) {
	_, err := system.Do(ctx, l.m, system.Command("shutdown", "-r", grace, "An administrator restarts this computer."))
	return "The computer restarts in a minute.", err
}

// disable locks the passwords of persons and has their accounts expired, so that no key signs in either.
func (l onLinux) disable(ctx context.Context, except []string) (string, error) {
	accounts, err := system.Accounts(l.m)
	if err != nil {
		return "", err
	}
	var done []string
	for _, a := range accounts {
		if !a.Person || a.Expires == "1" || slices.Contains(except, a.Name) {
			continue
		}
		// Written down first: an account that is locked by us can always be unlocked by us.
		if err := l.s.Change(func(st *store.State) { st.Disabled = append(st.Disabled, a.Name+":"+a.Expires) }); err != nil {
			return "", err
		}
		if _, failed := system.Do(ctx, l.m, system.Command("usermod", "--lock", "--expiredate", "1", a.Name)); failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		done = append(done, a.Name)
	}
	return fmt.Sprintf("%d accounts can no longer sign in; root's is as it was. Sessions that are open go on.", len(done)), err
}

// enable undoes what disable did, and nothing else.
func (l onLinux) enable(ctx context.Context) (string, error) {
	st, err := l.s.State()
	if err != nil {
		return "", err
	}
	accounts, err := system.Accounts(l.m)
	if err != nil {
		return "", err
	}
	var left []string
	for _, line := range st.Disabled {
		name, expires, _ := strings.Cut(line, ":")
		i := slices.IndexFunc(accounts, func(a system.Account) bool { return a.Name == name })
		if i < 0 || accounts[i].Expires != "1" {
			continue // gone, or enabled by somebody else
		}
		if expires == "" {
			expires = "-1"
		}
		if _, failed := system.Do(ctx, l.m, system.Command("usermod", "--unlock", "--expiredate", expires, name)); failed != nil {
			err, left = errors.Join(err, failed), append(left, line)
		}
	}
	err = errors.Join(err, l.s.Change(func(st *store.State) { st.Disabled = left }))
	return fmt.Sprintf("%d accounts can sign in again.", len(st.Disabled)-len(left)), err
}

// wipe destroys the keys of all encrypted disks, after which nothing on them can ever be read; what lies on disks that
// are not encrypted stays.
func (l onLinux) wipe(ctx context.Context) (string, error) {
	tree, err := system.BlockDevices(ctx, l.m)
	if err != nil {
		return "", err
	}
	sealed := system.Sealed(tree)
	said, err := l.disable(ctx, nil)
	var erased []string
	for _, dev := range sealed {
		if _, failed := system.Do(ctx, l.m, system.Command("cryptsetup", "erase", "--batch-mode", dev)); failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		erased = append(erased, dev)
	}
	if len(erased) > 0 {
		_, failed := system.Do(ctx, l.m, system.Command("shutdown", "-P", grace, "This computer is erased."))
		err = errors.Join(err, failed)
	}
	if err == nil && len(sealed) == 0 {
		return "", errUnsupported("No disk is encrypted, so nothing can be erased for certain. " + said)
	}
	return fmt.Sprintf("The keys of %s are destroyed; the computer switches off in a minute. %s", strings.Join(erased, ", "), said), err
}
