package adminv1

// Retention says how long personal data is kept.
type Retention struct {
	Kinds           []RetentionOfKind `json:"kinds" doc:"Every kind."`
	LocationHistory bool              `json:"locationHistory" doc:"All positions are kept; otherwise each takes the place of the one before."`
}

// RetentionOfKind is how long entries of one kind are kept.
type RetentionOfKind struct {
	Kind  string `json:"kind"`
	Words string `json:"words"`
	Days  int    `json:"days"`
}

// RetentionDraft changes how long personal data is kept.
type RetentionDraft struct {
	Days            map[string]int `json:"days" doc:"By kind, 1 to 3650; a kind that is left out keeps the days it has at first."`
	LocationHistory bool           `json:"locationHistory"`
}

// Deletion is the proof that entries were deleted for their age.
type Deletion struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	At      string `json:"at"`
	Entries int    `json:"entries"`
	Oldest  string `json:"oldest" doc:"When the oldest of them had come."`
	Newest  string `json:"newest"`
	Digest  string `json:"digest" doc:"SHA-256 over the ids in the order of their coming, each followed by a line feed, in hexadecimal digits."`
}

// HoldDraft keeps everything of a user from being deleted.
type HoldDraft struct {
	User   string `json:"user" minLength:"1" maxLength:"64"`
	Reason string `json:"reason" minLength:"1" maxLength:"500"`
}

// Hold keeps everything of a user from being deleted. The user is not told.
type Hold struct {
	ID       string `json:"id"`
	User     Ref    `json:"user"`
	Reason   string `json:"reason"`
	Placed   string `json:"placed"`
	PlacedBy Ref    `json:"placedBy"`
	Lifted   string `json:"lifted" doc:"Empty while it stands."`
	LiftedBy Ref    `json:"liftedBy"`
}

// Stock is what is kept of one kind of a device, without a look at it.
type Stock struct {
	Kind    string `json:"kind" enum:"device-log,location,phone-log,text-log,file,sign-in,elevation,usb"`
	Words   string `json:"words"`
	Asked   bool   `json:"asked" doc:"The policy of the device asks for it now."`
	From    Ref    `json:"from" doc:"The suite that says so, or says no; empty where none says anything of it, so that it is not asked for."`
	Entries int    `json:"entries"`
	Size    int64  `json:"size" doc:"In bytes."`
	Oldest  string `json:"oldest"`
	Newest  string `json:"newest"`
}

// LookDraft asks for what a device has told of its user. Each page is a look.
type LookDraft struct {
	Kind   string `json:"kind" enum:"device-log,location,phone-log,text-log,file,sign-in,elevation,usb"`
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"The owner sees it."`
	From   string `json:"from,omitempty" maxLength:"40"`
	Until  string `json:"until,omitempty" maxLength:"40"`
	Limit  int    `json:"limit,omitempty" minimum:"0" maximum:"500" doc:"0 means 50."`
	Cursor string `json:"cursor,omitempty" maxLength:"2000"`
}

// PersonalEntry is one thing that a device has told of its user: one of the six.
type PersonalEntry struct {
	ID       string        `json:"id"`
	At       string        `json:"at" doc:"By the device's clock."`
	Received string        `json:"received"`
	Size     int64         `json:"size" doc:"In bytes."`
	Position *Position     `json:"position,omitempty"`
	Call     *Call         `json:"call,omitempty"`
	Text     *TextMessage  `json:"text,omitempty"`
	Lines    *LogLines     `json:"lines,omitempty"`
	File     *PersonalFile `json:"file,omitempty"`

	Happening *Happening `json:"happening,omitempty"`
}

// Happening is one thing that happened on a computer: a sign-in, an elevation, or a USB device.
type Happening struct {
	Level string `json:"level" enum:"info,warn,error"`
	Words string `json:"words"`
	User  string `json:"user,omitempty" doc:"The account on the computer that it is about."`
}

// Position is where a device was (WGS 84).
type Position struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Accuracy  float64 `json:"accuracy" doc:"In metres; 0 when the device does not say."`
}

// Call is one phone call.
type Call struct {
	Number    string `json:"number"`
	Direction string `json:"direction" enum:"in,out,missed"`
	Seconds   int    `json:"seconds"`
}

// TextMessage is one text message.
type TextMessage struct {
	Number    string `json:"number"`
	Direction string `json:"direction" enum:"in,out"`
	Text      string `json:"text" doc:"Empty where the policy does not ask for it."`
}

// LogLines are a piece of a device's log.
type LogLines struct {
	From  string `json:"from"`
	Until string `json:"until"`
	Text  string `json:"text"`
}

// PersonalFile is the copy of a file of a device.
type PersonalFile struct {
	Path     string `json:"path"`
	Modified string `json:"modified"`
	SHA256   string `json:"sha256"`
}

// Look is one look at somebody's personal data.
type Look struct {
	ID      string `json:"id"`
	At      string `json:"at"`
	By      Actor  `json:"by"`
	Device  Ref    `json:"device"`
	Kind    string `json:"kind" doc:"A kind of personal data, or export, phone, audit."`
	Reason  string `json:"reason"`
	Entries int    `json:"entries"`
}
