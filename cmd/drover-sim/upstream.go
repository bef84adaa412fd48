package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"drover/internal/simulate/upstream"
)

type upstreamCommand struct {
	Addr      string        `default:"127.0.0.1:0" help:"Where to listen; port 0 is any free one."`
	Users     string        `help:"Pattern of user names, such as U%d; every name without it."`
	Password  string        `env:"DROVER_SIM_PASSWORD" help:"Password of every user; every password without it."`
	Version   []string      `help:"Protocol versions to offer; all without it." sep:","`
	Provision bool          `help:"Demand a policy of its own."`
	Wipe      string        `help:"A user whose devices are told to wipe themselves; needs --provision."`
	Mails     int           `default:"3" help:"Mails in every inbox at first."`
	MailEvery time.Duration `help:"Deliver a mail to every user so often."`
	Slow      time.Duration `help:"Wait so long before every answer."`
	LieLength bool          `help:"Announce more than is sent."`
	Half      bool          `help:"Send half of each frame as if it were all."`
	DownAfter time.Duration `help:"Go down after so long: break every connection off."`
}

// Validate checks what the types of the fields do not.
func (c *upstreamCommand) Validate() error {
	for _, v := range c.Version {
		if !slices.Contains(upstream.Versions, v) {
			return fmt.Errorf("there is no protocol version %q; there are %v", v, upstream.Versions)
		}
	}
	if c.Wipe != "" && !c.Provision {
		return errors.New("--wipe needs --provision: a wipe is told in an answer to Provision")
	}
	return nil
}

// Run is "drover-sim upstream". It serves until it is stopped and prints its address first.
func (c *upstreamCommand) Run(ctx context.Context) error {
	mail := upstream.New(upstream.Options{
		Users: c.Users, Password: c.Password, Versions: c.Version, Provision: c.Provision, Wipe: c.Wipe,
		Mails: c.Mails, Slow: c.Slow, LieLength: c.LieLength, Half: c.Half,
	})
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	server := &http.Server{Handler: mail, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	c.schedule(ctx, mail, served)
	return errors.Join(server.Close(), closed(<-served))
}

// schedule delivers mail and takes the server down in their time, until the context ends or serving fails.
func (c *upstreamCommand) schedule(ctx context.Context, mail *upstream.Server, served chan error) {
	var delivery, down <-chan time.Time
	if c.MailEvery > 0 {
		ticker := time.NewTicker(c.MailEvery)
		defer ticker.Stop()
		delivery = ticker.C
	}
	if c.DownAfter > 0 {
		timer := time.NewTimer(c.DownAfter)
		defer timer.Stop()
		down = timer.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case err := <-served:
			served <- err
			return
		case <-delivery:
			mail.DeliverAll()
		case <-down:
			mail.SetDown(true)
		}
	}
}

func closed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
