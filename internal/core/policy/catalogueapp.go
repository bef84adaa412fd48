package policy

import "drover/internal/core/platform"

// The settings that a companion application carries beside the mail account. What is collected of a person is off by
// default, and each kind is asked for by itself.
var auditDefinitions = []Definition{
	collect(platform.AuditPhoneLog, "Phone log", "Number, direction, time and length of each call are sent to Drover."),
	collect(platform.AuditTextLog, "Text message log", "Number, direction and time of each text message are sent to Drover."),
	needing(platform.AuditTextLog, collect(platform.AuditTextBodies, "Text of messages",
		"The log holds what the messages say, too.")),
	collect(platform.AuditLocation, "Location", "The device sends its position from time to time."),
	needing(platform.AuditLocation, number(platform.AuditLocationInterval, CategoryAudit, "Position every",
		"How often the device sends its position. 0 leaves it to the application.", 5, 1440, "minutes", More)),
	needing(platform.AuditLocation, collect(platform.AuditLocationExact, "Exact position",
		"The best position the device can find; else the area alone.")),
	collect(platform.AuditFiles, "File archive", "Files of the folders below are copied to Drover, and nothing else is."),
	needing(platform.AuditFiles, texts(platform.AuditFilePaths, CategoryAudit, "Archived folders",
		"Paths on the device or its card. The archive needs at least one.", FormatPath, 50, Common)),
	needing(platform.AuditFiles, texts(platform.AuditFileTypes, CategoryAudit, "Archived kinds of files",
		"Endings of names, such as pdf. An empty list means all.", FormatEnding, 50, Common)),
	needing(platform.AuditFiles, number(platform.AuditFileSize, CategoryAudit, "Largest archived file",
		"Larger files are not copied. 0 leaves it at the most that the server takes, 16 MiB.", 1024, MaxFile, "bytes", Less)),
	collect(platform.AuditDeviceLog, "Device log", "The device sends the log of its application when an administrator asks for it."),
	collect(platform.AuditPhoneNumber, "Phone number",
		"The phone number that the device tells with its facts is kept, sealed. It is forgotten when this is switched off."),
}

// MaxFile bounds a file that is copied, in bytes: by the setting, by the companion protocol and in the journal.
const MaxFile = 16 << 20

var shareDefinitions = []Definition{
	texts(platform.ShareFolders, CategoryFiles, "Shared folders",
		"Folders of the organization whose files the companion application shows. An empty list shows none.", FormatPath, 100, Common),
	resource(platform.ResourceMail, "Provide mail", "Mail of the managed account."),
	resource(platform.ResourceCalendar, "Provide the calendar", "The calendar of the managed account."),
	resource(platform.ResourceContacts, "Provide contacts", "The contacts of the managed account."),
	resource(platform.ResourceTasks, "Provide tasks", "The tasks of the managed account."),
	resource(platform.ResourceApps, "Provide applications", "The list of the organization's applications."),
	resource(platform.ResourceFiles, "Provide files", "The files of the shared folders that the policy names."),
	resource(platform.ResourceCorporate, "Provide networks", "Wi-Fi, VPN and the like that the organization sets up."),
}

var touchDownDefinitions = []Definition{
	switchOf(platform.TouchDownRequired, CategoryTouchDown, "Require TouchDown", "Mail is read with TouchDown alone.", false, Yes),
	switchOf(platform.TouchDownSuppressPIN, CategoryTouchDown, "Let the device's password replace TouchDown's PIN",
		"Where the device has a password, TouchDown asks for no PIN of its own.", false, No),
	switchOf(platform.TouchDownCopyPaste, CategoryTouchDown, "Allow copy and paste", "Text can leave TouchDown over the clipboard.", true, No),
	switchOf(platform.TouchDownCardFiles, CategoryTouchDown, "Allow attachments on the card", "Attachments can be saved to the storage card.", true, No),
	switchOf(platform.TouchDownCleanCard, CategoryTouchDown, "Clean the card on a wipe",
		"A wipe, selective or full, erases the whole storage card as well.", false, Yes),
	switchOf(platform.TouchDownWidgets, CategoryTouchDown, "Allow widgets", "Widgets of TouchDown on the home screen.", true, No),
	needing(platform.TouchDownWidgets, switchOf(platform.TouchDownWidgetData, CategoryTouchDown, "Show data in widgets",
		"Subjects, names and places appear on the home screen, locked or not.", true, No)),
	switchOf(platform.TouchDownPhoneBook, CategoryTouchDown, "Export to the phone book",
		"Contacts of the managed account are copied to the phone's own.", true, No),
	{
		Key: platform.TouchDownSignature, Category: CategoryTouchDown, Title: "Signature", Kind: KindText, Format: FormatLine,
		Help: "Stands under each mail. Empty sets none.", Default: Text(""), Stricter: Common,
	},
	switchOf(platform.TouchDownOwnSignature, CategoryTouchDown, "Allow an own signature", "The user may change the signature.", true, No),
	switchOf(platform.TouchDownUserSettings, CategoryTouchDown, "Allow changing the configuration",
		"The user may change server, account and other settings of TouchDown.", true, No),
}

var androidDefinitions = []Definition{
	switchOf(platform.AndroidUnknownSources, CategoryAndroid, "Allow unknown sources", "Applications from outside the store.", true, No),
	switchOf(platform.AndroidAppInstall, CategoryAndroid, "Allow installing applications", "By the user, from the store.", true, No),
	switchOf(platform.AndroidAppRemoval, CategoryAndroid, "Allow removing applications", "By the user.", true, No),
	switchOf(platform.AndroidFactoryReset, CategoryAndroid, "Allow a factory reset", "By the user, in the settings.", true, No),
	switchOf(platform.AndroidDebugging, CategoryAndroid, "Allow debugging over USB", "Developer tools on a connected computer.", true, No),
	switchOf(platform.AndroidFileTransfer, CategoryAndroid, "Allow files over USB", "A connected computer sees the device's files.", true, No),
	switchOf(platform.AndroidScreenCapture, CategoryAndroid, "Allow screen capture", "Pictures of the screen.", true, No),
	switchOf(platform.AndroidAccounts, CategoryAndroid, "Allow changing accounts", "The user may add and remove accounts.", true, No),
	switchOf(platform.AndroidUsers, CategoryAndroid, "Allow further users", "Several people on one device.", true, No),
	texts(platform.AndroidKioskApps, CategoryAndroid, "Kiosk",
		"Packages that alone can be used, such as org.example.reader. An empty list is no kiosk.", FormatPackage, 50, Common),
	switchOf(platform.KnoxWorkspace, CategoryAndroid, "Require a Knox workspace", "Work data lives in Samsung's container.", false, Yes),
	needing(platform.KnoxWorkspace, switchOf(platform.KnoxClipboard, CategoryAndroid, "Share the clipboard with the workspace",
		"Text can leave the container over the clipboard.", true, No)),
	needing(platform.KnoxWorkspace, switchOf(platform.KnoxFiles, CategoryAndroid, "Move files out of the workspace",
		"Files can leave the container.", true, No)),
}

// switchOf makes a setting of yes or no that ActiveSync does not carry.
func switchOf(key platform.Setting, c Category, title, help string, byDefault bool, s Strictness) Definition {
	return Definition{Key: key, Category: c, Title: title, Help: help, Kind: KindBool, Default: Bool(byDefault), Stricter: s}
}

// collect makes a setting that has something of a person collected: off by default, and not collecting is the stricter.
func collect(key platform.Setting, title, help string) Definition {
	return switchOf(key, CategoryAudit, title, help, false, No)
}

func resource(key platform.Setting, title, help string) Definition {
	return switchOf(key, CategoryResources, title, help, true, No)
}

func number(key platform.Setting, c Category, title, help string, least, most int64, unit string, s Strictness) Definition {
	return Definition{
		Key: key, Category: c, Title: title, Help: help, Kind: KindNumber, Min: least, Max: most, Unit: unit,
		Default: Number(noLimit), Stricter: s,
	}
}

func texts(key platform.Setting, c Category, title, help string, f Format, most int64, s Strictness) Definition {
	return Definition{
		Key: key, Category: c, Title: title, Help: help, Kind: KindList, Format: f, Max: most, Default: List(), Stricter: s,
	}
}

// needing makes a setting count only where another is on.
func needing(need platform.Setting, d Definition) Definition {
	d.Needs = need
	return d
}
