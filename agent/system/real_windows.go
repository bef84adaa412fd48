package system

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// folders is where programs are looked for, below the folder of Windows.
var folders = []string{`System32`, `System32\WindowsPowerShell\v1.0`, `System32\wbem`}

func windows() string {
	if dir := os.Getenv("SystemRoot"); dir != "" {
		return dir
	}
	return `C:\Windows`
}

// find returns where a program lies.
func (r Real) find(name string) (string, error) {
	for _, dir := range folders {
		path := filepath.Join(windows(), dir, name+".exe")
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return path, err
		}
	}
	return "", ErrNoProgram
}

func environment() []string {
	return []string{"SystemRoot=" + windows(), "PATH=" + filepath.Join(windows(), "System32")}
}

func (Real) confine(*exec.Cmd) {}

// guarded lets everything pass: who may change a folder is in lists that are not looked at here.
func guarded(string) error { return nil }

// SyncDir does nothing: NTFS keeps names in its own journal.
func SyncDir(string) error { return nil }
