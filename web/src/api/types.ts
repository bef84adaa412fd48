/** What the admin API speaks: names for the types that are generated from its description. Times are RFC 3339 in UTC, "" for never. */

import type { components } from './schema';

type Schemas = components['schemas'];

/** One part of a list. */
export interface Page<T> {
  items: T[];
  /** Opaque place to go on from; "" at the end. */
  next: string;
  /** Rows of all pages, where they are counted. */
  total?: number;
  /** There are more than total. */
  totalCapped?: boolean;
}

export type ClosestServers = Schemas['ClosestServers'];
export type DoorDifference = Schemas['DoorDifference'];
export type DoorFilter = Schemas['DoorFilter'];
export type DoorPlace = Schemas['DoorPlace'];
export type DoorReplay = Schemas['DoorReplay'];
export type DoorRule = Schemas['DoorRule'];
export type Doors = Schemas['Doors'];
export type DoorTotal = Schemas['DoorTotal'];
export type DoorVersion = Schemas['DoorVersion'];
export type DoorVisit = Schemas['DoorVisit'];
export type DoorVisits = Schemas['DoorVisits'];
export type Hardening = Schemas['Hardening'];
export type HardeningRow = Schemas['HardeningRow'];
export type ServerAddress = Schemas['ServerAddress'];
export type ServerOrder = Schemas['ServerOrder'];
export type ZoneLocation = Schemas['ZoneLocation'];
export type ZoneServer = Schemas['ZoneServer'];
export type LogLine = Schemas['LogLine'];
export type SecurityFinding = Schemas['SecurityFinding'];
export type SecurityLayer = Schemas['SecurityLayer'];
export type SecurityLayers = Schemas['SecurityLayers'];
export type Release = Schemas['Release'];
export type UpdateCheck = Schemas['UpdateCheck'];
export type Updates = Schemas['Updates'];
export type SyncKeeping = Schemas['SyncKeeping'];
export type SyncRecord = Schemas['SyncRecord'];
export type AccessDefault = Schemas['AccessDefault'];
export type AccessRule = Schemas['AccessRule'];
export type AccessRuleDraft = Schemas['AccessRuleDraft'];
export type AccessOverrideDraft = Schemas['AccessOverrideDraft'];
export type AccessTrail = Schemas['AccessTrail'];
export type Portal = Schemas['Portal'];
export type PortalGroup = Schemas['PortalGroup'];
export type AbilityOf = Schemas['AbilityOf'];
export type Actor = Schemas['Actor'];
export type Admin = Schemas['Admin'];
export type AdminChange = Schemas['AdminChange'];
export type AdminDraft = Schemas['AdminDraft'];
export type AdminSession = Schemas['AdminSession'];
export type Approval = Schemas['Approval'];
export type Assignment = Schemas['Assignment'];
export type AssignmentDraft = Schemas['AssignmentDraft'];
export type AssignmentMade = Schemas['AssignmentMade'];
export type AuditRecord = Schemas['AuditRecord'];
export type AuditReport = Schemas['AuditReport'];
export type AuditValues = Schemas['AuditValues'];
export type Batch = Schemas['Batch'];
export type BatchProgress = Schemas['BatchProgress'];
export type Breaker = Schemas['Breaker'];
export type Capability = Schemas['Capability'];
export type Command = Schemas['Command'];
export type CommandDraft = Schemas['CommandDraft'];
export type Count = Schemas['Count'];
export type Device = Schemas['Device'];
export type DeviceCommandDraft = Schemas['DeviceCommandDraft'];
export type DeviceDetail = Schemas['DeviceDetail'];
export type DeviceSchedule = Schemas['DeviceSchedule'];
export type DeviceInvitation = Schemas['DeviceInvitation'];
export type DeviceInvitationDraft = Schemas['DeviceInvitationDraft'];
export type NewDeviceInvitation = Schemas['NewDeviceInvitation'];
export type UserEnrolment = Schemas['UserEnrolment'];
export type DeviceEdit = Schemas['DeviceEdit'];
export type DevicePolicy = Schemas['DevicePolicy'];
export type Effect = Schemas['Effect'];
export type Factor = Schemas['Factor'];
export type FactorMethod = Factor['kind'];
export type Grant = Schemas['Grant'];
export type GrantDraft = Schemas['GrantDraft'];
export type Group = Schemas['Group'];
export type GroupDraft = Schemas['GroupDraft'];
export type ImportResult = Schemas['ImportResult'];
export type Info = Schemas['Info'];
export type MapTiles = Schemas['MapTiles'];
export type Invitation = Schemas['Invitation'];
export type Link = Schemas['Link'];
export type NewToken = Schemas['NewToken'];
export type Note = Schemas['Note'];
export type Overview = Schemas['Overview'];
export type Platform = Schemas['Platform'];
export type PolicyLayer = Schemas['PolicyLayer'];
export type PolicyLine = Schemas['PolicyLine'];
export type Preset = Schemas['Preset'];
export type Proof = Schemas['Proof'];
export type Ref = Schemas['Ref'];
export type Right = Schemas['Right'];
export type Role = Schemas['Role'];
export type RoleChange = Schemas['RoleChange'];
export type RoleDraft = Schemas['RoleDraft'];
export type Rollout = Schemas['Rollout'];
export type RolloutPlan = Omit<Schemas['RolloutEdit'], 'paused'>;
export type SafetyChange = Schemas['SafetyChange'];
export type SafetyRules = Schemas['SafetyRules'];
export type SavedView = Schemas['View'];
export type SavedViewDraft = Schemas['ViewDraft'];
export type Schedule = Schemas['Schedule'];
export type ScheduleDraft = Schemas['ScheduleDraft'];
export type ScheduleFetch = Schemas['ScheduleFetch'];
export type ScheduleTarget = Schemas['ScheduleTarget'];
export type ScheduleTargetDraft = Schemas['ScheduleTargetDraft'];
export type WeekWindow = Schemas['WeekWindow'];
export type Service = Schemas['Service'];
export type Session = Schemas['Session'];
export type SimulatedDevice = Schemas['SimulatedDevice'];
export type Simulation = Schemas['Simulation'];
export type Suite = Schemas['Suite'];
export type SuiteDiffLine = Schemas['SuiteDiffLine'];
export type SuiteDraft = Schemas['SuiteDraft'];
export type SuitePreview = Schemas['SuitePreview'];
export type SuiteVersion = Schemas['SuiteVersion'];
export type Supposition = Schemas['Supposition'];
export type Token = Schemas['Token'];
export type TokenDraft = Schemas['TokenDraft'];
export type TotpOffer = Schemas['TOTPOffer'];
export type Directory = Schemas['Directory'];
export type DirectoryDraft = Schemas['DirectoryDraft'];
export type DirectoryReport = Schemas['DirectoryReport'];
export type DirectoryTest = Schemas['DirectoryTest'];
export type Upstream = Schemas['Upstream'];
export type UpstreamAssignment = Schemas['UpstreamAssignment'];
export type UpstreamAssignmentDraft = Schemas['UpstreamAssignmentDraft'];
export type UpstreamDraft = Schemas['UpstreamDraft'];
export type UpstreamTest = Schemas['UpstreamTest'];
export type User = Schemas['User'];
export type UserDraft = Schemas['UserDraft'];
export type UserEdit = Schemas['UserEdit'];
export type Waiting = Schemas['Waiting'];

/** A value that is the only one the user may have. */
export interface LockedValue {
  locked: PlainValue;
}
/** A file that must be on a computer as told. */
export interface FileValue {
  path: string;
  mode?: string;
  text: string;
}
export type PlainValue = boolean | number | string | string[] | FileValue[];
export type SettingValue = PlainValue | LockedValue;
export type Values = Record<string, SettingValue>;

/** One setting of the catalogue. */
export type SettingSpec = Omit<Schemas['SettingSpec'], 'default'> & { default: PlainValue };

export type SuiteDetail = Omit<Schemas['SuiteDetail'], 'corporate' | 'personal'> & {
  corporate: Values;
  personal: Values;
};
export type Breach = Schemas['Breach'];
export type ComplianceNotices = Schemas['ComplianceNotices'];
export type ComplianceNoticesHelp = Schemas['ComplianceNoticesHelp'];
export type ComplianceRule = Schemas['ComplianceRule'];
export type ComplianceRuleDraft = Schemas['ComplianceRuleDraft'];
export type ComplianceTrial = Schemas['ComplianceTrial'];
export type Condition = Schemas['Condition'];
export type Deletion = Schemas['Deletion'];
export type Finding = Schemas['Finding'];
export type Hold = Schemas['Hold'];
export type Look = Schemas['Look'];
export type PersonalEntry = Schemas['PersonalEntry'];
export type Retention = Schemas['Retention'];
export type Stock = Schemas['Stock'];
export type Waiver = Schemas['Waiver'];
export type Collection = Schemas['Collection'];
export type ComputerDraft = Schemas['ComputerDraft'];
export type ComputerKey = Schemas['ComputerKey'];
export type ComputerKeyDraft = Schemas['ComputerKeyDraft'];
export type NewComputerKey = Schemas['NewComputerKey'];
export type InventoryChange = Schemas['InventoryChange'];
export type InventoryField = Schemas['InventoryField'];
export type InventoryItems = Schemas['InventoryItems'];
export type InventoryKind = Schemas['InventoryKind'];
export type AgentEvent = Schemas['AgentEvent'];
export type Report = Schemas['Report'];
export type ReportColumn = Schemas['ReportColumn'];
export type ReportDraft = Schemas['ReportDraft'];
export type ReportPreview = Schemas['ReportPreview'];
export type Upload = Schemas['Upload'];
export type InventoryMatch = Schemas['InventoryMatch'];
export type InventorySection = Schemas['InventorySection'];
export type InventoryToken = Schemas['InventoryToken'];
export type NewInventoryToken = Schemas['NewInventoryToken'];
export type Software = Schemas['Software'];
export type SoftwareVersion = Schemas['SoftwareVersion'];
export type ApprovalImport = Schemas['ApprovalImport'];
export type ComputerCode = Schemas['ComputerCode'];
export type ComputerPlace = Schemas['ComputerPlace'];
export type ComputersClosed = Schemas['ComputersClosed'];
export type ComputerFactsWire = Schemas['ComputerFacts'];
export type Folder = Schemas['Folder'];
export type GroupCondition = Schemas['GroupCondition'];
export type GroupConditions = Schemas['GroupConditions'];
export type NewComputerCode = Schemas['NewComputerCode'];
export type RegistrationAnswer = Schemas['RegistrationAnswer'];
export type RegistrationCondition = Schemas['RegistrationCondition'];
export type RegistrationDecision = Schemas['RegistrationDecision'];
export type RegistrationDefault = Schemas['RegistrationDefault'];
export type RegistrationMatch = Schemas['RegistrationMatch'];
export type RegistrationQuestion = Schemas['RegistrationQuestion'];
export type RegistrationReconcile = Schemas['RegistrationReconcile'];
export type RegistrationReview = Schemas['RegistrationReview'];
export type RegistrationRule = Schemas['RegistrationRule'];
export type RegistrationRuleDraft = Schemas['RegistrationRuleDraft'];
export type JoinCommand = Schemas['JoinCommand'];
export type AgentResult = Schemas['AgentResult'];
export type DeviceKey = Schemas['DeviceKey'];
export type DeviceAgent = Schemas['DeviceAgent'];
export type RemovalCode = Schemas['RemovalCode'];
export type Script = Schemas['Script'];
export type ScriptDraft = Schemas['ScriptDraft'];
export type ScriptVersion = Schemas['ScriptVersion'];
export type ZoneChange = Schemas['ZoneChange'];
