import { Button, Group, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { MapPin, Plus } from 'lucide-react';
import { useState } from 'react';
import type { ZoneLocation, ZoneServer } from '../../api/types';
import { Dialog } from '../../ui/Dialog';
import { Empty } from '../../ui/Empty';
import { MoveButtons } from '../../ui/MoveButtons';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { OrderGrid } from './OrderGrid';

interface LocationsProps {
  servers: ZoneServer[];
  list: ZoneLocation[];
  onChange?: (list: ZoneLocation[]) => void;
}

/** Places with servers that are close to them. The first that has a computer's address decides. */
export function Locations({ servers, list, onChange }: LocationsProps) {
  const [form, setForm] = useState<number | 'new'>();
  const move = (i: number, by: number) => {
    const next = list.filter((_, at) => at !== i);
    const moved = list[i];
    if (moved) onChange?.([...next.slice(0, i + by), moved, ...next.slice(i + by)]);
  };
  return (
    <Panel
      title="Locations"
      aside={
        onChange && (
          <Button size="xs" variant="default" leftSection={<Plus size={14} />} onClick={() => setForm('new')}>
            Add a location
          </Button>
        )
      }
      flush={list.length > 0}
    >
      {list.length === 0 ? (
        <Empty icon={MapPin} title="No location yet">
          A location is a place that is recognised by the address from which a computer asks. Give it an order
          of its own where other servers are close to it.
        </Empty>
      ) : (
        <Table
          label="Locations"
          rows={list}
          id={(l) => l.name}
          columns={[
            { key: 'name', label: 'Location', width: '22%', cell: (l) => l.name },
            { key: 'networks', label: 'Networks', prose: true, cell: (l) => l.networks.join(', ') },
            { key: 'order', label: 'Servers', width: '26%', cell: (l) => servedBy(l) },
            {
              key: 'act',
              label: 'Change',
              silent: true,
              align: 'right',
              width: '22%',
              cell: (l) =>
                onChange && (
                  <Group gap={2} justify="flex-end" wrap="nowrap">
                    <MoveButtons
                      name={l.name}
                      at={list.indexOf(l)}
                      of={list.length}
                      onMove={(by) => move(list.indexOf(l), by)}
                    />
                    <Button
                      size="xs"
                      variant="default"
                      aria-label={`Change ${l.name}`}
                      onClick={() => setForm(list.indexOf(l))}
                    >
                      Change
                    </Button>
                  </Group>
                ),
            },
          ]}
        />
      )}
      {form !== undefined && (
        <LocationDialog
          servers={servers}
          location={form === 'new' ? undefined : list[form]}
          onClose={() => setForm(undefined)}
          onSave={(made) =>
            onChange?.(form === 'new' ? [...list, made] : list.map((l, i) => (i === form ? made : l)))
          }
          onForget={form === 'new' ? undefined : () => onChange?.(list.filter((_, i) => i !== form))}
        />
      )}
    </Panel>
  );
}

function servedBy(l: ZoneLocation): string {
  const own = (l.closest ?? []).length > 0;
  if (l.alone) return own ? 'Its own alone' : 'None: computers here are told of nobody';
  return own ? 'Its own, then the others' : 'As everywhere';
}

interface LocationDialogProps {
  servers: ZoneServer[];
  location?: ZoneLocation;
  onSave: (made: ZoneLocation) => void;
  onForget?: () => void;
  onClose: () => void;
}

function LocationDialog({ servers, location, onSave, onForget, onClose }: LocationDialogProps) {
  const form = useForm({
    initialValues: {
      name: location?.name ?? '',
      networks: location?.networks.join('\n') ?? '',
      alone: location?.alone ?? false,
      closest: location?.closest ?? [],
    },
    validate: {
      name: (v) => (v.trim() ? null : 'Give it a name.'),
      networks: (v) => (v.trim() ? null : 'Say by which addresses it is recognised.'),
    },
  });
  const submit = form.onSubmit((v) => {
    onSave({
      name: v.name.trim(),
      networks: v.networks
        .split('\n')
        .map((n) => n.trim())
        .filter(Boolean),
      alone: v.alone,
      closest: v.closest,
    });
    onClose();
  });
  return (
    <Dialog
      opened
      size="lg"
      title={location ? location.name : 'Add a location'}
      submit={location ? 'Change it' : 'Add it'}
      onClose={onClose}
      onSubmit={() => submit()}
    >
      <TextInput
        label="Name"
        description="The person at the computer reads it."
        {...form.getInputProps('name')}
      />
      <Textarea
        label="Networks"
        description="One a line: 192.0.2.0/24, 2001:db8::/32, or a run 192.0.2.10-192.0.2.20."
        autosize
        minRows={2}
        {...form.getInputProps('networks')}
      />
      <OrderGrid
        servers={servers}
        orders={form.values.closest}
        onChange={(closest) => form.setFieldValue('closest', closest)}
      />
      <Switch
        label="These servers and no others"
        description="Without a number, a server is not told to computers here."
        {...form.getInputProps('alone', { type: 'checkbox' })}
      />
      {onForget && (
        <Text size="sm">
          <Button
            variant="subtle"
            color="gray"
            onClick={() => {
              onForget();
              onClose();
            }}
          >
            Forget this location
          </Button>
        </Text>
      )}
    </Dialog>
  );
}
