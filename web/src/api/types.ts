/** What the admin API speaks, as the dashboard reads it. Times are RFC 3339 in UTC; "" stands for "never" or "none". */

export interface Ref {
  id: string;
  name: string;
}

export interface Page<T> {
  items: T[];
  /** Opaque place to go on from; "" at the end. */
  next: string;
  /** Rows of all pages, where they are counted. */
  total?: number;
  /** True when the count stopped at its cap and there are more. */
  totalCapped?: boolean;
}

export interface Note {
  code: string;
  title: string;
  text: string;
}

export type FactorMethod = 'totp' | 'passkey';

/** Whether something was done at once or waits for other administrators. */
export interface Waiting {
  approval: string;
  needed: number;
}

/** Shows that the person is there: a one-time code, or a passkey's answer. */
export interface Proof {
  code?: string;
  credential?: unknown;
}

export interface Actor {
  kind: string;
  id: string;
  name: string;
}

export interface Session {
  state: 'second-factor' | 'enrol-factor' | 'ready';
  methods: FactorMethod[];
  admin: Ref;
  rights: string[];
  /** Empty means the whole zone. */
  scope: Ref[];
  zone: { name: string; administrators: number; quorum: number; passkeys: boolean };
  notes: Note[];
}

export interface Count {
  key: string;
  label: string;
  count: number;
}

export interface Overview {
  devices: {
    total: number;
    byPlatform: Count[];
    byState: Count[];
    byAccess: Count[];
    byPolicy: Count[];
    byContact: Count[];
  };
  commands: { pending: number; failed: number; awaitingApproval: number };
  approvals: number;
  breaker: { open: boolean; since: string; because: string };
  certificates: { name: string; expires: string }[];
  notes: Note[];
}

export interface Device {
  id: string;
  name: string;
  user: Ref;
  platform: string;
  platformLabel: string;
  model: string;
  os: string;
  state: string;
  access: string;
  policyState: string;
  liability: 'corporate' | 'personal';
  lastContact: string;
  enrolled: string;
  deviceId: string;
  protocol: string;
  upstream: Ref;
}

export interface Fact {
  key: string;
  label: string;
  value: string;
  source: string;
  at: string;
}

export interface DeviceDetail extends Device {
  facts: Fact[];
  groups: Ref[];
  capabilities: Capability[];
}

/** One command a device's platform takes or refuses, in the platform's own words. */
export interface Capability {
  kind: string;
  label: string;
  available: boolean;
  reason: string;
  destructive: boolean;
  /** The administrator must type the device's name. */
  typed: boolean;
  removes: string;
  leaves: string;
  caveat: string;
  alternatives: { command: string; words: string }[];
  approvals: number;
}

export interface PolicyLine {
  key: string;
  category: string;
  label: string;
  asked: string;
  origin: string;
  sent: string;
  sentAt: string;
  acknowledgedAt: string;
  state: string;
  words: string;
}

export interface DevicePolicy {
  suite: Ref;
  version: number;
  liability: string;
  /** Whose assignment it is: device, user, group or default. */
  origin: string;
  state: string;
  settings: PolicyLine[];
}

export interface AccessTrail {
  decision: string;
  sentence: string;
  steps: { position: number; name: string; matched: boolean; sentence: string }[];
}

export interface Command {
  id: string;
  kind: string;
  label: string;
  destructive: boolean;
  device: Ref;
  user: Ref;
  state: string;
  /** Acknowledged by a device that could not prove its user any more. */
  unproven: boolean;
  /** Only where one command is read. */
  reason: string;
  requestedBy: Actor;
  requested: string;
  updated: string;
  notBefore: string;
  expires: string;
  approval: string;
  detail: string;
  /** Only where one command is read. */
  steps: { state: string; at: string; detail: string }[];
}

/** What an order will do to one device, in its platform's words. */
export interface Effect {
  device: Ref;
  platform: string;
  possible: boolean;
  reason: string;
  removes: string;
  leaves: string;
  caveat: string;
  alternatives: { command: string; words: string }[];
}

export interface Approval {
  id: string;
  kind: string;
  /** What will happen, in words. */
  title: string;
  reason: string;
  state: string;
  requestedBy: Actor;
  requested: string;
  expires: string;
  needed: number;
  given: number;
  targets: number;
  device: Ref;
  mine: boolean;
  /** Why this administrator may not approve; "" when they may. */
  refusal: string;
}

export interface User {
  id: string;
  name: string;
  displayName: string;
  mail: string;
  source: string;
  state: string;
  hasPassword: boolean;
  /** Only where one user is read. */
  groups: Ref[];
  devices: number;
}

export interface Group {
  id: string;
  name: string;
  description: string;
  members: number;
}

export interface ImportResult {
  dryRun: boolean;
  created: number;
  updated: number;
  rows: { line: number; name: string; outcome: string; message: string }[];
}

export type SettingValue = boolean | number | string[];

/** One setting of the catalogue. A choice is the number of one of its options; "none" is the number for no limit. */
export interface SettingSpec {
  key: string;
  category: string;
  title: string;
  help: string;
  kind: 'bool' | 'number' | 'choice' | 'list';
  min: number;
  max: number;
  unit: string;
  none: number;
  options: { number: number; words: string }[];
  default: SettingValue;
  /** A setting that must be on, or this one has no effect; "" for none. */
  needs: string;
}

export interface Suite {
  id: string;
  name: string;
  description: string;
  version: number;
  updated: string;
  retired: boolean;
  assigned: number;
  isDefault: boolean;
}

export type Values = Record<string, SettingValue>;

export interface SuiteDetail extends Suite {
  updatedBy: string;
  corporate: Values;
  personal: Values;
  /** Values that have no effect, and why. */
  warnings: { name: string; message: string }[];
}

export interface SuiteVersion {
  version: number;
  created: string;
  by: string;
  note: string;
  /** The version it repeats; 0 for none. */
  from: number;
}

export interface SuiteDiffLine {
  key: string;
  label: string;
  liability: string;
  before: string;
  after: string;
}

export interface SuitePreview {
  platform: string;
  protocol: string;
  lines: { key: string; label: string; value: string; fate: string; sends: string; reason: string }[];
}

export interface Assignment {
  id: string;
  kind: 'default' | 'group' | 'user' | 'device';
  target: Ref;
  suite: Ref;
  priority: number;
}

export interface AuditRecord {
  id: string;
  /** Its place in the chain; 0 while it waits for the sealer. */
  number: number;
  at: string;
  actor: Actor;
  address: string;
  action: string;
  subject: { kind: string; id: string; name: string };
  device: Ref;
  user: Ref;
  outcome: string;
  reason: string;
  before?: unknown;
  after?: unknown;
}

export interface AuditReport {
  sound: boolean;
  sentence: string;
  linked: number;
  waiting: number;
  faults: { number: number; record: string; words: string }[];
  checked: string;
}

export interface Upstream {
  id: string;
  name: string;
  url: string;
  tlsMode: string;
  pin: string;
  hostName: string;
  timeoutSeconds: number;
  domains: string[];
  state: string;
  checked: string;
  devices: number;
}

export interface UpstreamTest {
  ok: boolean;
  sentence: string;
  steps: { name: string; ok: boolean; text: string }[];
  versions: string[];
  commands: string[];
  certificate: { subject: string; issuer: string; expires: string; fingerprint: string } | null;
}

export interface AccessRule {
  id: string;
  position: number;
  name: string;
  match: string;
  pattern: string;
  decision: 'allow' | 'block' | 'quarantine';
  note: string;
  hits: number;
}

/** One role that somebody has, for the whole zone or for some groups of devices. */
export interface Grant {
  role: Ref;
  groups: Ref[];
  whole: boolean;
}

export interface Admin {
  id: string;
  name: string;
  mail: string;
  state: string;
  grants: Grant[];
  factors: FactorMethod[];
  /** Until when this administrator may not approve; "" when they may. */
  heldUntil: string;
}

/** The secret of a one-time link. */
export interface Link {
  token: string;
  path: string;
}

export interface Role {
  id: string;
  name: string;
  description: string;
  builtIn: boolean;
  rights: string[];
  administrators: number;
}

export interface Right {
  key: string;
  /** Its subject: device. */
  group: string;
  label: string;
  dangerous: boolean;
  limitable: boolean;
}

export interface AdminSession {
  id: string;
  admin: Ref;
  address: string;
  agent: string;
  created: string;
  lastSeen: string;
  current: boolean;
}

export interface Token {
  id: string;
  name: string;
  admin: Ref;
  state: string;
  rights: string[];
  created: string;
  expires: string;
  lastUsed: string;
}

export interface Factor {
  id: string;
  kind: FactorMethod;
  label: string;
  created: string;
  lastUsed: string;
}

export interface Platform {
  /** Of the row: an id may have several, for versions that differ. */
  key: string;
  id: string;
  label: string;
  connects: boolean;
  connection: string;
}

export interface SavedView {
  id: string;
  name: string;
  query: Record<string, string>;
  columns: string[];
}
