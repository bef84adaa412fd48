package server

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"drover/internal/base/clock"
)

// Shell is a zone opened by a command at the server's shell, whether a server runs or not.
type Shell struct {
	*Zone
	tell *teller

	mu      sync.Mutex
	notices [][2]string
}

// OpenShell opens the zone for a command. It keeps no log of its own; what fails is told to who typed the command.
func OpenShell(ctx context.Context, cfg Config) (*Shell, error) {
	log := slog.New(slog.DiscardHandler)
	tell, err := newTeller(cfg, log)
	if err != nil {
		return nil, err
	}
	s := &Shell{tell: tell}
	if s.Zone, err = OpenZone(ctx, cfg, clock.System{}, log, s.note); err != nil {
		return nil, err
	}
	tell.admins, tell.zone = s.Admins, s.Zone.Zone
	return s, nil
}

func (s *Shell) note(subject, words string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notices = append(s.notices, [2]string{subject, words})
}

// Tell mails to the owners what they must know of what was done, where a mail server is configured.
func (s *Shell) Tell(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tell.sender == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, tellTime/2)
	defer cancel()
	var errs []error
	for _, n := range s.notices {
		errs = append(errs, s.tell.send(ctx, n[0], n[1]))
	}
	s.notices = nil
	return errors.Join(errs...)
}
