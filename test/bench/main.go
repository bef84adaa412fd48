// Command bench measures Drover beside nginx and beside Go's own ReverseProxy, which do nothing but pass on: CPU for
// each command that is passed through, memory for each held Ping, the time until everybody who holds one is woken, and
// the CPU of an idle server. The phones, the mail server and all three run on this machine, on loopback, in one run and
// one after the other; what counts are the ratios. It ends by itself.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// limit bounds the whole run.
const limit = 15 * time.Minute

// settings are what a run may vary.
type settings struct {
	held    int           // Pings that are held
	busy    int           // phones that send without pause
	measure time.Duration // how long they are measured
	only    string        // the name of a single subject
	drover  string        // the program
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == proxyArgument {
		if err := serveProxy(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench: proxy:", err)
			os.Exit(1)
		}
		return
	}
	var s settings
	flag.IntVar(&s.held, "held", 5000, "Pings to hold; each needs four file descriptors in all")
	flag.IntVar(&s.busy, "busy", 64, "phones that send without pause")
	flag.DurationVar(&s.measure, "measure", 8*time.Second, "how long they are measured")
	flag.StringVar(&s.only, "only", "", "measure this subject alone: nginx, reverseproxy or drover")
	flag.StringVar(&s.drover, "drover", "bin/drover", "the server to measure")
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
	if err := printTable(os.Stdout, results); err != nil {
		return err
	}
	return judge(results)
}
