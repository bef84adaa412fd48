package activesync

import "strings"

// Command is an ActiveSync command, by the code of the base64 query (MS-ASHTTP section 2.2.1.1.1.2.2). The ones without
// a code, which only the plain query can name, stand above 200.
type Command uint8

// The commands.
const (
	Sync              Command = 0
	SendMail          Command = 1
	SmartForward      Command = 2
	SmartReply        Command = 3
	GetAttachment     Command = 4
	FolderSync        Command = 9
	FolderCreate      Command = 10
	FolderDelete      Command = 11
	FolderUpdate      Command = 12
	MoveItems         Command = 13
	GetItemEstimate   Command = 14
	MeetingResponse   Command = 15
	Search            Command = 16
	Settings          Command = 17
	Ping              Command = 18
	ItemOperations    Command = 19
	Provision         Command = 20
	ResolveRecipients Command = 21
	ValidateCert      Command = 22
	Find              Command = 23

	GetHierarchy     Command = 201
	CreateCollection Command = 202
	DeleteCollection Command = 203
	MoveCollection   Command = 204
)

var commandNames = map[Command]string{
	Sync: "Sync", SendMail: "SendMail", SmartForward: "SmartForward", SmartReply: "SmartReply",
	GetAttachment: "GetAttachment", FolderSync: "FolderSync", FolderCreate: "FolderCreate",
	FolderDelete: "FolderDelete", FolderUpdate: "FolderUpdate", MoveItems: "MoveItems",
	GetItemEstimate: "GetItemEstimate", MeetingResponse: "MeetingResponse", Search: "Search", Settings: "Settings",
	Ping: "Ping", ItemOperations: "ItemOperations", Provision: "Provision", ResolveRecipients: "ResolveRecipients",
	ValidateCert: "ValidateCert", Find: "Find", GetHierarchy: "GetHierarchy", CreateCollection: "CreateCollection",
	DeleteCollection: "DeleteCollection", MoveCollection: "MoveCollection",
}

var commandsByName = func() map[string]Command {
	m := make(map[string]Command, len(commandNames))
	for c, name := range commandNames {
		m[strings.ToLower(name)] = c
	}
	return m
}()

// parseCommand finds a command by name, whatever its case.
func parseCommand(name string) (Command, bool) {
	if len(name) > 20 {
		return 0, false
	}
	if c, ok := commandsByName[name]; ok {
		return c, true
	}
	c, ok := commandsByName[strings.ToLower(name)]
	return c, ok
}

// String returns the command's name, "" when there is none.
func (c Command) String() string { return commandNames[c] }
