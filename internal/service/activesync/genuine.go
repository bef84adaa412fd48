package activesync

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/wbxml"
)

// A mail server that is in trouble, or a web server in its place, answers too: with a page, with HTTP 500, with half a
// frame. A client could take that for news, or for none. So an answer is handed on only where it is ActiveSync's, and
// where it is not the client is told to come back.

// meant tells whether an HTTP status is the mail server's word to the client (MS-ASHTTP section 2.2.2.1.1). 401, 449 and
// 451 are not among them: they end at the gateway. Nor is 404, but for an attachment: it says that there is no
// ActiveSync at the address, which is the gateway's to know.
func meant(c Command, status int) bool {
	switch status {
	case http.StatusOK, http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge,
		http.StatusNotImplemented, http.StatusInsufficientStorage, statusAccountBlocked, statusPasswordExpired:
		return true
	case http.StatusNotFound:
		return c == GetAttachment
	}
	return false
}

// The statuses of HTTP that ActiveSync alone has.
const (
	statusAccountBlocked  = 456
	statusPasswordExpired = 457
)

// maxBusy bounds the time for which a mail server may send its clients away.
const maxBusy = time.Hour

// busy tells a client to come back for a mail server that has too much to do, when that server wants it back.
func (v *visit) busy(h http.Header) error {
	p := problem.New(problem.Throttled, "activesync.busy", "The mail server has too much to do.")
	if why := h["X-Ms-Asthrottle"]; len(why) > 0 {
		v.w.Header()["X-Ms-Asthrottle"] = why
	}
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return p
	}
	return p.WithRetry(min(time.Duration(seconds)*time.Second, maxBusy))
}

// genuine returns nil where an answer with HTTP 200 is one of ActiveSync. head is the beginning of its body; whole says
// that it is all of it.
func genuine(c Command, v Version, h http.Header, head []byte, whole bool) error {
	switch {
	case c == GetAttachment:
		return nil // it has the attachment's own type
	case whole && len(head) == 0:
		return mayBeEmpty(c, v)
	case !ownType(h):
		return fmt.Errorf("it answers with the type %.40q", h.Get("Content-Type"))
	case h.Get("Content-Encoding") != "" || strings.Contains(h.Get("Content-Type"), "multipart"):
		return nil
	case head[0] != wbxmlVersion:
		return errors.New("it answers with what is no WBXML")
	case whole && cutShort(head):
		return errors.New("it answers with half a frame")
	}
	return nil
}

const (
	// mediaType begins the type of every answer, which goes on ".wbxml", ".multipart", or not at all.
	mediaType = "application/vnd.ms-sync"
	// wbxmlVersion is the first octet of every frame (MS-ASWBXML section 2.1.2.1).
	wbxmlVersion = 3
)

// ownType tells whether an answer has a type of ActiveSync.
func ownType(h http.Header) bool {
	kind := h.Get("Content-Type")
	return len(kind) >= len(mediaType) && strings.EqualFold(kind[:len(mediaType)], mediaType)
}

// mayBeEmpty returns nil for the commands to which an answer without a body means something: nothing is new, the mail is
// sent. At 2.5 any may.
func mayBeEmpty(c Command, v Version) error {
	switch c {
	case Sync, SendMail, SmartForward, SmartReply:
		return nil
	}
	if v == V25 {
		return nil
	}
	return errors.New("it answers with nothing")
}

// cutShort tells whether a frame ends before its root element does. What else may be wrong with it is for the client to
// judge.
func cutShort(frame []byte) bool {
	w, err := wbxml.NewWalker(frame)
	for err == nil {
		_, err = w.Next()
	}
	return errors.Is(err, wbxml.ErrTruncated) || errors.Is(err, wbxml.ErrLength)
}
