package adminv1

// UpdateCheck says whether and where newer versions are asked for.
type UpdateCheck struct {
	Enabled bool   `json:"enabled" doc:"Nothing is ever fetched while this is false."`
	URL     string `json:"url" maxLength:"500" doc:"Of the manifest, by https; its signature is at the same address with .sig behind."`
	CA      string `json:"ca" maxLength:"65536" doc:"PEM of the authorities that alone are trusted; empty for those of the server's machine."`
	Proxy   string `json:"proxy" maxLength:"500" doc:"The address of a proxy by which the host is reached: its scheme (http), host and port, as a URL; empty for directly."`
	Key     string `json:"key" maxLength:"1024" doc:"PEM of the Ed25519 public key with which the manifest is signed."`
}

// Updates is how the update check stands, and what the last manifest that was believed says.
type Updates struct {
	UpdateCheck
	Running    string    `json:"running" doc:"The version that answers."`
	Comparable bool      `json:"comparable" doc:"The version that answers can be compared: it was not built from a working copy."`
	Checked    string    `json:"checked" doc:"When the host was last asked; empty for never."`
	OK         bool      `json:"ok" doc:"Its last answer was believed."`
	Said       string    `json:"said" doc:"What was wrong otherwise, and how to mend it."`
	Due        string    `json:"due" doc:"When it is asked next; empty while the check is off."`
	Answered   string    `json:"answered" doc:"When an answer was last believed; the rest is from that one. Empty for never."`
	Serial     int64     `json:"serial" doc:"Of the manifest. One with a lower number is not believed."`
	Expires    string    `json:"expires" doc:"When the manifest is no longer believed."`
	Security   bool      `json:"security" doc:"One of the newer releases mends faults of security."`
	Newer      []Release `json:"newer" doc:"The releases that are newer than the version that answers, the newest first."`
}

// Release is a version of Drover.
type Release struct {
	Version  string        `json:"version"`
	Date     string        `json:"date"`
	Security bool          `json:"security" doc:"It mends faults of security."`
	Notes    string        `json:"notes"`
	Files    []ReleaseFile `json:"files"`
}

// ReleaseFile is one file of a release, to compare with what somebody has fetched.
type ReleaseFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256" doc:"In hexadecimal."`
}
