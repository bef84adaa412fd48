/** What the admin API speaks, as the dashboard reads it. Times are RFC 3339 in UTC; "" stands for "never" or "none". */

export interface Ref {
  id: string;
  name: string;
}

export interface Page<T> {
  items: T[];
  /** Opaque place to go on from; "" at the end. */
  next: string;
  total: number;
  /** True when the count stopped at its cap and there are more. */
  totalCapped: boolean;
}

export interface Note {
  code: string;
  title: string;
  text: string;
}

export type FactorMethod = 'totp' | 'passkey';

export interface Session {
  state: 'second-factor' | 'enrol-factor' | 'ready';
  methods: FactorMethod[];
  admin: Ref;
  rights: string[];
  /** Empty means the whole zone. */
  scope: Ref[];
  zone: { name: string; administrators: number };
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
  certificates: { name: string; expires: string }[];
  upstreams: { id: string; name: string; state: string; checked: string }[];
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
  device: Ref;
  user: Ref;
  state: string;
  reason: string;
  origin: string;
  requestedBy: string;
  requested: string;
  updated: string;
  notBefore: string;
  detail: string;
  steps: { state: string; at: string; by: string; detail: string }[];
}

export interface Approval {
  id: string;
  kind: string;
  title: string;
  reason: string;
  requestedBy: string;
  requested: string;
  expires: string;
  needed: number;
  given: number;
  mine: boolean;
  /** Why this administrator may not approve; "" when they may. */
  refusal: string;
  device: Ref;
  removes: string;
  leaves: string;
  caveat: string;
}

export interface User {
  id: string;
  name: string;
  displayName: string;
  mail: string;
  state: string;
  groups: Ref[];
  devices: number;
  suite: Ref;
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
  updatedBy: string;
  devices: number;
  assigned: number;
  isDefault: boolean;
}

export type Values = Record<string, SettingValue>;

export interface SuiteDetail extends Suite {
  corporate: Values;
  personal: Values;
}

export interface SuiteVersion {
  version: number;
  created: string;
  by: string;
  note: string;
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
  lines: { key: string; label: string; value: string; support: string; sends: string; reason: string }[];
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
  number: number;
  at: string;
  actor: string;
  address: string;
  action: string;
  subject: { kind: string; id: string; name: string };
  outcome: string;
  sealed: boolean;
  before: unknown;
  after: unknown;
}

export interface AuditState {
  state: string;
  sentence: string;
  sealed: number;
  unsealed: number;
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

export interface Admin {
  id: string;
  name: string;
  role: Ref;
  state: string;
  factors: FactorMethod[];
  lastSeen: string;
  /** Until when this administrator may not approve; "" when they may. */
  heldUntil: string;
}

export interface Role {
  id: string;
  name: string;
  description: string;
  builtIn: boolean;
  rights: string[];
  groups: Ref[];
  administrators: number;
}

export interface Right {
  key: string;
  group: string;
  label: string;
  dangerous: boolean;
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
  key: string;
  label: string;
  channel: string;
  connects: boolean;
  note: string;
}

export interface SavedView {
  id: string;
  name: string;
  query: Record<string, string>;
  columns: string[];
}
