import { Anchor, Button, Checkbox, NativeSelect, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Hand } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { Tagged } from '../../api/client';
import { groups, offerInPortal, portal, portalGroup, sayOfGroup } from '../../api/people';
import type { Group, Portal, PortalGroup } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Dialog } from '../../ui/Dialog';

const TITLE = 'What users may do themselves';
const DONE = 'Users may do this from their next click on.';

/** What users may do by themselves, everybody or a group, with the way to change it. */
export function PortalRights() {
  const may = useMay();
  const [open, setOpen] = useState(false);
  const [whose, setWhose] = useState('');
  const now = useQuery({ ...portal, enabled: open });
  const all = useQuery({ ...groups('user-groups'), enabled: open && may('user.read') });
  const group = useQuery(portalGroup(open ? whose : ''));
  if (!may('setting.edit')) return null;
  const close = () => {
    setOpen(false);
    setWhose('');
  };
  const choose = now.data && <Whose now={now.data} all={all.data ?? []} value={whose} onChange={setWhose} />;
  return (
    <>
      <Button variant="default" leftSection={<Hand size={15} />} onClick={() => setOpen(true)}>
        Self-service
      </Button>
      {open && now.data && !whose && (
        <Everybody key={now.data.etag} now={now.data} onClose={close}>
          {choose}
        </Everybody>
      )}
      {open && now.data && whose && group.data && (
        <OfGroup key={whose + group.data.etag} now={now.data} group={group.data} onClose={close}>
          {choose}
        </OfGroup>
      )}
    </>
  );
}

interface WhoseProps {
  now: Portal;
  all: Group[];
  value: string;
  onChange: (id: string) => void;
}

function Whose({ now, all, value, onChange }: WhoseProps) {
  if (all.length === 0) return null;
  const special = new Set(now.groups.map((g) => g.group.id));
  return (
    <NativeSelect
      label="Whose"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      data={[
        { value: '', label: 'Everybody' },
        ...all.map((g) => ({ value: g.id, label: special.has(g.id) ? `${g.name} (otherwise)` : g.name })),
      ]}
    />
  );
}

interface RightsProps {
  now: Tagged<Portal>;
  onClose: () => void;
  children: ReactNode;
}

function Everybody({ now, onClose, children }: RightsProps) {
  const before = now.abilities.filter((ability) => ability.offered).map((ability) => ability.key);
  const [offered, setOffered] = useState(before);
  const save = useAct(() => offerInPortal(now.etag, offered), {
    done: () => DONE,
    stale: ['portal'],
    after: onClose,
  });
  return (
    <Dialog
      opened
      title={TITLE}
      submit="Save"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
      incomplete={offered.toSorted().join() === before.toSorted().join()}
    >
      <Text size="sm">
        In the self-service portal,{' '}
        <Anchor href={now.url} underline="always">
          {now.url}
        </Anchor>
        , with their own devices and as far as each platform can. Seeing what is kept of oneself, and taking
        it along, is everybody’s.
      </Text>
      {children}
      <Checkbox.Group label="Users may" value={offered} onChange={setOffered}>
        <Stack gap="xs" mt="xs">
          {now.abilities.map((ability) => (
            <Checkbox
              key={ability.key}
              value={ability.key}
              label={ability.label}
              description={ability.proof ? 'They prove once more who they are, each time.' : undefined}
            />
          ))}
        </Stack>
      </Checkbox.Group>
    </Dialog>
  );
}

type Said = '' | 'offered' | 'withheld';

function OfGroup({ now, group, onClose, children }: RightsProps & { group: Tagged<PortalGroup> }) {
  const before = (key: string): Said =>
    group.offered.includes(key) ? 'offered' : group.withheld.includes(key) ? 'withheld' : '';
  const [said, setSaid] = useState<Record<string, Said>>(() =>
    Object.fromEntries(now.abilities.map((ability) => [ability.key, before(ability.key)])),
  );
  const keys = (wanted: Said) => Object.keys(said).filter((key) => said[key] === wanted);
  const save = useAct(
    () => sayOfGroup(group.group.id, group.etag, { offered: keys('offered'), withheld: keys('withheld') }),
    { done: () => DONE, stale: ['portal'], after: onClose },
  );
  return (
    <Dialog
      opened
      title={TITLE}
      submit="Save"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
      incomplete={now.abilities.every((ability) => said[ability.key] === before(ability.key))}
    >
      <Text size="sm">
        What one of a user’s groups may not do, the user may not do, whatever the others say. Where no group
        says anything, it is as for everybody.
      </Text>
      {children}
      {now.abilities.map((ability) => (
        <NativeSelect
          key={ability.key}
          label={ability.label}
          value={said[ability.key]}
          onChange={(event) => setSaid({ ...said, [ability.key]: event.currentTarget.value as Said })}
          data={[
            { value: '', label: `As everybody: ${ability.offered ? 'may' : 'may not'}` },
            { value: 'offered', label: 'May' },
            { value: 'withheld', label: 'May not' },
          ]}
        />
      ))}
    </Dialog>
  );
}
