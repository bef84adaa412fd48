package system

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Account is a line of /etc/passwd, with what /etc/shadow says of it.
type Account struct {
	Name   string
	ID     string
	Group  string // the number of its main group
	Home   string
	Shell  string
	Person bool // of a person, by its number and shell

	Password bool   // it can sign in by password
	Locked   bool   // its password is locked, or the account has expired
	MaxAge   int    // days after which the password must change; 0 for none
	Expires  string // the account: days since 1970, "" for never
}

// The numbers of persons' accounts (login.defs(5)).
const (
	firstPerson = 1000
	lastPerson  = 60_000
)

// Accounts reads the local accounts of Linux.
func Accounts(m Machine) ([]Account, error) {
	raw, err := m.Read("/etc/passwd")
	if err != nil {
		return nil, err
	}
	shadows, err := shadow(m)
	if err != nil {
		return nil, err
	}
	var list []Account
	for line := range bytes.Lines(raw) {
		f := strings.Split(strings.TrimSpace(string(line)), ":")
		if len(f) != 7 {
			continue
		}
		a := Account{Name: f[0], ID: f[2], Group: f[3], Home: f[5], Shell: f[6]}
		id, err := strconv.Atoi(a.ID)
		shell := !strings.HasSuffix(a.Shell, "/nologin") && !strings.HasSuffix(a.Shell, "/false")
		a.Person = err == nil && id >= firstPerson && id <= lastPerson && shell
		if s := shadows[a.Name]; len(s) >= 8 {
			a.Locked = strings.HasPrefix(s[1], "!") || strings.HasPrefix(s[1], "*") || s[7] == "1"
			a.Password = s[1] != "" && !strings.HasPrefix(s[1], "!") && !strings.HasPrefix(s[1], "*")
			a.MaxAge, _ = strconv.Atoi(s[4]) // nothing there is no end
			a.Expires = s[7]
			if a.MaxAge >= 99_999 { // what shadow-utils write for never
				a.MaxAge = 0
			}
		}
		list = append(list, a)
	}
	return list, nil
}

// shadow returns the fields of /etc/shadow by name. Hashes go no further than [Account].
func shadow(m Machine) (map[string][]string, error) {
	raw, err := m.Read("/etc/shadow")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	list := map[string][]string{}
	for line := range bytes.Lines(raw) {
		f := strings.Split(strings.TrimSpace(string(line)), ":")
		list[f[0]] = f
	}
	return list, err
}

// Group is a line of /etc/group.
type Group struct {
	Name    string
	ID      string
	Members []string
}

// Groups reads the local groups of Linux.
func Groups(m Machine) ([]Group, error) {
	raw, err := m.Read("/etc/group")
	if err != nil {
		return nil, err
	}
	var list []Group
	for line := range bytes.Lines(raw) {
		f := strings.Split(strings.TrimSpace(string(line)), ":")
		if len(f) != 4 {
			continue
		}
		g := Group{Name: f[0], ID: f[2]}
		for name := range strings.SplitSeq(f[3], ",") {
			if name != "" {
				g.Members = append(g.Members, name)
			}
		}
		list = append(list, g)
	}
	return list, nil
}

// adminGroups are the groups that sudo lets administer, on the distributions that have them.
var adminGroups = []string{"sudo", "wheel", "admin"}

// Admins returns the accounts that may administer, besides root: members of the groups, by their list or as their own
// group, and others with the number of root, whose group is then "". What a sudoers file grants to single accounts is not looked at.
func Admins(m Machine) (map[string][]string, error) {
	accounts, err := Accounts(m)
	if err != nil {
		return nil, err
	}
	groups, err := Groups(m)
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	for _, g := range groups {
		if !slices.Contains(adminGroups, g.Name) {
			continue
		}
		for _, name := range g.Members {
			found[name] = append(found[name], g.Name)
		}
		for _, a := range accounts {
			if a.Group == g.ID {
				found[a.Name] = append(found[a.Name], g.Name)
			}
		}
	}
	for _, a := range accounts {
		if a.ID == "0" {
			found[a.Name] = append(found[a.Name], "")
		}
	}
	delete(found, "root")
	return found, nil
}
