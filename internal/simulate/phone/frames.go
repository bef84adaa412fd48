package phone

import (
	"strconv"

	"drover/internal/base/wbxml"
)

// Types of policy (MS-ASPROV section 2.2.2.43).
const (
	policyXML   = "MS-WAP-Provisioning-XML"
	policyWBXML = "MS-EAS-Provisioning-WBXML"
)

// inbox is the folder type of the user's inbox (MS-ASCMD section 2.2.3.186.2).
const inbox = "2"

func (p *Phone) policyType() string {
	if p.version == "2.5" {
		return policyXML
	}
	return policyWBXML
}

// provisionFrame is the first phase. From 14.1 on it carries the device's facts.
func (p *Phone) provisionFrame() *wbxml.Node {
	var facts *wbxml.Node
	if p.factsInProvision() {
		facts = p.factsFrame()
	}
	return wbxml.Elem(wbxml.ProvisionProvision, facts,
		wbxml.Elem(wbxml.ProvisionPolicies,
			wbxml.Elem(wbxml.ProvisionPolicy, wbxml.Leaf(wbxml.ProvisionPolicyType, p.policyType()))))
}

// acknowledgeFrame is the second phase: status 1 is applied, 2 in part, 3 not at all (MS-ASPROV section 2.2.2.53.1).
func (p *Phone) acknowledgeFrame(key string, status int) *wbxml.Node {
	return wbxml.Elem(wbxml.ProvisionProvision,
		wbxml.Elem(wbxml.ProvisionPolicies,
			wbxml.Elem(wbxml.ProvisionPolicy,
				wbxml.Leaf(wbxml.ProvisionPolicyType, p.policyType()),
				wbxml.Leaf(wbxml.ProvisionPolicyKey, key),
				wbxml.Int(wbxml.ProvisionStatus, status))))
}

// wipedFrame acknowledges a wipe, which happens before the phone erases anything.
func wipedFrame(directive wbxml.Tag) *wbxml.Node {
	return wbxml.Elem(wbxml.ProvisionProvision,
		wbxml.Elem(directive, wbxml.Leaf(wbxml.ProvisionStatus, "1")))
}

// factsFrame is the device information (MS-ASCMD section 2.2.3.45).
func (p *Phone) factsFrame() *wbxml.Node {
	return wbxml.Elem(wbxml.SettingsDeviceInformation,
		wbxml.Elem(wbxml.SettingsSet,
			wbxml.Leaf(wbxml.SettingsModel, p.model.Name),
			wbxml.Leaf(wbxml.SettingsFriendlyName, "Simulated "+p.model.Name+" "+strconv.Itoa(p.number)),
			wbxml.Leaf(wbxml.SettingsOS, p.model.OS),
			wbxml.Leaf(wbxml.SettingsOSLanguage, "en"),
			wbxml.Leaf(wbxml.SettingsUserAgent, p.model.UserAgent)))
}

func folderSyncFrame(key string) *wbxml.Node {
	return wbxml.Elem(wbxml.FolderHierarchyFolderSync, wbxml.Leaf(wbxml.FolderHierarchySyncKey, key))
}

// syncFrame asks for the mail of the inbox. Up to 12.0 the collection's class stands first.
func (p *Phone) syncFrame() *wbxml.Node {
	var class, changes, window *wbxml.Node
	if p.version == "2.5" || p.version == "12.0" {
		class = wbxml.Leaf(wbxml.AirSyncClass, "Email")
	}
	if p.syncKey != "0" {
		changes, window = wbxml.Elem(wbxml.AirSyncGetChanges), wbxml.Leaf(wbxml.AirSyncWindowSize, "25")
	}
	return wbxml.Elem(wbxml.AirSyncSync,
		wbxml.Elem(wbxml.AirSyncCollections,
			wbxml.Elem(wbxml.AirSyncCollection, class,
				wbxml.Leaf(wbxml.AirSyncSyncKey, p.syncKey),
				wbxml.Leaf(wbxml.AirSyncCollectionId, p.inbox),
				changes, window)))
}

func (p *Phone) pingFrame() *wbxml.Node {
	return wbxml.Elem(wbxml.PingPing,
		wbxml.Int(wbxml.PingHeartbeatInterval, p.heartbeat),
		wbxml.Elem(wbxml.PingFolders,
			wbxml.Elem(wbxml.PingFolder, wbxml.Leaf(wbxml.PingId, p.inbox), wbxml.Leaf(wbxml.PingClass, "Email"))))
}

// factsInProvision: before 14.1 the facts go with Settings, before 12.0 they cannot be told.
func (p *Phone) factsInProvision() bool { return p.version >= "14.1" && p.version != "2.5" }

func (p *Phone) factsInSettings() bool { return !p.factsInProvision() && p.version != "2.5" }
