package adminv1

// DeviceInvitation lets a user enrol devices with a companion application.
type DeviceInvitation struct {
	ID        string `json:"id"`
	User      Ref    `json:"user"`
	Liability string `json:"liability" enum:"corporate,personal"`
	Uses      int    `json:"uses" doc:"How many devices."`
	Used      int    `json:"used"`
	Open      bool   `json:"open" doc:"A device can still come in by it."`
	By        Actor  `json:"by"`
	Created   string `json:"created"`
	Expires   string `json:"expires"`
	Ended     string `json:"ended" doc:"When it was taken back."`
}

// DeviceInvitationDraft makes an invitation.
type DeviceInvitationDraft struct {
	User      string `json:"user" minLength:"1" maxLength:"64" doc:"The user's id."`
	Liability string `json:"liability,omitempty" enum:"corporate,personal"`
	Uses      int    `json:"uses,omitempty" minimum:"1" maximum:"20" default:"1"`
	Hours     int    `json:"hours,omitempty" minimum:"1" maximum:"720" default:"72"`
	Send      bool   `json:"send,omitempty" doc:"Send the link to the user by mail too. Where that fails, there is no invitation."`
}

// UserEnrolment is what a user needs for another device, and whether it can be sent by mail.
type UserEnrolment struct {
	Server string `json:"server" doc:"What the mail account of a device is pointed at."`
	User   string `json:"user"`
	Mail   string `json:"mail" doc:"Empty when it is not known."`
	Lacks  string `json:"lacks" enum:",server,address" doc:"What is missing for sending it by mail: the zone's mail server for notices, or the user's address. Empty for nothing."`
}

// NewDeviceInvitation is an invitation with its link, which is told this once.
type NewDeviceInvitation struct {
	DeviceInvitation
	Link string `json:"link" doc:"What the application reads from the QR code. Whoever holds it enrols as the user."`
	QR   string `json:"qr" doc:"The link as a QR code: PNG, in base64."`
}

// Terms are the terms of use that users agree to when they enrol.
type Terms struct {
	Version int    `json:"version" doc:"0 when there are none."`
	Text    string `json:"text"`
	Created string `json:"created"`
}

// TermsDraft is another text.
type TermsDraft struct {
	Text string `json:"text" minLength:"1" maxLength:"65536" doc:"Plain text."`
}

// DeviceKey is a key by which a device has proven itself.
type DeviceKey struct {
	ID      string `json:"id"`
	Serial  string `json:"serial" doc:"Of its certificate."`
	Channel string `json:"channel" enum:"companion,agent" doc:"Who holds it: a companion application, or the agent of a computer."`
	Via     string `json:"via" enum:"invitation,password,renewal,authorization,approval" doc:"What proved its user, or let the computer in."`
	State   string `json:"state" enum:"good,ending,ended" doc:"ending: the device erases itself and may still report that."`
	Because string `json:"because" doc:"Why it ended."`
	Created string `json:"created"`
	Expires string `json:"expires"`
	Ended   string `json:"ended"`
}

// Companion is what a device's companion application has told last. It may be lies.
type Companion struct {
	App        string    `json:"app"`
	Sent       string    `json:"sent" doc:"The revision of the policy that it was sent."`
	SentAt     string    `json:"sentAt"`
	Reported   string    `json:"reported" doc:"The revision that it has reported on."`
	ReportedAt string    `json:"reportedAt"`
	PostureAt  string    `json:"postureAt"`
	Posture    []Fact    `json:"posture"`
	Apps       []string  `json:"apps" doc:"The applications on the device, where they are collected."`
	Consents   []Consent `json:"consents"`
}

// Consent is one agreement to the terms of use.
type Consent struct {
	Terms int    `json:"terms"`
	User  Ref    `json:"user"`
	At    string `json:"at"`
}
