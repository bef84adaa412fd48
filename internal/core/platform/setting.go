package platform

import "slices"

// Setting is the key of one policy setting. The catalogue of settings with types and bounds is the policy package's;
// the keys live here because every platform answers for each of them.
type Setting string

// The settings, by category.
const (
	PasswordRequired      Setting = "password.required"
	PasswordQuality       Setting = "password.quality"
	PasswordMinLength     Setting = "password.min-length"
	PasswordAllowSimple   Setting = "password.allow-simple"
	PasswordAlphanumeric  Setting = "password.alphanumeric"
	PasswordComplexGroups Setting = "password.complex-groups"
	PasswordExpiration    Setting = "password.expiration-days"
	PasswordHistory       Setting = "password.history"
	PasswordMaxFailures   Setting = "password.max-failures"
	PasswordEcho          Setting = "password.echo"
	PasswordRecovery      Setting = "password.recovery"

	LockInactivity    Setting = "lock.inactivity"
	LockChallenge     Setting = "lock.challenge" // a lock regardless of use
	LockDuress        Setting = "lock.duress"    // a hidden call for help while unlocking
	LockDuressAddress Setting = "lock.duress-address"
	LockEmergency     Setting = "lock.emergency-calls"

	EncryptDevice   Setting = "encryption.device"
	EncryptStrength Setting = "encryption.strength"
	EncryptCard     Setting = "encryption.card"

	AuditPhoneLog         Setting = "audit.phone-log"
	AuditTextLog          Setting = "audit.text-log"
	AuditTextBodies       Setting = "audit.text-bodies"
	AuditLocation         Setting = "audit.location"
	AuditLocationInterval Setting = "audit.location-interval"
	AuditLocationExact    Setting = "audit.location-exact"
	AuditFiles            Setting = "audit.files"
	AuditFilePaths        Setting = "audit.file-paths"
	AuditFileTypes        Setting = "audit.file-types"
	AuditFileSize         Setting = "audit.file-size"
	AuditDeviceLog        Setting = "audit.device-log"
	AuditPhoneNumber      Setting = "audit.phone-number"

	AllowCamera           Setting = "device.camera"
	AllowStorageCard      Setting = "device.storage-card"
	AllowBluetooth        Setting = "device.bluetooth"
	AllowWiFi             Setting = "device.wifi"
	AllowInfrared         Setting = "device.infrared"
	AllowTextMessaging    Setting = "device.text-messaging"
	AllowInternetSharing  Setting = "device.internet-sharing"
	AllowDesktopSync      Setting = "device.desktop-sync"
	AllowRemoteDesktop    Setting = "device.remote-desktop"
	AllowBrowser          Setting = "device.browser"
	AllowConsumerMail     Setting = "device.consumer-mail"
	AllowPOPIMAP          Setting = "device.pop-imap"
	AllowDocumentBrowse   Setting = "device.document-browse"
	AllowUnsignedApps     Setting = "apps.unsigned"
	AllowUnsignedPackages Setting = "apps.unsigned-packages"
	BlockedApps           Setting = "apps.blocked"
	ApprovedApps          Setting = "apps.approved"

	ShareFolders      Setting = "files.folders"
	ResourceMail      Setting = "resources.mail"
	ResourceCalendar  Setting = "resources.calendar"
	ResourceContacts  Setting = "resources.contacts"
	ResourceTasks     Setting = "resources.tasks"
	ResourceApps      Setting = "resources.apps"
	ResourceFiles     Setting = "resources.files"
	ResourceCorporate Setting = "resources.corporate"

	AllowAttachments   Setting = "sync.attachments"
	MaxAttachmentSize  Setting = "sync.max-attachment"
	MaxMailAge         Setting = "sync.mail-age"
	MaxCalendarAge     Setting = "sync.calendar-age"
	MaxBodySize        Setting = "sync.body-size"
	MaxHTMLBodySize    Setting = "sync.html-body-size"
	AllowHTMLMail      Setting = "sync.html-mail"
	ManualSyncRoaming  Setting = "sync.manual-roaming"
	RequireSigned      Setting = "smime.require-signed"
	RequireEncrypted   Setting = "smime.require-encrypted"
	SigningAlgorithm   Setting = "smime.signing-algorithm"
	EncryptAlgorithm   Setting = "smime.encryption-algorithm"
	NegotiateAlgorithm Setting = "smime.negotiation"
	AllowSoftCerts     Setting = "smime.soft-certificates"

	TouchDownRequired     Setting = "touchdown.required"
	TouchDownSuppressPIN  Setting = "touchdown.suppress-pin"
	TouchDownCopyPaste    Setting = "touchdown.copy-paste"
	TouchDownCardFiles    Setting = "touchdown.attachments-to-card"
	TouchDownCleanCard    Setting = "touchdown.clean-card"
	TouchDownWidgets      Setting = "touchdown.widgets"
	TouchDownWidgetData   Setting = "touchdown.widget-data"
	TouchDownPhoneBook    Setting = "touchdown.phone-book"
	TouchDownSignature    Setting = "touchdown.signature"
	TouchDownOwnSignature Setting = "touchdown.own-signature"
	TouchDownUserSettings Setting = "touchdown.user-settings"

	FirewallEnabled  Setting = "firewall.enabled"
	UpdatesAutomatic Setting = "updates.automatic"
	AdminsAllowed    Setting = "admins.allowed"
	ServicesRunning  Setting = "services.running"
	ServicesStopped  Setting = "services.stopped"
	FilesPresent     Setting = "files.present"
	FilesAbsent      Setting = "files.absent"
	AgentLogLevel    Setting = "device.log-level"
	AgentRepair      Setting = "agent.repair" // mend what is found otherwise, or only tell
	AgentRefresh     Setting = "agent.refresh"
	AgentContact     Setting = "agent.contact"
	AgentInventory   Setting = "agent.inventory"
	InventoryHours   Setting = "agent.inventory-hours"
	InventoryUsers   Setting = "agent.inventory-users"
	WatchLogins      Setting = "agent.logins"
	WatchElevations  Setting = "agent.elevations"
	WatchUSB         Setting = "agent.usb"
	AgentRemovable   Setting = "agent.removable" // without the zone's consent

	AllowNonProvisionable Setting = "gateway.allow-non-provisionable"
	RefreshInterval       Setting = "gateway.refresh-hours"
)

// carried is a group of settings and the channels that have words for them.
type carried struct {
	by       []Channel
	settings []Setting
}

var (
	byMail     = []Channel{ActiveSync}
	byApp      = []Channel{Companion}
	byBoth     = []Channel{ActiveSync, Companion}
	byAll      = []Channel{ActiveSync, AppleMDM, Companion}
	byApple    = []Channel{AppleMDM}
	byAgent    = []Channel{Agent}
	byAllOurs  = []Channel{ActiveSync, AppleMDM, Companion, Agent}
	byBothOurs = []Channel{ActiveSync, Companion, Agent}
	byTheZone  []Channel // kept by Drover itself
	everything = []carried{
		{byAll, []Setting{PasswordRequired}},
		{byApp, []Setting{PasswordQuality}},
		{byAllOurs, []Setting{PasswordMinLength}},
		{byAll, []Setting{PasswordAllowSimple, PasswordAlphanumeric}},
		{byAllOurs, []Setting{PasswordComplexGroups, PasswordExpiration, PasswordHistory, PasswordMaxFailures}},
		{byApp, []Setting{PasswordEcho}},
		{byBoth, []Setting{PasswordRecovery}},
		{byAllOurs, []Setting{LockInactivity}},
		{byApp, []Setting{LockChallenge, LockDuress, LockDuressAddress, LockEmergency}},
		{byBothOurs, []Setting{EncryptDevice}},
		{byApp, []Setting{EncryptStrength}},
		{byBoth, []Setting{EncryptCard}},
		{byApp, auditSettings},
		{byAll, []Setting{AllowCamera}},
		{byBoth, []Setting{
			AllowStorageCard, AllowBluetooth, AllowWiFi, AllowInfrared, AllowTextMessaging, AllowInternetSharing,
			AllowDesktopSync, AllowRemoteDesktop, AllowBrowser, AllowConsumerMail, AllowPOPIMAP,
		}},
		{byMail, []Setting{AllowDocumentBrowse}},
		{byBoth, []Setting{AllowUnsignedApps, AllowUnsignedPackages, BlockedApps, ApprovedApps}},
		{byApp, shareSettings},
		{byMail, slices.Concat(syncSettings, smimeSettings)},
		{byApple, iosSettingKeys},
		{byApp, slices.Concat(touchDownKeys, androidKeys)},
		{byAgent, computerKeys},
		{byTheZone, []Setting{AllowNonProvisionable, RefreshInterval}},
	}
)

var (
	auditSettings = []Setting{
		AuditPhoneLog, AuditTextLog, AuditTextBodies, AuditLocation, AuditLocationInterval, AuditLocationExact, AuditFiles,
		AuditFilePaths, AuditFileTypes, AuditFileSize, AuditDeviceLog, AuditPhoneNumber,
	}
	shareSettings = []Setting{
		ShareFolders, ResourceMail, ResourceCalendar, ResourceContacts, ResourceTasks, ResourceApps, ResourceFiles,
		ResourceCorporate,
	}
	syncSettings = []Setting{
		AllowAttachments, MaxAttachmentSize, MaxMailAge, MaxCalendarAge, MaxBodySize, MaxHTMLBodySize, AllowHTMLMail,
		ManualSyncRoaming,
	}
	smimeSettings = []Setting{
		RequireSigned, RequireEncrypted, SigningAlgorithm, EncryptAlgorithm, NegotiateAlgorithm, AllowSoftCerts,
	}
	touchDownKeys = []Setting{
		TouchDownRequired, TouchDownSuppressPIN, TouchDownCopyPaste, TouchDownCardFiles, TouchDownCleanCard,
		TouchDownWidgets, TouchDownWidgetData, TouchDownPhoneBook, TouchDownSignature, TouchDownOwnSignature,
		TouchDownUserSettings,
	}
)

// computerKeys are what our agent alone knows.
var computerKeys = []Setting{
	FirewallEnabled, UpdatesAutomatic, AdminsAllowed, ServicesRunning, ServicesStopped, FilesPresent, FilesAbsent, AgentRepair,
	AgentContact, AgentRefresh, AgentLogLevel, AgentRemovable, AgentInventory, InventoryHours, InventoryUsers, WatchLogins,
	WatchElevations, WatchUSB,
}

var settings, carriers = index()

func index() ([]Setting, map[Setting][]Channel) {
	var all []Setting
	by := map[Setting][]Channel{}
	for _, g := range everything {
		for _, s := range g.settings {
			all, by[s] = append(all, s), g.by
		}
	}
	return all, by
}

// Settings returns every setting that a row answers for, in the order in which people are shown them.
func Settings() []Setting { return slices.Clone(settings) }

// Hidden tells whether nobody may see the setting who holds the device: whoever forces its owner must not learn that a call
// for help is possible.
func (s Setting) Hidden() bool { return s == LockDuress || s == LockDuressAddress }

// Unasked tells whether mail clients tell by themselves what the setting asks for, so that ActiveSync needs no word for it:
// Drover keeps what is told where the setting is on, and nothing of it otherwise.
func (s Setting) Unasked() bool { return s == AuditPhoneNumber }

// Unsent tells whether Drover itself does what the setting says, so that the companion application is never told it: who holds
// the device must not learn who is told of duress.
func (s Setting) Unsent() bool { return s == LockDuressAddress }

// Carriers returns the channels that have a word for the setting; none for what Drover keeps by itself.
func (s Setting) Carriers() []Channel { return slices.Clone(carriers[s]) }

// CarriedBy tells whether the channel has a word for the setting.
func (s Setting) CarriedBy(c Channel) bool { return slices.Contains(carriers[s], c) }
