import { Checkbox, Group, NumberInput, SegmentedControl, Select, Text } from '@mantine/core';
import type { DeviceInvitationDraft, UserEnrolment } from '../../api/types';
import { lackWords } from './words';

export type AppWish = Required<Omit<DeviceInvitationDraft, 'user'>>;

interface AppFieldsProps {
  wish: AppWish;
  onChange: (wish: AppWish) => void;
  how?: UserEnrolment;
}

const LIVES = [
  { value: '1', label: '1 hour' },
  { value: '24', label: '1 day' },
  { value: '72', label: '3 days' },
  { value: '168', label: '1 week' },
  { value: '720', label: '30 days' },
];

/** What an invitation to a companion application says. */
export function AppFields({ wish, onChange, how }: AppFieldsProps) {
  const lacks = how?.lacks ?? '';
  return (
    <>
      <Text size="sm" c="dimmed">
        The user opens the link, or scans its QR code, with the organization’s management application. No
        password is asked for.
      </Text>
      <SegmentedControl
        aria-label="Whose device"
        value={wish.liability}
        onChange={(next) => onChange({ ...wish, liability: next as AppWish['liability'] })}
        data={[
          { value: 'corporate', label: 'Corporate' },
          { value: 'personal', label: 'Personal' },
        ]}
      />
      <Group grow align="flex-start">
        <NumberInput
          label="Devices"
          min={1}
          max={20}
          allowDecimal={false}
          value={wish.uses}
          onChange={(n) => onChange({ ...wish, uses: Number(n) || 1 })}
        />
        <Select
          label="Good for"
          data={LIVES}
          value={String(wish.hours)}
          onChange={(next) => onChange({ ...wish, hours: Number(next) })}
          allowDeselect={false}
        />
      </Group>
      <Checkbox
        label={how?.mail ? `Send the link to ${how.mail}` : 'Send the link by mail'}
        description={lackWords(lacks)}
        disabled={!how || lacks !== ''}
        checked={wish.send && lacks === ''}
        onChange={(e) => onChange({ ...wish, send: e.currentTarget.checked })}
      />
    </>
  );
}
