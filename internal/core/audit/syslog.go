//go:build unix

package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/syslog"
	"net/url"
	"sync"
)

// SyslogSink sends heads to a syslog server, one JSON object a message, with the facility auth and the severity notice.
// What another machine has written down cannot be cut here.
type SyslogSink struct {
	network, address string

	mu sync.Mutex
	w  *syslog.Writer
}

// NewSyslogSink returns a sink to "local", the machine's own syslog, or to "udp://HOST:PORT" or "tcp://HOST:PORT".
// Nothing is connected before the first head.
func NewSyslogSink(to string) (*SyslogSink, error) {
	if to == "local" {
		return &SyslogSink{}, nil
	}
	u, err := url.Parse(to)
	if err != nil || (u.Scheme != "udp" && u.Scheme != "tcp") || u.Port() == "" || u.Hostname() == "" {
		return nil, errors.New(`a syslog server is "local", or given as udp://HOST:PORT or tcp://HOST:PORT`)
	}
	return &SyslogSink{network: u.Scheme, address: u.Host}, nil
}

// Name tells what it is.
func (s *SyslogSink) Name() string { return "syslog" }

// Write sends one head. A lost connection is made anew at the next head.
func (s *SyslogSink) Write(h Head) error {
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.w == nil {
		if s.w, err = syslog.Dial(s.network, s.address, syslog.LOG_AUTH|syslog.LOG_NOTICE, "drover-audit"); err != nil {
			return fmt.Errorf("reach the syslog server: %w", err)
		}
	}
	if _, err := s.w.Write(line); err != nil {
		err = errors.Join(err, s.w.Close())
		s.w = nil
		return fmt.Errorf("send the head of the audit log to syslog: %w", err)
	}
	return nil
}
