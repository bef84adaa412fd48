package policy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"drover/agent/system"
)

// keyed is a file of lines "key = value" or "key value", with comments behind #.
type keyed struct {
	path   string
	equals bool // as it is written; "key = value" rather than "key value"
}

// parse returns the last value of a key in a text; false when it is not there.
func (k keyed) parse(text, key string) (string, bool) {
	last, found := "", false
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		name, v := k.split(line)
		if name == key {
			last, found = v, true
		}
	}
	return last, found
}

func (k keyed) split(line string) (name, v string) {
	line = strings.TrimSpace(line)
	if k.equals {
		name, v, _ = strings.Cut(line, "=")
		return strings.TrimSpace(name), strings.TrimSpace(v)
	}
	f := strings.Fields(line)
	switch len(f) {
	case 0:
		return "", ""
	case 1:
		return f[0], ""
	}
	return f[0], f[1]
}

// set puts a value in the place of the last line of a key, and drops the others; at the end where there is none.
func (k keyed) set(text, key, v string) string {
	line := key + " " + v
	if k.equals {
		line = key + " = " + v
	}
	var lines []string
	at := -1
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\r\n")
		bare, _, _ := strings.Cut(l, "#")
		if name, _ := k.split(bare); name == key {
			if at >= 0 {
				continue
			}
			at = len(lines)
			l = line
		}
		lines = append(lines, l)
	}
	if at < 0 {
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n") + "\n"
}

func readText(m system.Machine, path string) (string, error) {
	raw, err := m.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(raw), err
}

func (k keyed) write(m system.Machine, key, v string) error {
	text, err := readText(m, k.path)
	if err != nil {
		return err
	}
	mode, err := m.Mode(k.path)
	if err != nil {
		mode = 0o644
	}
	return m.Write(k.path, []byte(k.set(text, key, v)), mode.Perm())
}

// stacks are the files by which PAM asks for passwords, on the distributions that have them.
var stacks = []string{
	"/etc/pam.d/common-password", "/etc/pam.d/common-auth", "/etc/pam.d/system-auth", "/etc/pam.d/password-auth", "/etc/pam.d/passwd",
}

// asked tells whether PAM asks a module, and with which arguments.
func asked(m system.Machine, module string) (args []string, ok bool, err error) {
	for _, path := range stacks {
		text, err := readText(m, path)
		if err != nil {
			return nil, false, err
		}
		for line := range strings.Lines(text) {
			line, _, _ = strings.Cut(line, "#")
			f := strings.Fields(line)
			if i := slices.Index(f, module); i >= 0 {
				return f[i+1:], true, nil
			}
		}
	}
	return nil, false, nil
}

// argument returns the value of "key=value" among the arguments of a module.
func argument(args []string, key string) (string, bool) {
	for _, a := range args {
		if name, v, ok := strings.Cut(a, "="); ok && name == key {
			return v, true
		}
	}
	return "", false
}

var pwquality = keyed{path: "/etc/security/pwquality.conf", equals: true}

// qualityValue is what pwquality goes by: the files of the directory first, then the main file, then the arguments in the
// stack (pwquality.conf(5), pam_pwquality(8)).
func qualityValue(m system.Machine, key string, args []string) (int, error) {
	if v, ok := argument(args, key); ok {
		return strconv.Atoi(v)
	}
	found := ""
	names, err := m.List(pwquality.path + ".d")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	paths := []string{}
	for _, n := range names {
		if strings.HasSuffix(n, ".conf") {
			paths = append(paths, pwquality.path+".d/"+n)
		}
	}
	for _, path := range append(paths, pwquality.path) {
		text, err := readText(m, path)
		if err != nil {
			return 0, err
		}
		if v, ok := pwquality.parse(text, key); ok {
			found = v
		}
	}
	if found == "" {
		return map[string]int{"minlen": 8}[key], nil
	}
	return strconv.Atoi(found)
}

const (
	noQuality = "Nothing asks pam_pwquality when a password is changed: install libpam-pwquality."
	pamModule = "pam_pwquality.so"
)

func quality(key string) rule {
	return rule{
		check: func(_ context.Context, m system.Machine, v value) finding {
			args, there, err := asked(m, pamModule)
			if err != nil {
				return unknown(err)
			}
			n, err := qualityValue(m, key, args)
			switch {
			case err != nil:
				return unknown(err)
			case !there:
				return violated("no rule", noQuality)
			}
			return judge(n >= v.number(), strconv.Itoa(n), "Shorter or simpler passwords are taken.")
		},
		mend: func(_ context.Context, m system.Machine, v value) error {
			return pwquality.write(m, key, strconv.Itoa(v.number()))
		},
	}
}

// tally is a module of PAM that has one number in a file of its own, or among its arguments.
type tally struct {
	module, key, missing string
	file                 keyed
	ok                   func(found, asked int) bool
}

var (
	history = tally{
		module: "pam_pwhistory.so", key: "remember", file: keyed{path: "/etc/security/pwhistory.conf", equals: true},
		missing: "Nothing asks pam_pwhistory when a password is changed: put it into the password stack of PAM.",
		ok:      func(found, asked int) bool { return found >= asked },
	}
	faillock = tally{
		module: "pam_faillock.so", key: "deny", file: keyed{path: "/etc/security/faillock.conf", equals: true},
		missing: "Nothing asks pam_faillock when somebody signs in: put it into the auth stack of PAM.",
		ok:      func(found, asked int) bool { return found >= 1 && found <= asked },
	}
)

func option(t tally) rule {
	return rule{
		check: func(_ context.Context, m system.Machine, v value) finding {
			args, there, err := asked(m, t.module)
			if err != nil {
				return unknown(err)
			}
			if !there {
				return violated("no rule", t.missing)
			}
			n, err := t.value(m, args)
			if err != nil {
				return unknown(err)
			}
			return judge(t.ok(n, v.number()), strconv.Itoa(n), "The rule is laxer than asked.")
		},
		mend: func(_ context.Context, m system.Machine, v value) error {
			args, there, err := asked(m, t.module)
			if err != nil {
				return err
			}
			if !there {
				return nil // told by the next look
			}
			if _, ok := argument(args, t.key); ok {
				return fmt.Errorf("%s has the rule among its arguments in /etc/pam.d; change it there", t.module)
			}
			return t.file.write(m, t.key, strconv.Itoa(v.number()))
		},
	}
}

// value is what the module goes by: its argument, its file, or its default (pam_pwhistory(8): 10, pam_faillock(8): 3).
func (t tally) value(m system.Machine, args []string) (int, error) {
	if v, ok := argument(args, t.key); ok {
		return strconv.Atoi(v)
	}
	text, err := readText(m, t.file.path)
	if err != nil {
		return 0, err
	}
	if v, ok := t.file.parse(text, t.key); ok {
		return strconv.Atoi(v)
	}
	return map[string]int{"remember": 10, "deny": 3}[t.key], nil
}

var loginDefs = keyed{path: "/etc/login.defs"}

const maxDays = "PASS_MAX_DAYS"

// passwordAge looks at what new accounts get, and at what each person's account has.
func passwordAge(_ context.Context, m system.Machine, v value) finding {
	text, err := readText(m, loginDefs.path)
	if err != nil {
		return unknown(err)
	}
	found, _ := loginDefs.parse(text, maxDays)
	old, err := ageless(m, v.number())
	if err != nil {
		return unknown(err)
	}
	n, bad := strconv.Atoi(found)
	switch {
	case bad != nil || n < 1 || n > v.number():
		return violated("new accounts: "+found, "New accounts get passwords that last longer.")
	case len(old) > 0:
		return violated("new accounts: "+found, "Their passwords last longer: "+strings.Join(old, ", ")+".")
	}
	return met(found)
}

// ageless are the persons whose passwords last longer than so many days.
func ageless(m system.Machine, days int) ([]string, error) {
	accounts, err := system.Accounts(m)
	var old []string
	for _, a := range accounts {
		if a.Person && a.Password && (a.MaxAge < 1 || a.MaxAge > days) {
			old = append(old, a.Name)
		}
	}
	return old, err
}

func setPasswordAge(ctx context.Context, m system.Machine, v value) error {
	days := strconv.Itoa(v.number())
	if err := loginDefs.write(m, maxDays, days); err != nil {
		return err
	}
	old, err := ageless(m, v.number())
	for _, name := range old {
		_, failed := system.Do(ctx, m, system.Command("chage", "--maxdays", days, "--", name))
		err = errors.Join(err, failed)
	}
	return err
}
