import { Button, Group, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Folder as FolderIcon, FolderLock, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { addFolder, editFolder, folders, removeFolder } from '../../api/registration';
import type { Folder } from '../../api/types';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Confirm } from '../../ui/Confirm';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { Panel } from '../../ui/Panel';
import { Table } from '../../ui/Table';
import { plural } from '../../ui/time';
import { RowButton } from '../../ui/RowButton';

/** The tree of folders in which devices are. */
export function Folders() {
  const may = useMay();
  const edit = may('group.edit');
  const answer = useQuery(folders);
  const [form, setForm] = useState<Folder | 'new'>();
  const [removing, setRemoving] = useState<Folder>();
  return (
    <Loaded of={answer}>
      {(list) => (
        <Panel
          title="Folders"
          aside={
            edit && (
              <Button leftSection={<Plus size={16} />} onClick={() => setForm('new')}>
                New folder
              </Button>
            )
          }
          flush
        >
          <Text size="sm" c="dimmed" px="lg" pb="sm" maw={800}>
            Each device is in one folder, at first in the topmost. A folder is a group too, of what is in it
            and below it: policies, roles and rules can be given to it.
          </Text>
          <Table
            label="Folders"
            rows={list}
            id={(f) => f.id}
            columns={[
              { key: 'path', label: 'Folder', cell: (f) => <Name folder={f} /> },
              { key: 'description', label: 'Description', prose: true, cell: (f) => f.description || '–' },
              {
                key: 'members',
                label: 'Devices',
                cell: (f) => (
                  <Link to="/devices" search={{ group: f.id }} className="inline">
                    {plural(f.members, 'device')}
                  </Link>
                ),
              },
              {
                key: 'act',
                label: 'Change',
                silent: true,
                align: 'right',
                cell: (f) =>
                  edit &&
                  !f.quarantine && (
                    <Group gap={2} wrap="nowrap" justify="flex-end">
                      <RowButton icon={Pencil} label={`Edit ${f.path}`} onClick={() => setForm(f)} />
                      <RowButton icon={Trash2} label={`Remove ${f.path}`} onClick={() => setRemoving(f)} />
                    </Group>
                  ),
              },
            ]}
          />
          {form && (
            <FolderForm folder={form === 'new' ? undefined : form} onClose={() => setForm(undefined)} />
          )}
          {removing && (
            <Confirm
              title={`Remove ${removing.path}?`}
              submit="Remove"
              run={() => removeFolder(removing.id)}
              done={() => `${removing.path} is removed.`}
              stale={['device-folders', 'device-groups']}
              onClose={() => setRemoving(undefined)}
            >
              <Text size="sm">
                A folder goes only when nothing is in it or below it, and nothing names it.
              </Text>
            </Confirm>
          )}
        </Panel>
      )}
    </Loaded>
  );
}

function Name({ folder }: { folder: Folder }) {
  const parts = folder.path.split('/').slice(1);
  const Icon = folder.quarantine ? FolderLock : FolderIcon;
  return (
    <Group gap={6} wrap="nowrap" pl={(parts.length - 1) * 20}>
      <Icon size={16} aria-hidden />
      <span title={folder.path}>{parts.at(-1)}</span>
    </Group>
  );
}

function FolderForm({ folder, onClose }: { folder?: Folder; onClose: () => void }) {
  const [path, setPath] = useState(folder?.path ?? '/');
  const [description, setDescription] = useState(folder?.description ?? '');
  const save = useAct(
    () =>
      folder
        ? editFolder(folder, path.trim(), description.trim())
        : addFolder(path.trim(), description.trim()),
    {
      done: (f) => `${f.path} is saved.`,
      stale: ['device-folders', 'device-groups', 'devices'],
      after: onClose,
    },
  );
  return (
    <Dialog
      opened
      title={folder ? 'Change the folder' : 'New folder'}
      submit="Save"
      onClose={onClose}
      onSubmit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
      incomplete={path.trim().length < 2}
    >
      <TextInput
        label="Path"
        description={
          folder
            ? 'Another path moves it, with all that is in it and below it.'
            : 'Such as /Vienna/Servers. The folder above must be there.'
        }
        value={path}
        onChange={(e) => setPath(e.currentTarget.value)}
        data-autofocus
      />
      <TextInput
        label="Description (optional)"
        value={description}
        onChange={(e) => setDescription(e.currentTarget.value)}
      />
    </Dialog>
  );
}
