package easclient

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/mail"
	"strconv"
	"strings"
)

// Folder is an entry of the folder hierarchy; Type as in MS-ASCMD section 2.2.3.170.3 (2 is the inbox).
type Folder struct{ ID, Parent, Name, Type string }

const typeInbox = "2"

func (f Folder) class() string {
	switch f.Type {
	case "8", "13":
		return "Calendar"
	case "9", "14":
		return "Contacts"
	case "7", "15":
		return "Tasks"
	default:
		return "Email"
	}
}

// FolderSync fetches the hierarchy from a key ("0": all, "": from the last one on) and remembers it.
func (s *Session) FolderSync(ctx context.Context, key string) (*Reply, error) {
	if key == "" {
		key = s.folderKey
	}
	reply, err := s.call(ctx, "FolderSync", el("FolderHierarchy:FolderSync", txt("FolderHierarchy:SyncKey", key)))
	if err != nil || reply.Status() != "1" {
		return reply, err
	}
	s.folderKey = reply.Tree.Get("SyncKey")
	if key == "0" {
		s.Folders = nil
	}
	for _, n := range reply.Tree.All("Changes/Add") {
		s.Folders = append(s.Folders, Folder{n.Get("ServerId"), n.Get("ParentId"), n.Get("DisplayName"), n.Get("Type")})
	}
	return reply, nil
}

// Inbox is the inbox of the last FolderSync.
func (s *Session) Inbox() (Folder, error) { return s.Folder("") }

// Folder finds a folder of the last FolderSync by its name or server id; "" is the inbox.
func (s *Session) Folder(name string) (Folder, error) {
	for _, f := range s.Folders {
		if name == "" && f.Type == typeInbox || name != "" && (f.ID == name || f.Name == name) {
			return f, nil
		}
	}
	return Folder{}, fmt.Errorf("no folder %q among the %d of the last FolderSync", name, len(s.Folders))
}

// SyncOptions say what one Sync asks for.
type SyncOptions struct {
	Folder    Folder
	Key       string // "0": anew, "": the last one of the folder
	Window    int    // at most so many changes; 0 says nothing
	Wait      int    // minutes the server may hold the request (12.1 and later); 0: none
	Heartbeat int    // the same in seconds (14.0 and later)
	OnSent    func() // see Request
}

// Sync synchronises one folder, whole mails included (MIMESupport 2), and remembers the key of the answer. An empty
// answer means that nothing changed (MS-ASCMD section 2.2.1.21).
func (s *Session) Sync(ctx context.Context, o SyncOptions) (*Reply, error) {
	if o.Key == "" {
		o.Key = s.syncKeys[o.Folder.ID]
	}
	if o.Key == "" {
		o.Key = "0"
	}
	frame, err := Encode(s.syncBody(o))
	if err != nil {
		return nil, err
	}
	reply, err := s.Send(ctx, Request{Command: "Sync", Body: frame, Key: s.PolicyKey, OnSent: o.OnSent})
	if err != nil {
		return reply, err
	}
	if key := reply.Tree.Get("Collections/Collection/SyncKey"); key != "" {
		s.syncKeys[o.Folder.ID] = key
	}
	return reply, nil
}

func (s *Session) syncBody(o SyncOptions) *Node {
	c := el("AirSync:Collection")
	if !s.Version.AtLeast(V121) {
		c.add(txt("AirSync:Class", o.Folder.class()))
	}
	c.add(txt("AirSync:SyncKey", o.Key), txt("AirSync:CollectionId", o.Folder.ID))
	if o.Key != "0" {
		c.add(txt("AirSync:DeletesAsMoves", "1"), el("AirSync:GetChanges"))
		if o.Window > 0 {
			c.add(txt("AirSync:WindowSize", strconv.Itoa(o.Window)))
		}
		c.add(s.syncBodyOptions())
	}
	sync := el("AirSync:Sync", el("AirSync:Collections", c))
	if o.Wait > 0 {
		sync.add(txt("AirSync:Wait", strconv.Itoa(o.Wait)))
	}
	if o.Heartbeat > 0 {
		sync.add(txt("AirSync:HeartbeatInterval", strconv.Itoa(o.Heartbeat)))
	}
	return sync
}

// syncBodyOptions asks for all mails, whole and as they are.
func (s *Session) syncBodyOptions() *Node {
	options := el("AirSync:Options", txt("AirSync:FilterType", "0"))
	if s.Version == V25 {
		return options.add(txt("AirSync:Truncation", "9"), txt("AirSync:MIMETruncation", "8"), txt("AirSync:MIMESupport", "2"))
	}
	return options.add(txt("AirSync:MIMESupport", "2"), el("AirSyncBase:BodyPreference", txt("AirSyncBase:Type", "4")))
}

// SyncEmpty sends a Sync without a body: "the same as last time" (12.1 and later).
func (s *Session) SyncEmpty(ctx context.Context) (*Reply, error) {
	return s.Send(ctx, Request{Command: "Sync", Key: s.PolicyKey})
}

// Mail is a mail as the server gave it. MIME is its source, byte for byte; a server that has no sources at version 2.5
// (SOGo) gives the text of the body alone.
type Mail struct{ Folder, ID, Subject, MIME, Text string }

// Body is what follows the header of the source, or the text of the body.
func (m Mail) Body() string {
	if m.MIME == "" {
		return m.Text
	}
	return MailBody(m.MIME)
}

// SHA256 is the hash of the source in hexadecimal.
func (m Mail) SHA256() string {
	sum := sha256.Sum256([]byte(m.MIME))
	return hex.EncodeToString(sum[:])
}

// Mails are the mails that an answer to Sync or ItemOperations carries.
func (r *Reply) Mails() []Mail {
	var mails []Mail
	for _, c := range r.Tree.All("Collections/Collection") {
		for _, command := range []string{"Add", "Change"} {
			for _, n := range c.All("Commands/" + command) {
				mails = append(mails, mailOf(c.Get("CollectionId"), n, "ApplicationData"))
			}
		}
	}
	for _, n := range r.Tree.All("Response/Fetch") {
		mails = append(mails, mailOf(n.Get("AirSync:CollectionId"), n, "Properties"))
	}
	return mails
}

func mailOf(folder string, n *Node, data string) Mail {
	m := Mail{Folder: folder, ID: n.Get("AirSync:ServerId"), Subject: n.Get(data + "/Email:Subject")}
	for _, body := range n.All(data + "/AirSyncBase:Body") {
		if body.Get("Type") == "4" {
			m.MIME = body.Get("Data")
		}
	}
	if m.MIME == "" {
		m.MIME = n.Get(data + "/Email:MIMEData") // version 2.5
		m.Text = n.Get(data + "/Email:Body")
	}
	return m
}

// maxRounds bounds a full synchronisation: 1,000 windows of 100 mails.
const maxRounds = 1000

// SyncAll synchronises a folder from nothing and returns all its mails.
func (s *Session) SyncAll(ctx context.Context, f Folder) ([]Mail, error) {
	reply, err := s.Sync(ctx, SyncOptions{Folder: f, Key: "0"})
	if err != nil {
		return nil, err
	}
	if err := syncStatus(reply); err != nil {
		return nil, err
	}
	mails := reply.Mails()
	for range maxRounds {
		reply, err := s.Sync(ctx, SyncOptions{Folder: f, Window: 100})
		if err != nil {
			return nil, err
		}
		if err := syncStatus(reply); err != nil {
			return nil, err
		}
		mails = append(mails, reply.Mails()...)
		if !reply.Tree.Has("Collections/Collection/MoreAvailable") {
			return mails, nil
		}
	}
	return nil, fmt.Errorf("Sync: still more after %d rounds", maxRounds)
}

func syncStatus(r *Reply) error {
	if r.HTTP != http.StatusOK {
		return fmt.Errorf("Sync: HTTP %d", r.HTTP)
	}
	if len(r.Body) == 0 {
		return nil
	}
	if status := r.Tree.Get("Collections/Collection/Status"); status != "1" {
		return fmt.Errorf("Sync: collection Status %q, Status %q", status, r.Status())
	}
	return nil
}

// Fetch gets one mail whole by ItemOperations (12.0 and later).
func (s *Session) Fetch(ctx context.Context, folder, id string) (*Reply, error) {
	return s.call(ctx, "ItemOperations", el("ItemOperations:ItemOperations", el("ItemOperations:Fetch",
		txt("ItemOperations:Store", "Mailbox"),
		txt("AirSync:CollectionId", folder), txt("AirSync:ServerId", id),
		el("ItemOperations:Options", txt("AirSync:MIMESupport", "2"),
			el("AirSyncBase:BodyPreference", txt("AirSyncBase:Type", "4"))))))
}

// Estimate asks how many changes a folder has since its last Sync (MS-ASCMD section 2.2.1.9).
func (s *Session) Estimate(ctx context.Context, f Folder) (*Reply, error) {
	c := el("GetItemEstimate:Collection")
	key := txt("AirSync:SyncKey", s.syncKeys[f.ID])
	if s.Version.AtLeast(V140) {
		c.add(key, txt("GetItemEstimate:CollectionId", f.ID), el("AirSync:Options", txt("AirSync:FilterType", "0")))
	} else {
		c.add(txt("GetItemEstimate:Class", f.class()), txt("GetItemEstimate:CollectionId", f.ID),
			txt("AirSync:FilterType", "0"), key)
	}
	return s.call(ctx, "GetItemEstimate", el("GetItemEstimate:GetItemEstimate", el("GetItemEstimate:Collections", c)))
}

// Ping waits up to heartbeat seconds for a change in the folders; it carries no policy key, like real devices.
func (s *Session) Ping(ctx context.Context, heartbeat int, onSent func(), folders ...Folder) (*Reply, error) {
	list := el("Ping:Folders")
	for _, f := range folders {
		list.add(el("Ping:Folder", txt("Ping:Id", f.ID), txt("Ping:Class", f.class())))
	}
	frame, err := Encode(el("Ping:Ping", txt("Ping:HeartbeatInterval", strconv.Itoa(heartbeat)), list))
	if err != nil {
		return nil, err
	}
	return s.Send(ctx, Request{Command: "Ping", Body: frame, OnSent: onSent})
}

// PingEmpty sends a Ping without a body: "the same as last time".
func (s *Session) PingEmpty(ctx context.Context, onSent func()) (*Reply, error) {
	return s.Send(ctx, Request{Command: "Ping", OnSent: onSent})
}

// SendMail sends a mail, keeping a copy: as message/rfc822 up to 12.1, inside WBXML later.
func (s *Session) SendMail(ctx context.Context, source string) (*Reply, error) {
	if !s.Version.AtLeast(V140) {
		return s.Send(ctx, Request{
			Command: "SendMail", Params: []Param{{"SaveInSent", "T"}},
			Body: []byte(source), ContentType: typeMail, Key: s.PolicyKey,
		})
	}
	return s.call(ctx, "SendMail", el("ComposeMail:SendMail",
		txt("ComposeMail:ClientId", rand.Text()),
		el("ComposeMail:SaveInSentItems"),
		blob("ComposeMail:MIME", []byte(source))))
}

// MailBody is what follows the header of a mail's source.
func MailBody(source string) string {
	_, body, _ := strings.Cut(source, "\r\n\r\n")
	return body
}

// MailSubject reads the Subject of a mail's source.
func MailSubject(source string) string {
	m, err := mail.ReadMessage(strings.NewReader(source))
	if err != nil {
		return ""
	}
	return m.Header.Get("Subject")
}
