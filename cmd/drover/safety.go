package main

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"

	"drover/api/adminv1"
	"drover/cmd/drover/table"
)

type safetyCommands struct {
	Rules   safetyRules   `cmd:"" help:"Show the rules for destructive acts."`
	Change  safetyChange  `cmd:"" help:"Change the rules: tighter ones hold at once, looser ones wait for approval."`
	Breaker safetyBreaker `cmd:"" help:"Show the breaker that freezes destructive commands."`
	Close   safetyClose   `cmd:"" help:"Ask to close the breaker."`
}

type safetyRules struct{ remote }

// Run shows the rules for destructive acts.
func (r *safetyRules) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	return display(ctx, s, "/safety/rules", s.printRules)
}

func (s *session) printRules(r adminv1.SafetyRules) error {
	var f table.Facts
	f.Add("others who must approve", count(r.Quorum))
	f.Add("delay", span(r.Delay))
	f.Add("delay of batches", span(r.BatchDelay))
	f.Add("an approval expires after", span(r.Expiry))
	f.Add("probation of administrators", span(r.Probation))
	f.Add("budget of one administrator", budget(r.Actor).words())
	f.Add("budget of a role", budget(r.Role).words())
	f.Add("budget of the zone", budget(r.Zone).words())
	f.Add("budget of users on their own", budget(r.Self).words())
	f.Add("pass a mail server's wipe through", yes(r.PassUpstream))
	f.Add("computers of a script without approval", count(r.Scripts))
	return f.Write(s.out)
}

// span writes seconds for people.
func span(seconds int) string { return (time.Duration(seconds) * time.Second).String() }

// safetyChange changes some of the rules; what is left out stays.
type safetyChange struct {
	remote
	Quorum       *int    `help:"How many administrators besides the one who asks must approve."`
	Delay        *days   `help:"Between approval and delivery, when a command can still be cancelled: 10m, 2h."`
	BatchDelay   *days   `help:"The delay of acts on more than one device."`
	Expiry       *days   `help:"When an approval that was not given ends."`
	Probation    *days   `help:"How long a new or reset administrator neither orders nor approves anything destructive."`
	Actor        *budget `placeholder:"HOUR/DAY" help:"Budget of one administrator: 5/20 is 5 an hour and 20 a day."`
	Role         *budget `placeholder:"HOUR/DAY" help:"Budget of all who hold one role."`
	Zone         *budget `placeholder:"HOUR/DAY" help:"Budget of the zone; passing it opens the breaker."`
	Self         *budget `placeholder:"HOUR/DAY" help:"Budget of one user, on the user's own devices."`
	Scripts      *int    `help:"How many computers a script may reach that nobody else has approved."`
	PassUpstream *bool   `negatable:"" help:"A mail server's own order to wipe is carried out without asking anybody."`
}

// budget is how many acts an hour and a day may have, written HOUR/DAY.
type budget adminv1.Budget

var budgetPattern = regexp.MustCompile(`^([0-9]{1,9})/([0-9]{1,9})$`)

// UnmarshalText reads "5/20".
func (b *budget) UnmarshalText(text []byte) (err error) {
	m := budgetPattern.FindSubmatch(text)
	if m == nil {
		return fmt.Errorf("%q is no budget, such as 5/20: 5 an hour and 20 a day", text)
	}
	if b.Hour, err = strconv.Atoi(string(m[1])); err != nil {
		return err
	}
	b.Day, err = strconv.Atoi(string(m[2]))
	return err
}

func (b budget) words() string { return fmt.Sprintf("%d an hour, %d a day", b.Hour, b.Day) }

// apply puts what was given into the rules.
func (r *safetyChange) apply(rules *adminv1.SafetyRules) (changed bool) {
	before := *rules
	replace(&rules.Quorum, r.Quorum)
	for at, given := range map[*int]*days{
		&rules.Delay: r.Delay, &rules.BatchDelay: r.BatchDelay, &rules.Expiry: r.Expiry, &rules.Probation: r.Probation,
	} {
		if given != nil {
			*at = int(math.Ceil(time.Duration(*given).Seconds()))
		}
	}
	for at, given := range map[*adminv1.Budget]*budget{
		&rules.Actor: r.Actor, &rules.Role: r.Role, &rules.Zone: r.Zone, &rules.Self: r.Self,
	} {
		replace(at, (*adminv1.Budget)(given))
	}
	replace(&rules.PassUpstream, r.PassUpstream)
	replace(&rules.Scripts, r.Scripts)
	return *rules != before
}

// Run changes the rules.
func (r *safetyChange) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	res, err := change(ctx, s, put, "/safety/rules", func(rules adminv1.SafetyRules) (any, error) {
		if !r.apply(&rules) {
			return nil, unusable("nothing would change: give what is to be another, such as --quorum or --zone")
		}
		return rules, nil
	})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.SafetyChange) error {
		if x.Waiting.Approval != "" {
			return s.say("asked to change the rules%s", waits(x.Waiting))
		}
		return s.printRules(x.Rules)
	})
}

type safetyBreaker struct{ remote }

// Run shows the breaker.
func (b *safetyBreaker) Run(ctx context.Context, c *console) error {
	s, err := b.connect(c)
	if err != nil {
		return err
	}
	return display(ctx, s, "/safety/breaker", s.printBreaker)
}

func (s *session) printBreaker(b adminv1.Breaker) error {
	if !b.Open {
		return s.say("The breaker is closed: commands flow.")
	}
	return s.say("The breaker is open since %s: %s No destructive command is delivered.", moment(b.Since), b.Because)
}

type safetyClose struct {
	remote
	Reason string `required:"" help:"Why it may be closed; it is kept."`
}

// Run asks to close the breaker.
func (b *safetyClose) Run(ctx context.Context, c *console) error {
	s, err := b.connect(c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/safety/breaker/close", adminv1.Reason{Reason: b.Reason})
	if err != nil {
		return err
	}
	return show(s, res, func(w adminv1.Waiting) error { return s.say("asked to close the breaker%s", waits(w)) })
}
