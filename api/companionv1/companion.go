package companionv1

import "encoding/json"

// Discovery tells an application where it is and how it gets in.
type Discovery struct {
	Zone      string   `json:"zone" doc:"The zone's name, for people."`
	URL       string   `json:"url" doc:"Where all paths of this document begin."`
	Tag       string   `json:"tag" doc:"The parameter tag of every signature."`
	Ways      []string `json:"ways" doc:"How a user is proven: invitation, password."`
	Terms     int      `json:"terms" doc:"The version of the terms of use; 0 when there are none."`
	Time      string   `json:"time" doc:"The server's clock."`
	Algorithm []string `json:"algorithms" doc:"Kinds of keys that are taken: ed25519, ecdsa-p256-sha256."`
}

// Terms is the text that a user agrees to.
type Terms struct {
	Version int    `json:"version" doc:"0 when there are no terms."`
	Text    string `json:"text" doc:"Plain text."`
}

// Agreement is a user's consent.
type Agreement struct {
	Terms int `json:"terms" minimum:"1" doc:"The version that the user has read and agreed to."`
}

// Facts are what a device says it is. None of them proves anything. What is left out stays as it was told before.
type Facts struct {
	Name       string `json:"name,omitempty" maxLength:"128" doc:"What its user calls it."`
	Model      string `json:"model,omitempty" maxLength:"128"`
	OS         string `json:"os,omitempty" maxLength:"128" doc:"Name and version of the system: Android 4.4."`
	Language   string `json:"language,omitempty" maxLength:"64"`
	Operator   string `json:"operator,omitempty" maxLength:"128"`
	Serial     string `json:"serial,omitempty" maxLength:"128"`
	IMEI       string `json:"imei,omitempty" maxLength:"64"`
	Phone      string `json:"phone,omitempty" maxLength:"64" doc:"The phone number. 403 collect.phone where the policy does not ask for it by audit.phone-number, as at an enrolment, where there is no policy yet."`
	DeviceType string `json:"deviceType,omitempty" maxLength:"64" doc:"As a mail client on it would call it. Counts only where none is known here."`
	UserAgent  string `json:"userAgent,omitempty" maxLength:"256" doc:"As deviceType."`
}

// Enrolment asks to let a device in. Either an invitation, or name and password.
type Enrolment struct {
	Invitation string `json:"invitation,omitempty" maxLength:"64" doc:"The token of an invitation: what stands behind # in its link."`
	Name       string `json:"name,omitempty" maxLength:"256" doc:"The user's login name."`
	Password   string `json:"password,omitempty" maxLength:"256"`
	CSR        []byte `json:"csr" maxLength:"12000" doc:"A certificate request (PKCS #10, DER, in base64) of the key that the device has made. Its subject is not looked at."`
	Terms      int    `json:"terms,omitempty" minimum:"0" doc:"The version of the terms of use that the user has agreed to."`
	ActiveSync string `json:"activeSync,omitempty" maxLength:"64" doc:"The DeviceId of the mail client on the same device. It links both where they belong to the same user."`
	App        string `json:"app,omitempty" maxLength:"100" doc:"Name and version of the application."`
	Facts      Facts  `json:"facts,omitempty"`
}

// Key is a device's key as the zone has certified it.
type Key struct {
	ID          string `json:"id" doc:"The keyid of signatures: the unpadded base64url of the SHA-256 of the key's SubjectPublicKeyInfo."`
	Device      string `json:"device" doc:"The device's id in the zone."`
	Certificate []byte `json:"certificate" doc:"DER, in base64."`
	RenewFrom   string `json:"renewFrom" doc:"From then on the device should make a new key."`
	Expires     string `json:"expires"`
}

// Renewal asks to certify a new key.
type Renewal struct {
	CSR []byte `json:"csr" maxLength:"12000" doc:"As at the enrolment, of the new key."`
}

// State says what a device has to do.
type State struct {
	Time     string `json:"time" doc:"The server's clock."`
	Policy   string `json:"policy" doc:"The revision of the policy that holds; fetch it when it is another than the device has. Empty where there is no policy."`
	Commands bool   `json:"commands" doc:"An order waits: fetch it."`
	Terms    int    `json:"terms" doc:"The version of the terms of use that the user has yet to agree to; 0 for none."`
	Renew    bool   `json:"renew" doc:"The key should be renewed."`

	Schedule string  `json:"schedule" doc:"The revision of the schedule that holds, none where there is none. It comes with the policy; fetch that when it is another than the device has."`
	Contact  Contact `json:"contact" doc:"How the device comes for news now."`
}

// Fetch is how a device comes for news.
type Fetch struct {
	Manner  string `json:"manner" enum:"push,interval,manual" doc:"push: it waits, and is told at once. interval: it asks every so often and does not wait in between. manual: it asks when its user wants it to."`
	Minutes int    `json:"minutes,omitempty" doc:"Between questions, 5 to 1440; of interval alone."`
}

// Contact is how a device comes for news until some time.
type Contact struct {
	Fetch
	Until string `json:"until,omitempty" doc:"When it comes otherwise: it asks then, and is told how. Left out for never. Each device has its own, up to a minute later than the schedule's."`
}

// Schedule says when a device comes for news, and how.
type Schedule struct {
	Revision string   `json:"revision" doc:"Names what the schedule says."`
	Zone     string   `json:"zone" doc:"By whose clocks: a time zone such as Europe/Berlin; empty is UTC."`
	Windows  []Window `json:"windows" doc:"The times of peak."`
	Peak     Fetch    `json:"peak"`
	OffPeak  Fetch    `json:"offPeak"`
}

// Window is a time of peak. One that ends at its beginning or before it ends on the next day.
type Window struct {
	Days []int `json:"days" doc:"Days of the week, 0 is Sunday."`
	From int   `json:"from" doc:"Minutes since midnight, 0 to 1439."`
	To   int   `json:"to" doc:"Minutes since midnight, 0 to 1440."`
}

// CheckIn is what a device tells from time to time.
type CheckIn struct {
	Facts   Facts   `json:"facts,omitempty"`
	Posture Posture `json:"posture,omitempty"`
}

// Posture is the state of a device. What is left out is not known.
type Posture struct {
	Rooted        *bool `json:"rooted,omitempty" doc:"Or jailbroken."`
	Encrypted     *bool `json:"encrypted,omitempty"`
	CardEncrypted *bool `json:"cardEncrypted,omitempty"`
	Passcode      *bool `json:"passcode,omitempty" doc:"One is set, as the policy asks."`
	SIMPresent    *bool `json:"simPresent,omitempty"`
	SIMChanged    *bool `json:"simChanged,omitempty" doc:"Since the device enrolled."`
	Roaming       *bool `json:"roaming,omitempty"`
	Managed       *bool `json:"managed,omitempty" doc:"The management profile is installed, or the application still administers the device."`
	Push          *bool `json:"push,omitempty" doc:"The platform's push service reaches the application."`
	TouchDown     *bool `json:"touchDown,omitempty" doc:"TouchDown is installed, and registered with the mail account."`
	Apps          []App `json:"apps,omitempty" maxItems:"1000" doc:"Refused from devices that belong to their user."`
}

// App is one application on a device.
type App struct {
	ID      string `json:"id" maxLength:"256"`
	Name    string `json:"name,omitempty" maxLength:"256"`
	Version string `json:"version,omitempty" maxLength:"100"`
}

// Policy is what a device must obey: every setting that the protocol can say.
type Policy struct {
	Revision string             `json:"revision" doc:"Names this policy; empty where there is none."`
	Settings map[string]Setting `json:"settings" doc:"By the setting's name."`
	Schedule *Schedule          `json:"schedule,omitempty" doc:"When the device comes for news; missing where that is left to the application."`
}

// Setting is the value of one setting.
type Setting struct {
	Value  json.RawMessage `json:"value" doc:"true or false, a whole number, a text, or a list of texts."`
	Locked bool            `json:"locked,omitempty" doc:"The user may not choose a stricter value either."`
}

// PolicyReport says what became of a policy on a device.
type PolicyReport struct {
	Revision string          `json:"revision" minLength:"1" maxLength:"64"`
	Settings []SettingReport `json:"settings" maxItems:"200"`
}

// SettingReport says what became of one setting.
type SettingReport struct {
	Setting string `json:"setting" minLength:"1" maxLength:"64"`
	State   string `json:"state" enum:"applied,refused,not-supported" doc:"refused: the user has yet to do something, or will not."`
}

// NextCommand is the order that a device is to carry out now.
type NextCommand struct {
	Command *Command `json:"command,omitempty" doc:"Missing when there is none."`
}

// Command is one order. An order that erases something carries a challenge: confirm it, and erase only once told to go.
type Command struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind" enum:"lock,full-wipe,selective-wipe,wipe-card,clear-passcode,locate,message,request-log,update-inventory"`
	Text      string     `json:"text,omitempty" doc:"To be shown: of a message, or on the locked screen."`
	Removes   string     `json:"removes" doc:"What goes, in words for people."`
	Leaves    string     `json:"leaves" doc:"What stays."`
	Expires   string     `json:"expires"`
	Challenge *Challenge `json:"challenge,omitempty"`
}

// Challenge is what a device must answer with before it erases anything.
type Challenge struct {
	Token string `json:"token"`
	Until string `json:"until" doc:"Past this time the order must be fetched anew."`
}

// Confirmation says that the device is about to carry an order out.
type Confirmation struct {
	Token string `json:"token" minLength:"1" maxLength:"64" doc:"The challenge's."`
}

// Go tells the device to carry the order out.
type Go struct {
	Go bool `json:"go" doc:"Always true: every refusal is an error."`
}

// CommandReport says what became of an order.
type CommandReport struct {
	State  string `json:"state" enum:"acknowledged,done,failed,postponed"`
	Reason string `json:"reason,omitempty" enum:"not-supported,no-permission,user-refused,not-collected,busy,error" doc:"Why it failed or is postponed."`
}
