package activesync

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"drover/internal/base/wbxml"
)

var notice = Notice{
	From: "drover@example.test", To: "alice@example.test", Subject: "Waiting for approval",
	Text: "Ask the help desk.\nIt will let this device in.", At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
}

func ask(t *testing.T, v Version, c Command, n *wbxml.Node) (*wbxml.Node, time.Duration) {
	t.Helper()
	a, hold := quarantined(v, c, n.Encode(), notice)
	if a.status != http.StatusOK {
		t.Fatalf("%v: HTTP %d", c, a.status)
	}
	if a.body == nil {
		return nil, hold
	}
	foreign(t, a.body)
	root, err := wbxml.Parse(a.body)
	if err != nil {
		t.Fatal(err)
	}
	return root, hold
}

func syncRequest(key, collection string, more ...*wbxml.Node) *wbxml.Node {
	root := wbxml.Elem(wbxml.AirSyncSync, wbxml.Elem(wbxml.AirSyncCollections, wbxml.Elem(wbxml.AirSyncCollection,
		wbxml.Leaf(wbxml.AirSyncClass, "Email"), wbxml.Leaf(wbxml.AirSyncSyncKey, key),
		wbxml.Leaf(wbxml.AirSyncCollectionId, collection), wbxml.Elem(wbxml.AirSyncGetChanges))))
	root.Children = append(root.Children, more...)
	return root
}

func collection(root *wbxml.Node) *wbxml.Node {
	return root.Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection)
}

func TestAQuarantinedMailboxHoldsOneMessageAtEveryVersion(t *testing.T) {
	for _, v := range []Version{V25, V120, V121, V140, V141, V160, V161} {
		t.Run(v.String(), func(t *testing.T) {
			folders, _ := ask(t, v, FolderSync, wbxml.Elem(wbxml.FolderHierarchyFolderSync, wbxml.Leaf(wbxml.FolderHierarchySyncKey, "0")))
			inbox := folders.Child(wbxml.FolderHierarchyChanges).Child(wbxml.FolderHierarchyAdd)
			if got := inbox.Child(wbxml.FolderHierarchyType).Value(); got != "2" {
				t.Fatalf("the first folder is of type %s", got)
			}
			id := inbox.Child(wbxml.FolderHierarchyServerId).Value()

			first, _ := ask(t, v, Sync, syncRequest("0", id))
			key := collection(first).Child(wbxml.AirSyncSyncKey).Value()
			second, _ := ask(t, v, Sync, syncRequest(key, id))
			add := collection(second).Child(wbxml.AirSyncCommands).All()
			if len(add) != 1 {
				t.Fatalf("%d messages", len(add))
			}
			message := add[0].Child(wbxml.AirSyncApplicationData)
			if got := message.Child(wbxml.EmailSubject).Value(); got != notice.Subject {
				t.Errorf("the subject is %q", got)
			}
			text := message.Child(wbxml.EmailBody).Value()
			if v > V25 {
				text = message.Child(wbxml.AirSyncBaseBody).Child(wbxml.AirSyncBaseData).Value()
			}
			if !strings.Contains(text, "help desk") {
				t.Errorf("the text is %q", text)
			}

			key = collection(second).Child(wbxml.AirSyncSyncKey).Value()
			third, _ := ask(t, v, Sync, syncRequest(key, id))
			if collection(third).Child(wbxml.AirSyncCommands) != nil {
				t.Error("the message came twice")
			}
		})
	}
}

func TestKeysOfAnotherMailboxStartAnew(t *testing.T) {
	folders, _ := ask(t, V141, FolderSync, wbxml.Elem(wbxml.FolderHierarchyFolderSync, wbxml.Leaf(wbxml.FolderHierarchySyncKey, "17")))
	if got := folders.Child(wbxml.FolderHierarchyStatus).Value(); got != "9" {
		t.Errorf("FolderSync status %s", got)
	}
	mails, _ := ask(t, V141, Sync, syncRequest("{5}17", "1"))
	if got := collection(mails).Child(wbxml.AirSyncStatus).Value(); got != "3" {
		t.Errorf("Sync status %s", got)
	}
	other, _ := ask(t, V141, Sync, syncRequest("0", "mail/4711"))
	if got := collection(other).Child(wbxml.AirSyncStatus).Value(); got != "8" {
		t.Errorf("Sync status of an unknown folder %s", got)
	}
}

func TestWhatWaitsInQuarantineIsHeld(t *testing.T) {
	_, hold := ask(t, V121, Sync, syncRequest(quarantineLast, "1", wbxml.Leaf(wbxml.AirSyncWait, "10")))
	if hold != 10*time.Minute {
		t.Errorf("Wait of 10 minutes is held %v", hold)
	}
	_, hold = ask(t, V140, Sync, syncRequest(quarantineLast, "1", wbxml.Leaf(wbxml.AirSyncHeartbeatInterval, "900")))
	if hold != 15*time.Minute {
		t.Errorf("a heartbeat of 900 seconds is held %v", hold)
	}
	_, hold = ask(t, V140, Sync, syncRequest(quarantineFirst, "1", wbxml.Leaf(wbxml.AirSyncHeartbeatInterval, "900")))
	if hold != 0 {
		t.Errorf("the message is held back %v", hold)
	}
	ping := func(seconds string) (*wbxml.Node, time.Duration) {
		return ask(t, V141, Ping, wbxml.Elem(wbxml.PingPing, wbxml.Leaf(wbxml.PingHeartbeatInterval, seconds), wbxml.Elem(wbxml.PingFolders)))
	}
	if _, hold = ping("900"); hold != 15*time.Minute {
		t.Errorf("a Ping of 900 seconds is held %v", hold)
	}
	root, hold := ping("10")
	if root.Child(wbxml.PingStatus).Value() != "5" || root.Child(wbxml.PingHeartbeatInterval).Value() != "60" || hold != 0 {
		t.Errorf("a Ping of 10 seconds: %v, held %v", root, hold)
	}
	if a, _ := quarantined(V141, Ping, nil, notice); foreign(t, a.body) != `<Ping xmlns="Ping:"><Status>3</Status></Ping>` {
		t.Errorf("an empty Ping: %s", foreign(t, a.body))
	}
}

func TestTheMessageCanBeFetched(t *testing.T) {
	fetch := func(id string) *wbxml.Node {
		root, _ := ask(t, V141, ItemOperations, wbxml.Elem(wbxml.ItemOperationsItemOperations, wbxml.Elem(wbxml.ItemOperationsFetch,
			wbxml.Leaf(wbxml.ItemOperationsStore, "Mailbox"), wbxml.Leaf(wbxml.AirSyncCollectionId, "1"), wbxml.Leaf(wbxml.AirSyncServerId, id))))
		return root.Child(wbxml.ItemOperationsResponse).Child(wbxml.ItemOperationsFetch)
	}
	if fetch(messageID).Child(wbxml.ItemOperationsProperties) == nil {
		t.Error("no message came")
	}
	if got := fetch("1:2").Child(wbxml.ItemOperationsStatus).Value(); got != "6" {
		t.Errorf("a message that is not there: status %s", got)
	}
}

func TestQuarantineSendsNothingAndAsksForNoPassword(t *testing.T) {
	for c, name := range commandNames {
		for _, v := range []Version{V25, V121, V141} {
			a, _ := quarantined(v, c, nil, notice)
			if a.status == http.StatusUnauthorized || a.status == http.StatusForbidden {
				t.Errorf("%s at %v: HTTP %d", name, v, a.status)
			}
		}
	}
	if a, _ := quarantined(V141, SendMail, nil, notice); foreign(t, a.body) != `<SendMail xmlns="ComposeMail:"><Status>120</Status></SendMail>` {
		t.Errorf("SendMail: %s", foreign(t, a.body))
	}
}

// FuzzQuarantined holds that no body of any command panics or is held longer than an hour.
func FuzzQuarantined(f *testing.F) {
	f.Add(uint8(Sync), syncRequest("0", "1").Encode())
	f.Add(uint8(Ping), wbxml.Elem(wbxml.PingPing).Encode())
	f.Add(uint8(Settings), wbxml.Elem(wbxml.SettingsSettings).Encode())
	f.Fuzz(func(t *testing.T, c uint8, body []byte) {
		a, hold := quarantined(V141, Command(c), body, notice)
		if a.status == 0 || hold > time.Hour {
			t.Errorf("HTTP %d, held %v", a.status, hold)
		}
	})
}
