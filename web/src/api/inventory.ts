/** What devices are made of and what is installed on them, and the agents that tell it. */

import { queryOptions } from '@tanstack/react-query';
import { call, callTagged, type Query } from './client';
import { list, whole } from './list';
import type {
  AgentEvent,
  Collection,
  ComputerDraft,
  Device,
  InventoryChange,
  InventoryItems,
  InventoryKind,
  InventoryMatch,
  InventorySection,
  InventoryToken,
  NewInventoryToken,
  Software,
  SoftwareVersion,
  Upload,
  ZoneChange,
} from './types';

/** Every section of inventories with its fields. */
export const inventoryKinds = queryOptions({
  queryKey: ['inventory', 'kinds'],
  queryFn: ({ signal }) => whole<InventoryKind>('/inventory/sections', {}, signal),
  staleTime: Infinity,
});

/** The sections that a device has told. */
export const deviceInventory = (id: string) =>
  queryOptions({
    queryKey: ['devices', id, 'inventory'],
    queryFn: ({ signal }) => whole<InventorySection>(`/devices/${id}/inventory`, {}, signal),
  });

export const inventorySection = (id: string, section: string) =>
  queryOptions({
    queryKey: ['devices', id, 'inventory', section],
    queryFn: ({ signal }) => call<InventoryItems>('GET', `/devices/${id}/inventory/${section}`, { signal }),
  });

/** What has changed on a device, of one section or of all for "". */
export const inventoryChanges = (id: string, section: string) =>
  list<InventoryChange>(`/devices/${id}/inventory-changes`, { section });

/** The devices that fulfil every test. */
export const askInventory = (tests: string[]) => list<InventoryMatch>('/inventory/devices', { test: tests });

export const software = (q: string) => list<Software>('/inventory/software', { q });

export const softwareVersions = (name: string, source: string) =>
  queryOptions({
    queryKey: ['inventory', 'versions', name, source],
    queryFn: ({ signal }) => whole<SoftwareVersion>('/inventory/software-versions', { name, source }, signal),
  });

export const addComputer = (body: ComputerDraft) => call<Device>('POST', '/computers', { body });

export const inventoryToken = (id: string) =>
  queryOptions({
    queryKey: ['devices', id, 'inventory-token'],
    queryFn: ({ signal }) => call<InventoryToken>('GET', `/devices/${id}/inventory-token`, { signal }),
  });

export const makeInventoryToken = (id: string) =>
  call<NewInventoryToken>('POST', `/devices/${id}/inventory-token`);
export const endInventoryToken = (id: string) => call<void>('DELETE', `/devices/${id}/inventory-token`);

/** From whom inventories are taken. */
export const collection = queryOptions({
  queryKey: ['inventory', 'collection'],
  queryFn: ({ signal }) => callTagged<Collection>('/collection', signal),
});

export const setCollection = (etag: string, body: Collection) =>
  call<Collection>('PUT', '/collection', { body, etag });

/** Files that computers have sent and that could not be imported. */
export const uploadsAside = list<Upload>('/collection/uploads', { state: 'aside' });
export const retryUpload = (id: string) => call<void>('POST', `/collection/uploads/${id}/retry`);
export const dropUpload = (id: string) => call<void>('DELETE', `/collection/uploads/${id}`);

/** What the agent of a computer has said of itself. */
export const agentEvents = (device: string) => list<AgentEvent>('/collection/events', { device });

/** What has changed on all devices. */
export const zoneChanges = (query: Query) => list<ZoneChange>('/inventory/changes', query);
