package upstream

import (
	"net/http"
	"strconv"
	"time"

	"drover/internal/base/wbxml"
)

// call is one command of one device.
type call struct {
	query
	user string
	body []byte
}

// modern tells whether statuses go inside the frame, as from 14.0 on.
func (c *call) modern() bool { return number(c.version) >= 140 }

func (s *Server) serve(w http.ResponseWriter, r *http.Request, c *call) {
	if s.o.Provision && c.command != "Provision" && !s.provisioned(c) {
		s.demand(w, c)
		return
	}
	if c.command == "SendMail" {
		s.Deliver(c.user)
		s.write(w, nil)
		return
	}
	frame, err := c.frame()
	if err != nil {
		http.Error(w, "the body is no WBXML", http.StatusBadRequest)
		return
	}
	switch c.command {
	case "FolderSync":
		s.write(w, folders(frame))
	case "Sync":
		s.sync(w, c, frame)
	case "Ping":
		s.ping(w, r, c, frame)
	case "Settings":
		s.write(w, settings())
	case "GetItemEstimate":
		s.write(w, wbxml.Elem(wbxml.GetItemEstimateGetItemEstimate, wbxml.Leaf(wbxml.GetItemEstimateStatus, "1")))
	case "Provision":
		s.provision(w, c, frame)
	default:
		http.Error(w, "this server does not know the command", http.StatusNotImplemented)
	}
}

// frame parses the body; an empty one gives nil.
func (c *call) frame() (*wbxml.Node, error) {
	if len(c.body) == 0 {
		return nil, nil
	}
	return wbxml.Parse(c.body)
}

// folders answers FolderSync: three folders at first, none later (MS-ASCMD section 2.2.1.5).
func folders(frame *wbxml.Node) *wbxml.Node {
	changes := wbxml.Elem(wbxml.FolderHierarchyChanges, wbxml.Leaf(wbxml.FolderHierarchyCount, "0"))
	if frame.Child(wbxml.FolderHierarchySyncKey).Value() == "0" {
		changes = wbxml.Elem(wbxml.FolderHierarchyChanges, wbxml.Leaf(wbxml.FolderHierarchyCount, "3"),
			folder("inbox", "Inbox", 2), folder("drafts", "Drafts", 3), folder("sent", "Sent", 5))
	}
	return wbxml.Elem(wbxml.FolderHierarchyFolderSync,
		wbxml.Leaf(wbxml.FolderHierarchyStatus, "1"), wbxml.Leaf(wbxml.FolderHierarchySyncKey, "1"), changes)
}

func folder(id, name string, kind int) *wbxml.Node {
	return wbxml.Elem(wbxml.FolderHierarchyAdd,
		wbxml.Leaf(wbxml.FolderHierarchyServerId, id), wbxml.Leaf(wbxml.FolderHierarchyParentId, "0"),
		wbxml.Leaf(wbxml.FolderHierarchyDisplayName, name), wbxml.Int(wbxml.FolderHierarchyType, kind))
}

func settings() *wbxml.Node {
	return wbxml.Elem(wbxml.SettingsSettings, wbxml.Leaf(wbxml.SettingsStatus, "1"),
		wbxml.Elem(wbxml.SettingsDeviceInformation, wbxml.Leaf(wbxml.SettingsStatus, "1")))
}

// ping holds the request until a mail comes or the heartbeat is over (MS-ASCMD section 2.2.1.13).
func (s *Server) ping(w http.ResponseWriter, r *http.Request, c *call, frame *wbxml.Node) {
	s.mu.Lock()
	a, d := s.device(c.user, c.deviceID)
	if d == nil {
		s.mu.Unlock()
		busy(w)
		return
	}
	if frame != nil {
		beat, err := strconv.Atoi(frame.Child(wbxml.PingHeartbeatInterval).Value())
		if err != nil || beat < minBeat || beat > maxBeat {
			s.mu.Unlock()
			s.write(w, wbxml.Elem(wbxml.PingPing, wbxml.Leaf(wbxml.PingStatus, "5"),
				wbxml.Int(wbxml.PingHeartbeatInterval, min(max(beat, minBeat), maxBeat))))
			return
		}
		d.beat = beat
	}
	if a.mails > d.seen {
		s.mu.Unlock()
		s.write(w, changed())
		return
	}
	d.wake() // a new Ping of a device ends its old one
	waiter := make(chan struct{})
	d.waiter = waiter
	beat := time.Duration(d.beat) * time.Second
	s.mu.Unlock()

	if answer := s.hold(r, waiter, beat); answer != nil {
		s.write(w, answer)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.waiter == waiter {
		d.waiter = nil
	}
}

// hold waits and returns the answer, nil when the client has gone.
func (s *Server) hold(r *http.Request, waiter <-chan struct{}, beat time.Duration) *wbxml.Node {
	s.held.Add(1)
	defer s.held.Add(-1)
	timer := time.NewTimer(beat)
	defer timer.Stop()
	select {
	case <-waiter:
		return changed()
	case <-timer.C:
		return wbxml.Elem(wbxml.PingPing, wbxml.Leaf(wbxml.PingStatus, "1"))
	case <-r.Context().Done():
		return nil
	}
}

func changed() *wbxml.Node {
	return wbxml.Elem(wbxml.PingPing, wbxml.Leaf(wbxml.PingStatus, "2"),
		wbxml.Elem(wbxml.PingFolders, wbxml.Leaf(wbxml.PingFolder, "inbox")))
}

func busy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "60")
	http.Error(w, "too many devices", http.StatusServiceUnavailable)
}
