package activesync

import (
	"net/http"
	"slices"
	"strings"

	"drover/internal/base/wbxml"
)

// Status is a common status code of MS-ASCMD section 2.2.2. From 14.0 on it travels inside the answer; before, an HTTP
// status stands for it.
type Status int

// The statuses that the gateway gives.
const (
	statusOK                   Status = 1
	statusMailFailed           Status = 120
	statusUserDisabled         Status = 126
	statusDeviceBlocked        Status = 129
	statusAccessDenied         Status = 130
	statusNotProvisionable     Status = 139
	statusWipeRequested        Status = 140
	statusLegacyDevice         Status = 141 // it knows nothing of provisioning
	statusNotProvisioned       Status = 142
	statusRefresh              Status = 143
	statusInvalidKey           Status = 144
	statusExternallyManaged    Status = 145
	statusInformationRequired  Status = 165
	statusTooManyDevices       Status = 177
	statusNeedProvisioningHTTP        = 449 // MS-ASHTTP section 2.2.2.1.1; not in the registry of HTTP
)

// http returns the HTTP status that stands for s up to 12.1. 140 is 403 by the letter; Exchange and its peers use 449,
// because 403 makes clients ask for a password instead of coming for their wipe.
func (s Status) http() int {
	switch s {
	case statusWipeRequested, statusLegacyDevice, statusNotProvisioned, statusRefresh, statusInvalidKey:
		return statusNeedProvisioningHTTP
	case statusUserDisabled, statusDeviceBlocked, statusNotProvisionable, statusExternallyManaged, statusTooManyDevices:
		return http.StatusForbidden
	}
	return http.StatusInternalServerError
}

// answerTag is the root element of a command's answer and the Status within it.
type answerTag struct{ root, status wbxml.Tag }

// answerTags holds the commands whose answers have a Status of their own below the root. The others (GetAttachment and
// the commands of old versions) are told by HTTP alone.
var answerTags = map[Command]answerTag{
	Sync:              {wbxml.AirSyncSync, wbxml.AirSyncStatus},
	SendMail:          {wbxml.ComposeMailSendMail, wbxml.ComposeMailStatus},
	SmartForward:      {wbxml.ComposeMailSmartForward, wbxml.ComposeMailStatus},
	SmartReply:        {wbxml.ComposeMailSmartReply, wbxml.ComposeMailStatus},
	FolderSync:        {wbxml.FolderHierarchyFolderSync, wbxml.FolderHierarchyStatus},
	FolderCreate:      {wbxml.FolderHierarchyFolderCreate, wbxml.FolderHierarchyStatus},
	FolderDelete:      {wbxml.FolderHierarchyFolderDelete, wbxml.FolderHierarchyStatus},
	FolderUpdate:      {wbxml.FolderHierarchyFolderUpdate, wbxml.FolderHierarchyStatus},
	MoveItems:         {wbxml.MoveMoveItems, wbxml.MoveStatus},
	GetItemEstimate:   {wbxml.GetItemEstimateGetItemEstimate, wbxml.GetItemEstimateStatus},
	MeetingResponse:   {wbxml.MeetingResponseMeetingResponse, wbxml.MeetingResponseStatus},
	Search:            {wbxml.SearchSearch, wbxml.SearchStatus},
	Settings:          {wbxml.SettingsSettings, wbxml.SettingsStatus},
	Ping:              {wbxml.PingPing, wbxml.PingStatus},
	ItemOperations:    {wbxml.ItemOperationsItemOperations, wbxml.ItemOperationsStatus},
	Provision:         {wbxml.ProvisionProvision, wbxml.ProvisionStatus},
	ResolveRecipients: {wbxml.ResolveRecipientsResolveRecipients, wbxml.ResolveRecipientsStatus},
	ValidateCert:      {wbxml.ValidateCertValidateCert, wbxml.ValidateCertStatus},
	Find:              {wbxml.FindFind, wbxml.FindStatus},
}

// answer is what the gateway says itself: an HTTP status and, where there is one, a WBXML body.
type answer struct {
	status int
	body   []byte
	retry  int // seconds, for Retry-After; 0 for none
	// version is what the answer says of the server, "" for the gateway's own.
	version string
}

// tell says s in the words of the version: from 14.0 on as the only child of the command's own root element with HTTP
// 200, before as HTTP status with an empty body.
func tell(v Version, c Command, s Status) answer {
	tags, ok := answerTags[c]
	if v < V140 || !ok {
		return answer{status: s.http()}
	}
	return frame(wbxml.Elem(tags.root, wbxml.Int(tags.status, s)))
}

// tell says s to this device. Clients that know the status of HTTP alone are asked to provision by it at every version.
func (v *visit) tell(s Status) answer {
	if s.http() == statusNeedProvisioningHTTP && v.upstream.asksByHTTP(v.query.DeviceType, v.r.UserAgent()) {
		return answer{status: statusNeedProvisioningHTTP}
	}
	return tell(v.version, v.query.Command, s)
}

// asksByHTTP tells whether a client is one that knows HTTP 449 alone.
func (u *Upstream) asksByHTTP(deviceType, agent string) bool {
	return slices.ContainsFunc(u.Ask449, func(name string) bool {
		return strings.EqualFold(deviceType, name) || len(agent) >= len(name) && strings.EqualFold(agent[:len(name)], name)
	})
}

// frame is a successful answer with a body.
func frame(n *wbxml.Node) answer { return answer{status: http.StatusOK, body: n.Encode()} }
