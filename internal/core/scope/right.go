package scope

// Right is one named verb on a subject. A role is a set of rights.
type Right string

// The rights. Their names are stable: roles, tokens and scripts hold them.
const (
	DeviceRead          Right = "device.read"
	DeviceEdit          Right = "device.edit"
	DeviceRemove        Right = "device.remove"
	DeviceAccess        Right = "device.access" // allow, block, quarantine one device
	DeviceLock          Right = "device.lock"
	DeviceWipeAccount   Right = "device.wipe.account" // selective: the organization's data alone
	DeviceWipeCard      Right = "device.wipe.card"
	DeviceWipeFull      Right = "device.wipe.full"
	DeviceMessage       Right = "device.message"
	DeviceClearPasscode Right = "device.passcode.clear"
	DeviceLocate        Right = "device.locate"
	DeviceLog           Right = "device.log" // ask a device for its log
	DeviceRefresh       Right = "device.refresh"
	DeviceAccounts      Right = "device.accounts" // disable and enable the accounts of computers
	DeviceReboot        Right = "device.reboot"
	DeviceReadmit       Right = "device.readmit" // let a wiped device enrol again
	DeviceEnrol         Right = "device.enrol"   // invite users, and end devices' keys
	RegistrationRead    Right = "registration.read"
	RegistrationEdit    Right = "registration.edit" // keys, rules and approvals of computers, and who may come in
	InventoryRead       Right = "inventory.read"
	GroupRead           Right = "group.read"
	GroupEdit           Right = "group.edit"
	UserRead            Right = "user.read"
	UserEdit            Right = "user.edit"
	UserErase           Right = "user.erase"
	UserPersonalRead    Right = "user.personal.read"
	PrivacyEdit         Right = "privacy.edit" // retention and legal holds
	PolicyRead          Right = "policy.read"
	PolicyEdit          Right = "policy.edit"
	PolicyAssign        Right = "policy.assign"
	ScriptRead          Right = "script.read"
	ScriptEdit          Right = "script.edit" // have computers run something
	CommandRead         Right = "command.read"
	CommandCancel       Right = "command.cancel"
	ApprovalRead        Right = "approval.read"
	ApprovalDecide      Right = "approval.decide"
	AccessRead          Right = "access.read"
	AccessEdit          Right = "access.edit"
	ComplianceRead      Right = "compliance.read"
	ComplianceEdit      Right = "compliance.edit"
	UpstreamRead        Right = "upstream.read"
	UpstreamEdit        Right = "upstream.edit"
	DirectoryRead       Right = "directory.read"
	DirectoryEdit       Right = "directory.edit"
	AuditRead           Right = "audit.read"
	DuressRead          Right = "audit.duress" // see that somebody was forced to unlock a device
	AuditVerify         Right = "audit.verify"
	LogServerRead       Right = "log.server.read"
	LogSyncRead         Right = "log.sync.read"
	SecurityRead        Right = "security.read"
	ServiceRead         Right = "service.read"
	ServiceEdit         Right = "service.edit"
	SettingRead         Right = "setting.read"
	SettingEdit         Right = "setting.edit"
	SafetyEdit          Right = "safety.edit" // quorum, budgets, delay, breaker
	AdminRead           Right = "admin.read"
	AdminEdit           Right = "admin.edit"
	RoleRead            Right = "role.read"
	RoleEdit            Right = "role.edit"
	TokenOwn            Right = "token.own"
	TokenAll            Right = "token.all"
	KeyRotate           Right = "key.rotate"
)

// Description is a right in words.
type Description struct {
	Right       Right
	Words       string // "Erase devices completely"
	Destructive bool   // a token with it needs approval, and it is never granted by default
	Groups      bool   // may be limited to device groups; otherwise it reaches the whole zone or nothing
}

// Catalogue lists every right, in the order in which people read them.
func Catalogue() []Description { return append([]Description(nil), catalogue...) }

var catalogue = []Description{
	{DeviceRead, "See devices, their facts and their state", false, true},
	{DeviceEdit, "Change a device's name, owner, platform and groups", false, true},
	{DeviceRemove, "Remove a device from the zone", true, true},
	{DeviceAccess, "Allow, block or quarantine a device's mail", false, true},
	{DeviceLock, "Lock devices", false, true},
	{DeviceWipeAccount, "Erase the organization's data from devices", true, true},
	{DeviceWipeCard, "Erase devices' storage cards", true, true},
	{DeviceWipeFull, "Erase devices completely", true, true},
	{DeviceMessage, "Send messages to devices", false, true},
	{DeviceClearPasscode, "Clear devices' passcodes", true, true},
	{DeviceLocate, "Ask devices where they are", true, true},
	{DeviceLog, "Ask devices for their log", false, true},
	{DeviceRefresh, "Ask devices to tell anew what they are", false, true},
	{DeviceAccounts, "Disable the accounts of computers, and enable them again", true, true},
	{DeviceReboot, "Restart computers", false, true},
	{DeviceReadmit, "Let a wiped device enrol again", false, true},
	{DeviceEnrol, "Invite users to enrol devices, and end the keys of devices", false, true},
	{RegistrationRead, "See how computers come into the zone", false, false},
	{RegistrationEdit, "Say which computers come into the zone, and where they go", false, false},
	{InventoryRead, "See what devices are made of and what is installed on them", false, true},
	{GroupRead, "See device groups", false, false},
	{GroupEdit, "Make and change device groups", false, false},
	{UserRead, "See users", false, true},
	{UserEdit, "Add, import and change users and their groups", false, false},
	{UserErase, "Erase a user with all personal data", true, false},
	{UserPersonalRead, "Look at personal data, with a reason that its owner sees", false, true},
	{PrivacyEdit, "Change how long personal data is kept, and place legal holds", false, false},
	{PolicyRead, "See policy suites", false, false},
	{PolicyEdit, "Make and change policy suites", false, false},
	{PolicyAssign, "Assign policy suites", false, false},
	{ScriptRead, "See the scripts that computers run", false, false},
	{ScriptEdit, "Write scripts that computers run as administrator", true, false},
	{CommandRead, "See commands and their progress", false, true},
	{CommandCancel, "Cancel commands that are not delivered yet", false, true},
	{ApprovalRead, "See what waits for approval", false, true},
	{ApprovalDecide, "Approve or reject what others have asked for", false, true},
	{AccessRead, "See the rules for mail access", false, false},
	{AccessEdit, "Change the rules for mail access", false, false},
	{ComplianceRead, "See the rules of compliance and which devices break them", false, true},
	{ComplianceEdit, "Change the rules of compliance, and exempt devices", false, false},
	{UpstreamRead, "See mail servers", false, false},
	{UpstreamEdit, "Add and change mail servers", false, false},
	{DirectoryRead, "See the directories that users come from", false, false},
	{DirectoryEdit, "Add, change and import directories", false, false},
	{AuditRead, "Read the audit log", false, true},
	{DuressRead, "See in the audit log that somebody was forced to unlock a device", true, false},
	{AuditVerify, "Verify the audit log", false, false},
	{LogServerRead, "Read the server's log", false, false},
	{LogSyncRead, "Read which device has synchronised what, and when", false, true},
	{SecurityRead, "See how each layer of the zone's security stands", false, false},
	{ServiceRead, "See services and who may reach them", false, false},
	{ServiceEdit, "Switch services and change who may reach them", false, false},
	{SettingRead, "See the zone's settings", false, false},
	{SettingEdit, "Change the zone's settings", false, false},
	{SafetyEdit, "Change approvals, budgets and delays for destructive acts", true, false},
	{AdminRead, "See administrators", false, false},
	{AdminEdit, "Add, change and disable administrators", true, false},
	{RoleRead, "See roles", false, false},
	{RoleEdit, "Make and change roles", true, false},
	{TokenOwn, "Make API tokens for oneself", false, false},
	{TokenAll, "See and end everybody's API tokens", false, false},
	{KeyRotate, "Rotate the zone's keys", true, false},
}

// Known tells whether there is such a right.
func Known(r Right) bool {
	for _, d := range catalogue {
		if d.Right == r {
			return true
		}
	}
	return false
}
