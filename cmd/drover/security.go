package main

import (
	"context"
	"strings"

	"drover/api/adminv1"
)

type securityCommand struct {
	remote
	Facts bool `help:"Also the details."`
}

// Run tells how each layer of security stands.
func (l *securityCommand) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	return display(ctx, s, "/security/layers", func(x adminv1.SecurityLayers) error {
		for _, layer := range x.Layers {
			if err := s.say("%s: %s", strings.ToUpper(layer.Title), layer.State); err != nil {
				return err
			}
			for _, f := range layer.Findings {
				if err := s.printFinding(f, l.Facts); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (s *session) printFinding(f adminv1.SecurityFinding, facts bool) error {
	if err := s.say("  %-9s  %s: %s", f.State, f.Name, strings.TrimSpace(f.Words+" "+f.Mend)); err != nil || !facts {
		return err
	}
	for _, x := range f.Facts {
		if err := s.say("             %s: %s", x.Name, x.Value); err != nil {
			return err
		}
	}
	return nil
}
