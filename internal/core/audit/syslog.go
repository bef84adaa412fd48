package audit

import (
	"encoding/json"
	"fmt"

	"drover/internal/base/syslog"
)

// SyslogSink sends heads to a syslog server, one JSON object a message, with the facility auth and the severity notice.
// What another machine has written down cannot be cut here.
type SyslogSink struct{ w *syslog.Writer }

// NewSyslogSink returns a sink to a server. Nothing is connected before the first head.
func NewSyslogSink(to syslog.Server) *SyslogSink {
	return &SyslogSink{syslog.New(to, syslog.Auth, "drover-audit")}
}

// Name tells what it is.
func (s *SyslogSink) Name() string { return "syslog" }

// Write sends one head. A lost connection is made anew.
func (s *SyslogSink) Write(h Head) error {
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := s.w.Send(h.At, syslog.Notice, string(line)); err != nil {
		return fmt.Errorf("keep the head of the audit log: %w", err)
	}
	return nil
}
