package policy

import (
	"slices"

	"drover/internal/core/platform"
)

var (
	v25  = platform.V(2, 5)
	v120 = platform.V(12, 0)
	v121 = platform.V(12, 1)
)

const (
	// noLimit is the None of settings whose bounds include it nowhere else.
	noLimit = 0
	// noOption is the None of choices, of which none means no limit.
	noOption = -1
)

// definitions are all settings, in the order in which people are shown them.
var definitions = slices.Concat(securityDefinitions, auditDefinitions, deviceDefinitions, shareDefinitions, mailDefinitions,
	iosDefinitions, touchDownDefinitions, androidDefinitions, computerDefinitions, agentDefinitions, gatewayDefinitions)

var securityDefinitions = []Definition{
	// Passwords. MS-ASPROV 2.2.2: all of them count only where a password is required.
	yesNo(platform.PasswordRequired, CategoryPassword, "Require a password",
		"The device must be locked with a password, PIN or pattern. Without it no other password rule counts.",
		false, Yes, "DevicePasswordEnabled", v25),
	password(Definition{
		Key: platform.PasswordQuality, Title: "Strength of the password",
		Help: "What kind of password is enough. ActiveSync has no word for it: there, the settings of letters and digits and of " +
			"kinds of characters count.", Kind: KindChoice, None: noOption, Default: Number(0), Stricter: More,
		Options: []Option{{0, "Any"}, {1, "Digits or more"}, {2, "Letters and digits"}, {3, "Complex"}},
	}),
	password(Definition{
		Key: platform.PasswordMinLength, Title: "Minimum length",
		Help: "The least number of characters. 0 sets none.", Kind: KindNumber, Min: 1, Max: 16, Unit: "characters",
		Stricter: More, Element: "MinDevicePasswordLength", Since: v25,
	}),
	password(Definition{
		Key: platform.PasswordAllowSimple, Title: "Allow simple passwords",
		Help: "Passwords such as 1111 or 1234.", Kind: KindBool, Default: Bool(true), Stricter: No,
		Element: "AllowSimpleDevicePassword", Since: v120,
	}),
	password(Definition{
		Key: platform.PasswordAlphanumeric, Title: "Require letters and digits",
		Help: "A password of digits alone is not enough.", Kind: KindBool, Default: Bool(false), Stricter: Yes,
		Element: "AlphanumericDevicePasswordRequired", Since: v25,
	}),
	password(Definition{
		Key: platform.PasswordComplexGroups, Title: "Kinds of characters",
		Help: "How many of the four kinds (lower case, upper case, digits, others) the password must hold. Counts only " +
			"where letters and digits are required. 0 sets none.", Kind: KindNumber, Min: 1, Max: 4, Unit: "kinds", Stricter: More,
		Needs: platform.PasswordAlphanumeric, Element: "MinDevicePasswordComplexCharacters", Since: v121,
	}),
	password(Definition{
		Key: platform.PasswordExpiration, Title: "Expires after",
		Help: "When the password expires, the device locks; the user unlocks it with the old one and must choose a new one. " +
			"0 means never, which current guidance advises.", Kind: KindNumber, Min: 1, Max: 730, Unit: "days", Stricter: Less,
		Element: "DevicePasswordExpiration", Since: v120,
	}),
	password(Definition{
		Key: platform.PasswordHistory, Title: "Remember old passwords",
		Help: "How many old passwords cannot be used again. With 10, the oldest becomes free at the eleventh change. 0 " +
			"remembers none.", Kind: KindNumber, Min: 1, Max: 50, Unit: "passwords", Stricter: More,
		Element: "DevicePasswordHistory", Since: v120,
	}),
	password(Definition{
		Key: platform.PasswordMaxFailures, Title: "Wrong passwords until the device erases itself",
		Help: "After so many wrong passwords in a row the device erases itself; nobody can call that back. A computer locks the " +
			"account for a time instead. 0 does neither.",
		Kind: KindNumber, Min: 4, Max: 16, Unit: "attempts", Stricter: Less, Element: "MaxDevicePasswordFailedAttempts",
		Since: v25,
	}),
	password(Definition{
		Key: platform.PasswordEcho, Title: "Wrong passwords until typing is shown",
		Help: "After so many wrong passwords the device shows what is typed, so that the mistake can be seen. They must be fewer " +
			"than those after which it erases itself. 0 never does.", Kind: KindNumber, Min: 1, Max: 15, Unit: "attempts", Stricter: More,
	}),
	password(Definition{
		Key: platform.PasswordRecovery, Title: "Allow a recovery password",
		Help: "A second password that unlocks the device when the first is forgotten. The device may store it with the mail server.",
		Kind: KindBool, Default: Bool(false), Stricter: No, Element: "PasswordRecoveryEnabled", Since: v120,
	}),
	{
		Key: platform.LockInactivity, Category: CategoryLock, Title: "Lock after inactivity",
		Help: "The longest idle time before the device locks itself; the user may choose a shorter one, not a longer. " +
			"0 sets none. Counts only where a password is required.", Kind: KindNumber, Min: 60, Max: 3600, Unit: "seconds",
		Default: Number(noLimit), Stricter: Less, Needs: platform.PasswordRequired, Element: "MaxInactivityTimeDeviceLock",
		Since: v25,
	},
	{
		Key: platform.LockChallenge, Category: CategoryLock, Title: "Lock regardless of use",
		Help: "The device locks after this time, in use or not. It must be longer than the lock after inactivity. 0 sets none.",
		Kind: KindNumber, Min: 600, Max: 18_000, Unit: "seconds", Default: Number(noLimit), Stricter: Less,
		Needs: platform.PasswordRequired,
	},
	{
		Key: platform.LockDuress, Category: CategoryLock, Title: "Duress notification",
		Help: "Who is forced to unlock types the password with its first character at the end: the device unlocks, and sends a " +
			"hidden mail of high priority to the address below.",
		Kind: KindBool, Default: Bool(false), Stricter: Yes, Needs: platform.PasswordRequired,
	},
	{
		Key: platform.LockDuressAddress, Category: CategoryLock, Title: "Duress address",
		Help: "Who is told. The device leaves no trace of the mail.", Kind: KindText, Format: FormatMail, Default: Text(""),
		Stricter: Common, Needs: platform.LockDuress,
	},
	{
		Key: platform.LockEmergency, Category: CategoryLock, Title: "Emergency calls",
		Help: "Numbers that can be called while the device is locked, beside those of the system.", Kind: KindList,
		Format: FormatPhone, Max: 20, Default: List(), Stricter: Common,
	},

	yesNo(platform.EncryptDevice, CategoryEncryption, "Encrypt the device",
		"What is stored on the device must be encrypted, so that no finder can read it. How much that covers differs by platform; "+
			"ActiveSync before 12.1 cannot ask for it.",
		false, Yes, "RequireDeviceEncryption", v121),
	{
		Key: platform.EncryptStrength, Category: CategoryEncryption, Title: "Strength of encryption",
		Help: "How hard the encryption is to break: the more bits, the harder. Counts for applications that offer the choice; others " +
			"have one cipher.", Kind: KindChoice, None: noOption, Default: Number(0),
		Options:  []Option{{0, "Secure (128 bit)"}, {1, "More secure (192 bit)"}, {2, "Most secure (256 bit)"}},
		Stricter: More, Needs: platform.EncryptDevice,
	},
	yesNo(platform.EncryptCard, CategoryEncryption, "Encrypt the storage card",
		"Data on a removable card must be encrypted. Devices without one ignore it.",
		false, Yes, "RequireStorageCardEncryption", v121),
}

var deviceDefinitions = []Definition{
	yesNo(platform.AllowCamera, CategoryDevice, "Allow the camera",
		"Photos and videos can be taken. To forbid it, some devices only hide the camera's application.", true, No, "AllowCamera", v121),
	yesNo(platform.AllowStorageCard, CategoryDevice, "Allow storage cards", "Removable cards can be read and written.", true, No, "AllowStorageCard", v121),
	choice(platform.AllowBluetooth, CategoryDevice, "Allow Bluetooth", "Hands-free allows headsets and car kits, and no transfer of files.", 2, "AllowBluetooth",
		Option{0, "Off"}, Option{1, "Hands-free only"}, Option{2, "On"}),
	yesNo(platform.AllowWiFi, CategoryDevice, "Allow Wi-Fi", "Without it the device uses the mobile network alone.", true, No, "AllowWiFi", v121),
	yesNo(platform.AllowInfrared, CategoryDevice, "Allow infrared", "Connections over the infrared port.", true, No, "AllowIrDA", v121),
	yesNo(platform.AllowTextMessaging, CategoryDevice, "Allow text messages", "SMS and the like, beside mail.", true, No, "AllowTextMessaging", v121),
	yesNo(platform.AllowInternetSharing, CategoryDevice, "Allow sharing the internet connection",
		"Other devices can go online through this one, such as over its hotspot.", true, No, "AllowInternetSharing", v121),
	yesNo(platform.AllowDesktopSync, CategoryDevice, "Allow synchronizing with a computer", "By cable, Bluetooth or infrared, past the mail server.", true, No,
		"AllowDesktopSync", v121),
	yesNo(platform.AllowRemoteDesktop, CategoryDevice, "Allow controlling other computers",
		"The device can show the screen of a computer elsewhere and be its keyboard and mouse (remote desktop).", true, No,
		"AllowRemoteDesktop", v121),
	yesNo(platform.AllowBrowser, CategoryDevice, "Allow the browser",
		"The browser that came with the device; installed ones are not touched.", true, No, "AllowBrowser", v121),
	yesNo(platform.AllowConsumerMail, CategoryDevice, "Allow consumer mail", "Private accounts with webmail services.",
		true, No, "AllowConsumerEmail", v121),
	yesNo(platform.AllowPOPIMAP, CategoryDevice, "Allow POP and IMAP accounts", "Other mail accounts beside this one.", true, No, "AllowPOPIMAPEmail", v121),
	documentBrowse(),

	yesNo(platform.AllowUnsignedApps, CategoryApps, "Allow unsigned applications", "Applications that no known publisher has signed may run.", true, No,
		"AllowUnsignedApplications", v121),
	yesNo(platform.AllowUnsignedPackages, CategoryApps, "Allow unsigned installation packages", "Packages that no known publisher has signed may be installed.", true, No,
		"AllowUnsignedInstallationPackages", v121),
	{
		Key: platform.BlockedApps, Category: CategoryApps, Title: "Blocked built-in applications",
		Help: "Applications that came with the device and must not run. Each is named by its file in the device's ROM.", Kind: KindList, Max: 200,
		Default: List(), Stricter: Both, Element: "UnapprovedInROMApplicationList", Since: v121,
	},
	{
		Key: platform.ApprovedApps, Category: CategoryApps, Title: "Approved applications",
		Help: "These applications alone may run; where the list is empty, all may. Each is named by its SHA-1 hash, of 40 hexadecimal digits.",
		Kind: KindList, Max: 200, Default: List(), Format: FormatHash, Stricter: Common, Element: "ApprovedApplicationList", Since: v121,
	},
}

var mailDefinitions = []Definition{
	yesNo(platform.AllowAttachments, CategorySync, "Allow attachments", "Attachments can be fetched to the device.", true, No, "AttachmentsEnabled", v120),
	{
		Key: platform.MaxAttachmentSize, Category: CategorySync, Title: "Largest attachment",
		Help: "Larger ones are not fetched. 0 sets no limit.", Kind: KindNumber, Min: 1024, Max: 1 << 30, Unit: "bytes",
		Default: Number(noLimit), Stricter: Less, Needs: platform.AllowAttachments, Element: "MaxAttachmentSize", Since: v120,
	},
	choice(platform.MaxMailAge, CategorySync, "Mail on the device", "Older mail does not come to the device.", 0, "MaxEmailAgeFilter",
		Option{0, "All"}, Option{1, "Of the last day"}, Option{2, "Of the last 3 days"}, Option{3, "Of the last week"},
		Option{4, "Of the last 2 weeks"}, Option{5, "Of the last month"}),
	choice(platform.MaxCalendarAge, CategorySync, "Events on the device", "Older events do not come to the device.", 0,
		"MaxCalendarAgeFilter", Option{0, "All"}, Option{4, "Of the last 2 weeks"}, Option{5, "Of the last month"},
		Option{6, "Of the last 3 months"}, Option{7, "Of the last 6 months"}),
	bodySize(platform.MaxBodySize, "Longest text of plain mail", "MaxEmailBodyTruncationSize"),
	bodySize(platform.MaxHTMLBodySize, "Longest text of HTML mail", "MaxEmailHTMLBodyTruncationSize"),
	yesNo(platform.AllowHTMLMail, CategorySync, "Allow HTML mail", "Otherwise mail arrives as plain text.", true, No, "AllowHTMLEmail", v121),
	yesNo(platform.ManualSyncRoaming, CategorySync, "Synchronize by hand while roaming", "In foreign networks nothing is fetched unless the user asks.", false, Yes,
		"RequireManualSyncWhenRoaming", v121),

	yesNo(platform.RequireSigned, CategorySMIME, "Sign all mail", "Outgoing mail must carry an S/MIME signature.", false, Yes, "RequireSignedSMIMEMessages", v121),
	yesNo(platform.RequireEncrypted, CategorySMIME, "Encrypt all mail", "Outgoing mail must be encrypted with S/MIME.", false, Yes, "RequireEncryptedSMIMEMessages", v121),
	choice(platform.SigningAlgorithm, CategorySMIME, "Signing algorithm", "The method by which mail is signed. ActiveSync can ask for no better ones.", 0,
		"RequireSignedSMIMEAlgorithm", Option{0, "SHA-1"}, Option{1, "MD5"}),
	choice(platform.EncryptAlgorithm, CategorySMIME, "Encryption algorithm", "The method by which mail is encrypted. ActiveSync can ask for no better ones.", 0,
		"RequireEncryptionSMIMEAlgorithm", Option{0, "3DES"}, Option{1, "DES"}, Option{2, "RC2, 128 bit"},
		Option{3, "RC2, 64 bit"}, Option{4, "RC2, 40 bit"}),
	choice(platform.NegotiateAlgorithm, CategorySMIME, "Allow other encryption algorithms",
		"Whether the device may encrypt by another method for a recipient whose certificate does not support the one asked for.", 2,
		"AllowSMIMEEncryptionAlgorithmNegotiation", Option{0, "No"}, Option{1, "Strong ones only"}, Option{2, "Any"}),
	yesNo(platform.AllowSoftCerts, CategorySMIME, "Allow certificates in software",
		"Certificates that are not on a smart card.", true, No, "AllowSMIMESoftCerts", v121),
}

var gatewayDefinitions = []Definition{
	{
		Key: platform.AllowNonProvisionable, Category: CategoryGateway, Title: "Allow devices that cannot take the policy",
		Help: "Devices that do not fetch the policy, or say that they apply it only in part, get mail all the same.",
		Kind: KindBool, Default: Bool(false), Stricter: No,
	},
	{
		Key: platform.RefreshInterval, Category: CategoryGateway, Title: "Fetch the policy again after",
		Help: "Drover asks each device to fetch its policy again after so many hours. 0 asks only when it changes.",
		Kind: KindNumber, Min: 1, Max: 9999, Unit: "hours", Default: Number(noLimit), Stricter: Less,
	},
}

func yesNo(key platform.Setting, c Category, title, help string, byDefault bool, s Strictness, element string, since platform.Version) Definition {
	return Definition{
		Key: key, Category: c, Title: title, Help: help, Kind: KindBool, Default: Bool(byDefault),
		Stricter: s, Element: element, Since: since,
	}
}

// password completes a password rule: it counts only where a password is required, and a number's default is no limit.
func password(d Definition) Definition {
	d.Category = CategoryPassword
	if d.Needs == "" {
		d.Needs = platform.PasswordRequired
	}
	if d.Kind == KindNumber {
		d.Default = Number(noLimit)
	}
	return d
}

// choice makes a setting of options, of which the lower number is the stricter. In the age filters 0 is all, the laxest;
// elsewhere 0 is the strictest and no number means no limit.
func choice(key platform.Setting, c Category, title, help string, byDefault int64, element string, options ...Option) Definition {
	d := Definition{
		Key: key, Category: c, Title: title, Help: help, Kind: KindChoice, Options: options,
		Default: Number(byDefault), Stricter: Less, None: noOption, Element: element, Since: v121,
	}
	if options[0].Words == "All" {
		d.None = 0
	}
	return d
}

func bodySize(key platform.Setting, title, element string) Definition {
	return Definition{
		Key: key, Category: CategorySync, Title: title,
		Help: "Longer texts are cut. 0 brings only who wrote, when and about what; -1 sets no limit.", Kind: KindNumber, Min: 0, Max: 1 << 24,
		Unit: "bytes", None: -1, Default: Number(-1), Stricter: Less, Element: element, Since: v121,
	}
}

// documentBrowse was part of the document of 12.0 alone.
func documentBrowse() Definition {
	d := yesNo(platform.AllowDocumentBrowse, CategoryDevice, "Allow opening shared documents",
		"Files in folders of the organization can be opened, through the mail server. ActiveSync 12.0 alone can forbid it.", true, No,
		"DocumentBrowseEnabled", v120)
	d.Until = v120
	return d
}
