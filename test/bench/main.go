// Command bench measures Drover beside nginx and beside Go's own ReverseProxy, which do nothing but pass on: CPU for
// each command that is passed through, memory for each held Ping, the time until everybody who holds one is woken, and
// the CPU of an idle server. Then it measures what computers' agents cost: a signed status beside a plain handler, the gate,
// a whole fleet that reports, and connections that are held for hints. All of it runs on this machine, on loopback, in one run
// and one after the other; what counts are the ratios. It ends by itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// limit bounds the whole run.
const limit = 45 * time.Minute

// settings are what a run may vary.
type settings struct {
	held    int           // Pings that are held
	busy    int           // phones that send without pause
	measure time.Duration // how long they are measured
	only    string        // the name of a single subject
	drover  string        // the program
	agent   agentSettings
}

// onlyAgents is the name of the part that measures agents alone.
const onlyAgents = "agents"

func main() {
	if len(os.Args) > 1 && os.Args[1] == proxyArgument {
		if err := serveProxy(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench: proxy:", err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) > 1 && os.Args[1] == plainArgument {
		if err := servePlain(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench: plain handler:", err)
			os.Exit(1)
		}
		return
	}
	var s settings
	flag.IntVar(&s.held, "held", 5000, "Pings to hold; each needs four file descriptors in all")
	flag.IntVar(&s.busy, "busy", 64, "phones that send without pause")
	flag.DurationVar(&s.measure, "measure", 8*time.Second, "how long they are measured")
	flag.StringVar(&s.only, "only", "", "measure this alone: nginx, reverseproxy, drover, or agents")
	flag.StringVar(&s.drover, "drover", "bin/drover", "the server to measure")
	flag.IntVar(&s.agent.identities, "identities", 50000, "computers that report")
	flag.DurationVar(&s.agent.interval, "interval", time.Minute, "between two reports of a computer")
	flag.DurationVar(&s.agent.load, "load", 5*time.Minute, "how long they report")
	flag.IntVar(&s.agent.connections, "connections", 64, "kept-alive connections that they share")
	flag.IntVar(&s.agent.held, "agents-held", 8000, "connections for hints to hold; each needs two file descriptors in all")
	flag.DurationVar(&s.agent.settle, "settle", 2*time.Minute+30*time.Second, "how long the memory of held connections is watched; its least counts")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) error {
	b, err := newBench(s)
	if err != nil {
		return err
	}
	defer b.close()
	var results []result
	var fleet *fleetFigures
	for _, subject := range b.subjects() {
		if s.only != "" && s.only != subject.name {
			continue
		}
		fmt.Printf("measuring %s\n", subject.name)
		r, err := b.measure(ctx, subject)
		if err != nil {
			return fmt.Errorf("%s: %w", subject.name, err)
		}
		results = append(results, r)
	}
	if s.only == "" || s.only == onlyAgents {
		fmt.Println("measuring agents")
		f, err := b.agents(ctx)
		if err != nil {
			return fmt.Errorf("agents: %w", err)
		}
		fleet = &f
	}
	if err := printTable(os.Stdout, results); err != nil {
		return err
	}
	if fleet == nil {
		return judge(results)
	}
	if err := fleet.print(os.Stdout); err != nil {
		return err
	}
	return errors.Join(judge(results), fleet.judge())
}
