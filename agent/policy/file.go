package policy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"drover/agent/system"
	"drover/api/agentv1"
)

// Files are the same on every platform.

func filesPresent(_ context.Context, m system.Machine, v value) finding {
	list := v.files()
	var wrong []string
	for _, f := range list {
		if err := checkFile(m, f); err != nil {
			wrong = append(wrong, f.Path+" "+err.Error())
		}
	}
	return judge(len(wrong) == 0, fmt.Sprintf("%d of %d as asked", len(list)-len(wrong), len(list)), strings.Join(wrong, "; "))
}

func checkFile(m system.Machine, f agentv1.File) error {
	if err := absolute(m, f.Path); err != nil {
		return err
	}
	mode, err := m.Mode(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("is not there")
	}
	if err != nil {
		return err
	}
	raw, err := m.Read(f.Path)
	switch want, bad := fileMode(f); {
	case err != nil:
		return err
	case bad != nil:
		return bad
	case !bytes.Equal(raw, []byte(f.Text)):
		return errors.New("has another content")
	case f.Mode != "" && m.Platform() != system.Windows && mode.Perm() != want:
		return fmt.Errorf("has the mode %04o", mode.Perm())
	}
	return nil
}

func writeFiles(_ context.Context, m system.Machine, v value) error {
	var all error
	for _, f := range v.files() {
		if checkFile(m, f) == nil {
			continue
		}
		mode, err := fileMode(f)
		if err == nil {
			err = absolute(m, f.Path)
		}
		if err == nil {
			err = m.Write(f.Path, []byte(f.Text), mode)
		}
		all = errors.Join(all, err)
	}
	return all
}

// fileMode reads the mode: never one that lets a program run as somebody else.
func fileMode(f agentv1.File) (fs.FileMode, error) {
	if f.Mode == "" {
		return 0o644, nil
	}
	n, err := strconv.ParseUint(f.Mode, 8, 32)
	if err != nil || n > 0o777 {
		return 0, errors.New("is asked to have a mode that is none, from 0000 to 0777")
	}
	return fs.FileMode(n), nil
}

// absolute refuses a path that could mean another than it says.
func absolute(m system.Machine, p string) error {
	slashed := strings.ReplaceAll(p, `\`, "/")
	ok := strings.HasPrefix(p, "/") && path.Clean(p) == p
	if m.Platform() == system.Windows {
		ok = len(slashed) > 3 && slashed[1] == ':' && slashed[2] == '/' && path.Clean(slashed) == slashed
	}
	if !ok || strings.ContainsRune(p, 0) {
		return errors.New("is no absolute path")
	}
	return nil
}

func filesAbsent(_ context.Context, m system.Machine, v value) finding {
	var there []string
	for _, p := range v.names() {
		if err := absolute(m, p); err != nil {
			return unsupported(p + " " + err.Error())
		}
		if system.Exists(m, p) {
			there = append(there, p)
		}
	}
	return judge(len(there) == 0, fmt.Sprintf("%d of them there", len(there)), "There are "+strings.Join(there, ", ")+".")
}

func removeFiles(_ context.Context, m system.Machine, v value) error {
	var all error
	for _, p := range v.names() {
		err := absolute(m, p)
		if err == nil {
			err = m.Remove(p)
		}
		all = errors.Join(all, err)
	}
	return all
}
