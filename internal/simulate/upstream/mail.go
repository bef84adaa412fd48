package upstream

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"drover/internal/base/wbxml"
)

// window is how many mails an answer carries at most.
const window = 25

// text is a mail's text; with it an answer of one mail is about 600 bytes long.
var text = strings.Repeat("The cattle are in the upper pasture. ", 11)

// sync answers for the inbox. The sync key is one more than the mails that the device has, so that the server need not
// remember what it sent (MS-ASCMD section 2.2.1.21).
func (s *Server) sync(w http.ResponseWriter, c *call, frame *wbxml.Node) {
	collection := frame.Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection)
	id := collection.Child(wbxml.AirSyncCollectionId).Value()
	key, err := strconv.Atoi(collection.Child(wbxml.AirSyncSyncKey).Value())
	if err != nil || key < 0 {
		s.write(w, synced("3", "0", id))
		return
	}
	s.mu.Lock()
	a, d := s.device(c.user, c.deviceID)
	if d == nil {
		s.mu.Unlock()
		busy(w)
		return
	}
	mails := a.mails
	if id != "inbox" {
		mails = 0
	}
	last := min(mails, max(key-1, 0)+window)
	if key > 0 && id == "inbox" {
		d.seen = last
	}
	s.mu.Unlock()

	switch {
	case key == 0:
		s.write(w, synced("1", "1", id))
	case key-1 > mails:
		s.write(w, synced("3", "0", id))
	case last == key-1:
		s.write(w, nil)
	default:
		s.write(w, items(c, id, key, last, mails))
	}
}

func synced(status, key, id string, more ...*wbxml.Node) *wbxml.Node {
	children := append([]*wbxml.Node{
		wbxml.Leaf(wbxml.AirSyncSyncKey, key), wbxml.Leaf(wbxml.AirSyncCollectionId, id), wbxml.Leaf(wbxml.AirSyncStatus, status),
	}, more...)
	return wbxml.Elem(wbxml.AirSyncSync, wbxml.Elem(wbxml.AirSyncCollections, wbxml.Elem(wbxml.AirSyncCollection, children...)))
}

func items(c *call, id string, key, last, mails int) *wbxml.Node {
	adds := wbxml.Elem(wbxml.AirSyncCommands)
	for n := key; n <= last; n++ {
		adds.Children = append(adds.Children, mail(c, id, n))
	}
	var more *wbxml.Node
	if last < mails {
		more = wbxml.Elem(wbxml.AirSyncMoreAvailable)
	}
	return synced("1", strconv.Itoa(last+1), id, more, adds)
}

// mail is the n-th mail of an inbox. Its body goes in the Email namespace at 2.5, in AirSyncBase later.
func mail(c *call, id string, n int) *wbxml.Node {
	received := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute)
	data := wbxml.Elem(wbxml.AirSyncApplicationData,
		wbxml.Leaf(wbxml.EmailTo, c.user),
		wbxml.Leaf(wbxml.EmailFrom, "Head drover <drover@example.test>"),
		wbxml.Leaf(wbxml.EmailSubject, fmt.Sprintf("Count of the herd, number %d", n)),
		wbxml.Leaf(wbxml.EmailDateReceived, received.Format("2006-01-02T15:04:05.000Z")),
		wbxml.Leaf(wbxml.EmailImportance, "1"),
		wbxml.Leaf(wbxml.EmailRead, "0"),
		wbxml.Leaf(wbxml.EmailMessageClass, "IPM.Note"))
	if c.version == "2.5" {
		data.Children = append(data.Children, wbxml.Leaf(wbxml.EmailBody, text))
	} else {
		data.Children = append(data.Children, wbxml.Elem(wbxml.AirSyncBaseBody,
			wbxml.Leaf(wbxml.AirSyncBaseType, "1"), wbxml.Int(wbxml.AirSyncBaseEstimatedDataSize, len(text)),
			wbxml.Leaf(wbxml.AirSyncBaseData, text)))
	}
	return wbxml.Elem(wbxml.AirSyncAdd, wbxml.Leaf(wbxml.AirSyncServerId, id+":"+strconv.Itoa(n)), data)
}
