package main

import (
	"context"
	"errors"
	"path/filepath"
)

// droverSubject is Drover as a house would run it: SQLite, its own authority, one mail server, a policy for everybody.
func (b *bench) droverSubject(mail wake) subject {
	data := filepath.Join(b.dir, "drover")
	return subject{
		name:  "drover",
		start: func(context.Context) (*process, string, error) { return nil, "", errors.New("not wired yet") },
		ca:    func() string { return filepath.Join(data, "tls", "ca.pem") },
		wakes: []wake{mail},
	}
}
