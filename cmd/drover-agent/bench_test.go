package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"drover/agent/agenttest"
	"drover/api/agentv1"
)

// BenchmarkIdle runs the agent's own program, as it is shipped, against a zone: it obeys, takes a whole inventory, and then
// holds its connection. What it has resident then, and what a minute of waiting costs, are the metrics.
func BenchmarkIdle(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(dir, "drover-agent")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for b.Loop() {
		measure(b, program, filepath.Join(dir, "state"))
	}
}

func measure(b *testing.B, program, dir string) {
	z := agenttest.New(b)
	z.Publish(agentv1.KindSettings, agentv1.Settings{
		LogLevel: "info", Hold: true, Refresh: agentv1.Interval{Minutes: 600},
		Inventory: agentv1.Inventories{Every: agentv1.Interval{Minutes: 600}, Sections: agentv1.Sections()},
	})
	env := append(os.Environ(), "DROVER_AGENT_DIR="+dir)
	join := exec.CommandContext(b.Context(), program, "register", "--again", "--url", z.Server.URL, "--pin", z.Pin())
	join.Env = env
	if out, err := join.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	run := exec.CommandContext(b.Context(), program, "run")
	run.Env = env
	if err := run.Start(); err != nil {
		b.Fatal(err)
	}
	defer run.Wait()
	defer run.Process.Kill()
	for told := z.Told(); len(told.Inventories) == 0 || len(told.Statuses) == 0 || told.Held == 0; told = z.Told() {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(2 * time.Second) // what the turn has used is given back
	before := ticks(b, run.Process.Pid)
	const wait = 20 * time.Second
	time.Sleep(wait)
	used := float64(ticks(b, run.Process.Pid)-before) / 100 // USER_HZ of Linux
	b.ReportMetric(used*float64(time.Minute)/float64(wait), "cpu-s/minute")
	b.ReportMetric(status(b, run.Process.Pid, "VmRSS")/1000, "MB-resident")
	b.ReportMetric(status(b, run.Process.Pid, "RssAnon")/1000, "MB-own")
}

// status is a field of /proc/pid/status, in thousands of octets.
func status(b *testing.B, pid int, name string) float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		f := bytes.Fields(line)
		if len(f) == 3 && string(f[0]) == name+":" {
			n, err := strconv.ParseFloat(string(f[1]), 64)
			if err != nil {
				b.Fatal(err)
			}
			return n * 1.024
		}
	}
	b.Fatal("there is no " + name)
	return 0
}

// ticks is the processor's time of a process, in ticks.
func ticks(b *testing.B, pid int) int {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	f := bytes.Fields(raw[bytes.LastIndexByte(raw, ')')+1:])
	sum := 0
	for _, x := range f[11:13] { // utime and stime, proc(5)
		n, err := strconv.Atoi(string(x))
		if err != nil {
			b.Fatal(err)
		}
		sum += n
	}
	return sum
}
