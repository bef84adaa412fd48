package agentv1

// Discovery tells an agent where it is. It is not signed: an agent takes the authority from it only when its key is the one
// that the join command names.
type Discovery struct {
	Zone       string   `json:"zone" doc:"The zone's name, for people."`
	Tag        string   `json:"tag" doc:"The zone's part of the tag of every signature; a slash and the name of the service follow it."`
	Services   []string `json:"services" doc:"The services for agents that are on at this server."`
	Authority  []byte   `json:"authority" doc:"The certificate of the zone's authority: DER, in base64. Its pin is sha256: and the unpadded base64url of the SHA-256 of its SubjectPublicKeyInfo."`
	Algorithms []string `json:"algorithms" doc:"Kinds of keys that are taken: ecdsa-p256-sha256, ed25519."`
	Time       string   `json:"time" doc:"The server's clock."`
}

// Facts are what a computer says it is. None of them proves anything.
type Facts struct {
	Host       string            `json:"host" minLength:"1" maxLength:"253" doc:"The host name."`
	Serial     string            `json:"serial,omitempty" maxLength:"128" doc:"The maker's serial number of the machine."`
	UUID       string            `json:"uuid,omitempty" maxLength:"64" doc:"As the firmware tells it (SMBIOS)."`
	Machine    string            `json:"machine,omitempty" maxLength:"64" doc:"The system's own id of this installation. Two that tell the same were cloned."`
	MACs       []string          `json:"macs,omitempty" maxItems:"32" doc:"Of network cards that are hardware: 00:53:00:aa:bb:cc."`
	Maker      string            `json:"maker,omitempty" maxLength:"128"`
	Model      string            `json:"model,omitempty" maxLength:"128"`
	Platform   string            `json:"platform" enum:"linux,windows,macos"`
	OS         string            `json:"os" maxLength:"128" doc:"Name and version of the system, for people: Debian GNU/Linux 12."`
	OSVersion  string            `json:"osVersion,omitempty" maxLength:"64" doc:"The version alone: 12.4."`
	Arch       string            `json:"arch" maxLength:"32" doc:"amd64 or arm64."`
	Agent      string            `json:"agent" maxLength:"64" doc:"The agent's version."`
	Attributes map[string]string `json:"attributes,omitempty" doc:"What whoever installs it says of it, for registration rules: at most 32, names of 64 and values of 256 characters."`
}

// Registration asks to take a computer in. It is signed by the key of its certificate request, and made again with the same
// key it gives the same answer.
type Registration struct {
	Key   string `json:"key,omitempty" maxLength:"128" doc:"An authorization or registration key; empty where the computer is approved beforehand."`
	CSR   []byte `json:"csr" maxLength:"12000" doc:"A certificate request (PKCS #10, DER, in base64) of the key that the computer has made. Its subject is not looked at."`
	Facts Facts  `json:"facts"`
}

// Registered says under which name and key a computer belongs to the zone. Problems of the request that an agent tells
// apart: registration.review (403; an administrator decides first, ask again later), registration.closed (403),
// registration.key (401; the authorization key is wrong, used up or expired).
type Registered struct {
	Device    string      `json:"device" doc:"The device's id in the zone."`
	Name      string      `json:"name" doc:"What the zone calls it."`
	Zone      string      `json:"zone" doc:"The zone's name, for people."`
	Tag       string      `json:"tag" doc:"As in discovery."`
	Authority []byte      `json:"authority" doc:"The certificate of the zone's authority: DER, in base64."`
	Signing   []PublicKey `json:"signing" doc:"The keys that sign what the zone tells the computer to do; not the authority's."`
	Key       Key         `json:"key"`
}

// PublicKey is a key of the zone that signs envelopes.
type PublicKey struct {
	ID  string `json:"id" doc:"The unpadded base64url of the SHA-256 of the key's SubjectPublicKeyInfo."`
	Key []byte `json:"key" doc:"The SubjectPublicKeyInfo: DER, in base64. Ed25519 or ECDSA P-256."`
}

// Key is a computer's key as the zone has certified it.
type Key struct {
	ID          string `json:"id" doc:"The keyid of signatures: the unpadded base64url of the SHA-256 of the key's SubjectPublicKeyInfo."`
	Device      string `json:"device" doc:"The device's id in the zone."`
	Certificate []byte `json:"certificate" doc:"DER, in base64."`
	RenewFrom   string `json:"renewFrom" doc:"From then on the agent makes a new key."`
	Expires     string `json:"expires"`
}

// Renewal asks to certify a new key in place of the one that signs the request. The certificate request within carries the
// new key's own signature. The old key ends with the answer; when that is lost, the new key learns by a GET that it counts.
type Renewal struct {
	CSR []byte `json:"csr" maxLength:"12000" doc:"As at the registration, of the new key."`
}

// Leave says that the agent is about to go. With the answer the key ends; made again it is refused as key.ended, which an
// agent that leaves takes for a yes.
type Leave struct {
	ID   string `json:"id" minLength:"16" maxLength:"64" doc:"Tells this request from every other; the same one again is the same request."`
	Way  string `json:"way" enum:"order,code,allowed" doc:"What allowed it: an order, a one-time code, or that anybody may."`
	Code int    `json:"code,omitempty" doc:"The place of the one-time code in the list of the settings, from 0."`
}
