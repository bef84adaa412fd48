package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticks is the unit of CPU times in /proc; it is 100 a second on every Linux (sysconf(_SC_CLK_TCK)).
const ticks = 100

// process is a started server with all its children.
type process struct {
	cmd  *exec.Cmd
	done chan error
}

// start runs a program of its own process group, with its output in a file below dir.
func start(dir string, env []string, program string, args ...string) (*process, error) {
	out, err := os.Create(filepath.Join(dir, filepath.Base(program)+".log"))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan error, 1)}
	go func() { p.done <- cmd.Wait() }()
	return p, nil
}

// stop ends the process group, by force when it does not end within ten seconds.
func (p *process) stop() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM) // it may have ended already
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
}

// kill ends the process group as a failing machine would: without a word.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // it may have ended already
	<-p.done
}

// mostResident watches the resident memory of the process until ctx ends, and returns the most of it in octets.
func (p *process) mostResident(ctx context.Context) (most int) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		file, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
		if err != nil {
			return most
		}
		most = max(most, figure(file, "VmRSS:")<<10)
		file.Close()
		select {
		case <-ctx.Done():
			return most
		case <-tick.C:
		}
	}
}

// figure is the whole number behind a name at the start of a line; 0 where there is none.
func figure(from io.Reader, name string) int {
	for lines := bufio.NewScanner(from); lines.Scan(); {
		rest, ok := strings.CutPrefix(lines.Text(), name)
		if !ok {
			continue
		}
		var n int
		if _, err := fmt.Sscan(rest, &n); err == nil {
			return n
		}
	}
	return 0
}

// ready polls until ok, or until the process ends or the context does.
func (p *process) ready(ctx context.Context, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for !ok() {
		select {
		case err := <-p.done:
			p.done <- err
			return fmt.Errorf("it ended: %w", err)
		case <-ctx.Done():
			return errors.New("it did not get ready")
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

// pids returns the process and its children.
func (p *process) pids() []int {
	pids := []int{p.cmd.Process.Pid}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return pids
	}
	for _, path := range stats {
		fields, err := statFields(path)
		if err != nil || len(fields) < 2 || fields[1] != strconv.Itoa(p.cmd.Process.Pid) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// statFields returns the fields of a stat file from the state on: state, parent, ... (proc(5)).
func statFields(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	_, rest, ok := strings.Cut(string(data), ") ")
	if !ok {
		return nil, fmt.Errorf("%s is no stat file", path)
	}
	return strings.Fields(rest), nil
}

// cpu returns the CPU time, user and system, that the process and its children have used.
func (p *process) cpu() (time.Duration, error) {
	var sum int
	for _, pid := range p.pids() {
		fields, err := statFields(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		for _, i := range []int{11, 12} { // utime, stime
			n, err := strconv.Atoi(fields[i])
			if err != nil {
				return 0, err
			}
			sum += n
		}
	}
	return time.Duration(sum) * time.Second / ticks, nil
}

// pss returns the proportional set size of the process and its children, in bytes.
func (p *process) pss() (int, error) {
	var sum int
	for _, pid := range p.pids() {
		file, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			return 0, err
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			var kb int
			if n, _ := fmt.Sscanf(lines.Text(), "Pss: %d kB", &kb); n == 1 {
				sum += kb << 10
			}
		}
		file.Close()
		if err := lines.Err(); err != nil {
			return 0, err
		}
	}
	return sum, nil
}
