package foreign

import (
	"io"
	"net/http"
	"strings"

	"drover/internal/base/sqldb"
	"drover/internal/core/inventory"
)

// Kind says what a message wants.
type Kind string

// The kinds.
const (
	Prolog    Kind = "prolog"    // asks whether an inventory is wanted, and how often
	Contact   Kind = "contact"   // the same, in GLPI's own protocol
	Inventory Kind = "inventory" // tells one
	Other     Kind = "other"     // asks for a task that is none of ours
)

// Message is one request of an agent.
type Message struct {
	Kind    Kind
	JSON    bool   // the answer is JSON too
	Native  bool   // a prolog of an agent that speaks GLPI's own protocol as well
	Device  string // what the agent calls its device
	Agent   string // name and version of the program, as it says
	Partial bool   // sections that are missing are as they were
	Parts   []inventory.Part

	packing packing
}

const (
	maxName = 128
	// agentID is the field by which an agent tells that it speaks GLPI's own protocol.
	agentID = "GLPI-Agent-ID"
)

// Read reads a message of at most [MaxBody] octets. Problems: Malformed, TooLarge.
func Read(header http.Header, body io.Reader) (Message, error) {
	plain, how, err := unpack(body)
	if err != nil {
		return Message{}, err
	}
	first := make([]byte, 1)
	for {
		if _, err := io.ReadFull(plain, first); err != nil {
			return Message{}, fault(err)
		}
		if !strings.ContainsRune(" \t\r\n\ufeff", rune(first[0])) {
			break
		}
	}
	in := io.MultiReader(strings.NewReader(string(first)), plain)
	var m Message
	var raw sections
	if first[0] == '{' {
		m, raw, err = readJSON(in)
	} else {
		m, raw, err = readXML(in)
	}
	if err != nil {
		return Message{}, fault(err)
	}
	m.packing = how
	m.Native = m.Kind == Prolog && header.Get(agentID) != ""
	m.Device = sqldb.Clean(m.Device, maxName)
	if m.Agent = sqldb.Clean(strings.TrimSpace(m.Agent), maxName); m.Agent == "" {
		m.Agent = sqldb.Clean(header.Get("User-Agent"), maxName)
	}
	if m.Kind == Inventory {
		m.Parts = raw.parts()
	}
	return m, nil
}

// sections are the sections of a message under the agents' own names, in capitals: lists of flat items.
type sections map[string][]row

type row map[string]string

// wanted are the sections that are read, with how many items at most. All others are passed over unread: among them the
// environment (ENVS) and the processes of the computer.
var wanted = map[string]int{
	"HARDWARE": 1, "BIOS": 1, "OPERATINGSYSTEM": 1, "CPUS": 64, "MEMORIES": 256, "STORAGES": 512, "DRIVES": 1000,
	"NETWORKS": 1000, "MONITORS": 64, "PRINTERS": 1000, "LOCAL_USERS": 5000, "SOFTWARES": 20000, "VERSIONCLIENT": 1,
}

func (s sections) add(name string, r row) {
	if most := wanted[name]; len(s[name]) < most && len(r) > 0 {
		s[name] = append(s[name], r)
	}
}

// one is the item of a section that has one.
func (s sections) one(name string) row {
	if len(s[name]) == 0 {
		return nil
	}
	return s[name][0]
}
