/** How devices come in: invitations, and the settings of mail accounts. */

import { queryOptions } from '@tanstack/react-query';
import { call } from './client';
import { whole } from './list';
import type { DeviceInvitation, DeviceInvitationDraft, NewDeviceInvitation, UserEnrolment } from './types';

/** The invitations by which a device can still come in: of one user, or of all. */
export const openInvitations = (user = '') =>
  queryOptions({
    queryKey: ['invitations', user],
    queryFn: ({ signal }) => whole<DeviceInvitation>('/enrolment/invitations', { user, open: true }, signal),
  });

/** What a user needs for another device. */
export const userEnrolment = (user: string) =>
  queryOptions({
    queryKey: ['users', user, 'enrolment'],
    queryFn: ({ signal }) => call<UserEnrolment>('GET', `/users/${user}/enrolment`, { signal }),
    enabled: user !== '',
  });

export const inviteUser = (body: DeviceInvitationDraft) =>
  call<NewDeviceInvitation>('POST', '/enrolment/invitations', { body });

export const endInvitation = (id: string) => call<void>('DELETE', `/enrolment/invitations/${id}`);

export const sendMailAccount = (user: string) => call<void>('POST', `/users/${user}/enrolment`);
