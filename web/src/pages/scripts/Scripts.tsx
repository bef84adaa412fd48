import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Plus, SquareTerminal } from 'lucide-react';
import { useState } from 'react';
import { scripts } from '../../api/scripts';
import type { Script } from '../../api/types';
import { useMay } from '../../app/me';
import { ListPage } from '../../ui/ListPage';
import { Table } from '../../ui/Table';
import { plural } from '../../ui/time';
import { When } from '../../ui/When';
import { ScriptForm } from './ScriptForm';
import { Standing } from './Standing';
import { forWhom, often } from './words';

/** What computers with our own agent run by a schedule. */
export default function Scripts() {
  const may = useMay();
  const navigate = useNavigate();
  const answer = useQuery(scripts);
  const [writing, setWriting] = useState(false);
  const add = may('script.edit') && (
    <Button leftSection={<Plus size={16} />} onClick={() => setWriting(true)}>
      New script
    </Button>
  );
  return (
    <>
      <ListPage
        title="Scripts"
        lead="What computers with Drover’s agent run by a schedule, with every right on the computer."
        of={answer}
        add={add}
        none={{
          icon: SquareTerminal,
          title: 'No script yet',
          text: 'Write one, and say which computers run it and how often. One that reaches many waits until another administrator has approved that very text. Computers come in under Devices.',
        }}
      >
        {(all) => <List all={all} />}
      </ListPage>
      {writing && (
        <ScriptForm
          onClose={() => setWriting(false)}
          onSaved={(made) => void navigate({ to: '/scripts/$id', params: { id: made.id } })}
        />
      )}
    </>
  );
}

function List({ all }: { all: Script[] }) {
  return (
    <Table
      framed
      label="Scripts"
      rows={all}
      id={(s) => s.id}
      columns={[
        {
          key: 'name',
          label: 'Script',
          cell: (s) => (
            <Link to="/scripts/$id" params={{ id: s.id }}>
              {s.name}
            </Link>
          ),
        },
        { key: 'state', label: 'Stands', cell: (s) => <Standing script={s} /> },
        { key: 'often', label: 'Runs', cell: (s) => often(s.minutes) },
        {
          key: 'for',
          label: 'For',
          cell: (s) => `${forWhom(s.groups)} (${plural(s.reach, 'computer')})`,
        },
        { key: 'written', label: 'Written', cell: (s) => <When time={s.written} /> },
      ]}
    />
  );
}
