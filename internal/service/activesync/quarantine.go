package activesync

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"drover/internal/base/wbxml"
)

// A quarantined device gets a mailbox of its own that holds one message, which says why and what to do. Everything here
// is answered without the upstream and without state: the sync keys alone tell how far the device has come.

// Notice is the one message of a quarantined mailbox.
type Notice struct {
	From    string
	To      string
	Subject string
	Text    string
	At      time.Time
}

// The sync keys of the quarantined mailbox. They begin alike, so that the gateway knows them when a device comes back
// with one after its release: no upstream may see them.
const (
	quarantineKey   = "DroverQuarantine"
	quarantineFirst = quarantineKey + "1" // the folder is known
	quarantineLast  = quarantineKey + "2" // the message is known
)

// The statuses of single commands that the quarantine, and the way out of it, give.
const (
	folderSyncInvalidKey = 9
	syncInvalidKey       = 3
	syncNotCached        = 13 // an empty Sync, and nothing is known to repeat
	syncNoFolder         = 8

	pingExpired     = 1
	pingMissing     = 3 // an empty Ping, and nothing is known to repeat
	pingOutOfRange  = 5
	pingFolderSync  = 7
	itemNotFound    = 6
	fetchProtocol   = 2
	collectionInbox = "1"
	messageID       = "1:1"
)

// The range of a Ping's heartbeat, in seconds, as Exchange has it.
const (
	minHeartbeat = 60
	maxHeartbeat = 3540
)

// folders of the quarantined mailbox: server id, name, type (MS-ASCMD section 2.2.3.186.3).
var quarantineFolders = [][3]string{
	{collectionInbox, "Inbox", "2"}, {"2", "Drafts", "3"}, {"3", "Deleted Items", "4"}, {"4", "Sent Items", "5"},
}

// quarantined answers a command of a quarantined device. Where hold is not zero the answer is due only after that time,
// or when the device is let in.
func quarantined(v Version, c Command, body []byte, n Notice) (a answer, hold time.Duration) {
	switch c {
	case FolderSync:
		return quarantineFolderSync(body), 0
	case Sync:
		return quarantineSync(v, body, n)
	case Ping:
		return quarantinePing(body)
	case ItemOperations:
		return quarantineFetch(body, n), 0
	case GetItemEstimate:
		return quarantineEstimate(v, body), 0
	case Settings:
		return settingsAnswer(body), 0
	case Search:
		return frame(wbxml.Elem(wbxml.SearchSearch, wbxml.Leaf(wbxml.SearchStatus, "1"),
			wbxml.Elem(wbxml.SearchResponse, wbxml.Elem(wbxml.SearchStore, wbxml.Leaf(wbxml.SearchStatus, "1"))))), 0
	case SendMail, SmartForward, SmartReply:
		return withheld(v, c, statusMailFailed), 0
	}
	return withheld(v, c, statusAccessDenied), 0
}

// withheld says no without the HTTP 403 that makes clients of old versions ask for a password.
func withheld(v Version, c Command, s Status) answer {
	if v < V140 {
		return answer{status: http.StatusInternalServerError}
	}
	return tell(v, c, s)
}

func quarantineFolderSync(body []byte) answer {
	root, err := wbxml.Parse(body)
	if err != nil || root.Tag != wbxml.FolderHierarchyFolderSync {
		return answer{status: http.StatusBadRequest}
	}
	changes := wbxml.Elem(wbxml.FolderHierarchyChanges)
	switch root.Child(wbxml.FolderHierarchySyncKey).Value() {
	case "0":
		changes.Children = append(changes.Children, wbxml.Int(wbxml.FolderHierarchyCount, len(quarantineFolders)))
		for _, f := range quarantineFolders {
			changes.Children = append(changes.Children, wbxml.Elem(wbxml.FolderHierarchyAdd,
				wbxml.Leaf(wbxml.FolderHierarchyServerId, f[0]), wbxml.Leaf(wbxml.FolderHierarchyParentId, "0"),
				wbxml.Leaf(wbxml.FolderHierarchyDisplayName, f[1]), wbxml.Leaf(wbxml.FolderHierarchyType, f[2])))
		}
	case quarantineFirst:
		changes.Children = append(changes.Children, wbxml.Leaf(wbxml.FolderHierarchyCount, "0"))
	default:
		return restartFolderSync()
	}
	return frame(wbxml.Elem(wbxml.FolderHierarchyFolderSync, wbxml.Leaf(wbxml.FolderHierarchyStatus, "1"),
		wbxml.Leaf(wbxml.FolderHierarchySyncKey, quarantineFirst), changes))
}

// restartFolderSync tells a device that its folder key is of another mailbox: it begins anew with key 0.
func restartFolderSync() answer {
	return frame(wbxml.Elem(wbxml.FolderHierarchyFolderSync,
		wbxml.Int(wbxml.FolderHierarchyStatus, folderSyncInvalidKey)))
}

// quarantineSync answers each collection of a Sync; one that waits, and to which nothing is new, is held.
func quarantineSync(v Version, body []byte, n Notice) (answer, time.Duration) {
	if len(body) == 0 {
		return frame(wbxml.Elem(wbxml.AirSyncSync, wbxml.Int(wbxml.AirSyncStatus, syncNotCached))), 0
	}
	root, err := wbxml.Parse(body)
	if err != nil || root.Tag != wbxml.AirSyncSync {
		return answer{status: http.StatusBadRequest}, 0
	}
	collections := wbxml.Elem(wbxml.AirSyncCollections)
	news := false
	for _, c := range root.Child(wbxml.AirSyncCollections).All() {
		if c.Tag != wbxml.AirSyncCollection {
			continue
		}
		answered, fresh := quarantineCollection(v, c, n)
		news = news || fresh
		collections.Children = append(collections.Children, answered)
	}
	if len(collections.Children) == 0 {
		return frame(wbxml.Elem(wbxml.AirSyncSync, wbxml.Int(wbxml.AirSyncStatus, syncNotCached))), 0
	}
	hold := syncHold(root)
	if !news && hold > 0 {
		return answer{status: http.StatusOK}, hold // an empty body says that nothing is new
	}
	return frame(wbxml.Elem(wbxml.AirSyncSync, collections)), 0
}

// quarantineCollection answers one collection and tells whether the answer says anything new.
func quarantineCollection(v Version, c *wbxml.Node, n Notice) (*wbxml.Node, bool) {
	id := c.Child(wbxml.AirSyncCollectionId).Value()
	key := c.Child(wbxml.AirSyncSyncKey).Value()
	a := wbxml.Elem(wbxml.AirSyncCollection)
	if class := c.Child(wbxml.AirSyncClass).Value(); v <= V121 && class != "" {
		a.Children = append(a.Children, wbxml.Leaf(wbxml.AirSyncClass, class))
	}
	state := func(key string, status int) {
		a.Children = append(a.Children, wbxml.Leaf(wbxml.AirSyncSyncKey, key),
			wbxml.Leaf(wbxml.AirSyncCollectionId, id), wbxml.Int(wbxml.AirSyncStatus, status))
	}
	switch {
	case !quarantineFolder(id):
		state("0", syncNoFolder)
	case key == "0":
		state(quarantineFirst, int(statusOK))
	case key == quarantineFirst && id == collectionInbox:
		state(quarantineLast, int(statusOK))
		a.Children = append(a.Children, wbxml.Elem(wbxml.AirSyncCommands, wbxml.Elem(wbxml.AirSyncAdd,
			wbxml.Leaf(wbxml.AirSyncServerId, messageID), wbxml.Elem(wbxml.AirSyncApplicationData, n.fields(v)...))))
	case key == quarantineFirst || key == quarantineLast:
		state(key, int(statusOK))
		return a, c.Child(wbxml.AirSyncCommands) != nil
	default:
		state("0", syncInvalidKey)
	}
	return a, true
}

func quarantineFolder(id string) bool {
	for _, f := range quarantineFolders {
		if f[0] == id {
			return true
		}
	}
	return false
}

// syncHold is how long a Sync asks to be held: Wait in minutes (12.1), HeartbeatInterval in seconds (14.0).
func syncHold(root *wbxml.Node) time.Duration {
	if minutes, err := strconv.Atoi(root.Child(wbxml.AirSyncWait).Value()); err == nil {
		return time.Duration(min(max(minutes, 1), 59)) * time.Minute
	}
	if seconds, err := strconv.Atoi(root.Child(wbxml.AirSyncHeartbeatInterval).Value()); err == nil {
		return time.Duration(min(max(seconds, minHeartbeat), maxHeartbeat)) * time.Second
	}
	return 0
}

func quarantinePing(body []byte) (answer, time.Duration) {
	if len(body) == 0 {
		return pingAnswer(pingMissing), 0
	}
	root, err := wbxml.Parse(body)
	if err != nil || root.Tag != wbxml.PingPing {
		return answer{status: http.StatusBadRequest}, 0
	}
	seconds, err := strconv.Atoi(root.Child(wbxml.PingHeartbeatInterval).Value())
	if err != nil || root.Child(wbxml.PingFolders) == nil {
		return pingAnswer(pingMissing), 0
	}
	if bound := min(max(seconds, minHeartbeat), maxHeartbeat); bound != seconds {
		return outOfRange(bound), 0
	}
	return pingAnswer(pingExpired), time.Duration(seconds) * time.Second
}

func pingAnswer(status int) answer {
	return frame(wbxml.Elem(wbxml.PingPing, wbxml.Int(wbxml.PingStatus, status)))
}

func quarantineFetch(body []byte, n Notice) answer {
	root, err := wbxml.Parse(body)
	if err != nil || root.Tag != wbxml.ItemOperationsItemOperations {
		return answer{status: http.StatusBadRequest}
	}
	response := wbxml.Elem(wbxml.ItemOperationsResponse)
	for _, f := range root.Children {
		if f.Tag == wbxml.ItemOperationsFetch {
			response.Children = append(response.Children, fetched(f, n))
		}
	}
	if len(response.Children) == 0 {
		return frame(wbxml.Elem(wbxml.ItemOperationsItemOperations, wbxml.Int(wbxml.ItemOperationsStatus, fetchProtocol)))
	}
	return frame(wbxml.Elem(wbxml.ItemOperationsItemOperations, wbxml.Leaf(wbxml.ItemOperationsStatus, "1"), response))
}

func fetched(f *wbxml.Node, n Notice) *wbxml.Node {
	collection, id := f.Child(wbxml.AirSyncCollectionId).Value(), f.Child(wbxml.AirSyncServerId).Value()
	if collection != collectionInbox || id != messageID {
		return wbxml.Elem(wbxml.ItemOperationsFetch, wbxml.Int(wbxml.ItemOperationsStatus, itemNotFound),
			wbxml.Leaf(wbxml.AirSyncCollectionId, collection), wbxml.Leaf(wbxml.AirSyncServerId, id))
	}
	return wbxml.Elem(wbxml.ItemOperationsFetch, wbxml.Leaf(wbxml.ItemOperationsStatus, "1"),
		wbxml.Leaf(wbxml.AirSyncCollectionId, collection), wbxml.Leaf(wbxml.AirSyncServerId, id),
		wbxml.Leaf(wbxml.AirSyncClass, "Email"), wbxml.Elem(wbxml.ItemOperationsProperties, n.fields(V120)...))
}

func quarantineEstimate(v Version, body []byte) answer {
	root, err := wbxml.Parse(body)
	if err != nil || root.Tag != wbxml.GetItemEstimateGetItemEstimate {
		return answer{status: http.StatusBadRequest}
	}
	answered := wbxml.Elem(wbxml.GetItemEstimateGetItemEstimate)
	for _, c := range root.Child(wbxml.GetItemEstimateCollections).All() {
		id := c.Child(wbxml.GetItemEstimateCollectionId).Value()
		count := "0"
		if id == collectionInbox && c.Child(wbxml.AirSyncSyncKey).Value() == quarantineFirst {
			count = "1"
		}
		collection := wbxml.Elem(wbxml.GetItemEstimateCollection)
		if v <= V121 {
			collection.Children = append(collection.Children, wbxml.Leaf(wbxml.GetItemEstimateClass, "Email"))
		}
		collection.Children = append(collection.Children, wbxml.Leaf(wbxml.GetItemEstimateCollectionId, id),
			wbxml.Leaf(wbxml.GetItemEstimateEstimate, count))
		answered.Children = append(answered.Children, wbxml.Elem(wbxml.GetItemEstimateResponse,
			wbxml.Leaf(wbxml.GetItemEstimateStatus, "1"), collection))
	}
	return frame(answered)
}

// settingsDenied is the status of a part of Settings that policy forbids (MS-ASCMD section 2.2.3.177.17).
const settingsDenied = 7

// settingsAnswer takes a device's information and answers every other part without content. What a device wants kept,
// such as a recovery password or an absence, nobody would keep.
func settingsAnswer(body []byte) answer {
	root, err := wbxml.Parse(body)
	if err != nil || root.Tag != wbxml.SettingsSettings {
		return answer{status: http.StatusBadRequest}
	}
	n := wbxml.Elem(wbxml.SettingsSettings, wbxml.Leaf(wbxml.SettingsStatus, "1"))
	for _, part := range root.Children {
		status := int(statusOK)
		if part.Tag != wbxml.SettingsDeviceInformation && part.Child(wbxml.SettingsSet) != nil {
			status = settingsDenied
		}
		n.Children = append(n.Children, wbxml.Elem(part.Tag, wbxml.Int(wbxml.SettingsStatus, status)))
	}
	return frame(n)
}

// fields are the properties of the message: the body is an element of Email at 2.5, of AirSyncBase later.
func (n Notice) fields(v Version) []*wbxml.Node {
	text := strings.ReplaceAll(n.Text, "\n", "\r\n")
	fields := []*wbxml.Node{
		wbxml.Leaf(wbxml.EmailTo, n.To), wbxml.Leaf(wbxml.EmailFrom, n.From), wbxml.Leaf(wbxml.EmailSubject, n.Subject),
		wbxml.Leaf(wbxml.EmailDateReceived, n.At.UTC().Format("2006-01-02T15:04:05.000Z")),
		wbxml.Leaf(wbxml.EmailDisplayTo, n.To), wbxml.Leaf(wbxml.EmailImportance, "1"), wbxml.Leaf(wbxml.EmailRead, "0"),
	}
	if v == V25 {
		fields = append(fields, wbxml.Leaf(wbxml.EmailBodyTruncated, "0"), wbxml.Int(wbxml.EmailBodySize, len(text)),
			wbxml.Leaf(wbxml.EmailBody, text), wbxml.Leaf(wbxml.EmailMessageClass, "IPM.Note"))
		return append(fields, wbxml.Leaf(wbxml.EmailInternetCPID, "65001"))
	}
	return append(fields,
		wbxml.Elem(wbxml.AirSyncBaseBody, wbxml.Leaf(wbxml.AirSyncBaseType, "1"),
			wbxml.Int(wbxml.AirSyncBaseEstimatedDataSize, len(text)), wbxml.Leaf(wbxml.AirSyncBaseTruncated, "0"),
			wbxml.Leaf(wbxml.AirSyncBaseData, text)),
		wbxml.Leaf(wbxml.EmailMessageClass, "IPM.Note"), wbxml.Leaf(wbxml.EmailInternetCPID, "65001"),
		wbxml.Leaf(wbxml.EmailContentClass, "urn:content-classes:message"),
		wbxml.Leaf(wbxml.AirSyncBaseNativeBodyType, "1"))
}
