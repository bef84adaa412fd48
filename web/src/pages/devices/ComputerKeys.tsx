import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { endComputerKey, openComputerKeys } from '../../api/computers';
import type { ComputerKey } from '../../api/types';
import { useAct } from '../../ui/act';
import { actorName } from '../../ui/actor';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Table } from '../../ui/Table';
import { Trouble } from '../../ui/Trouble';
import { When } from '../../ui/When';
import { systems } from './JoinLines';

/** The keys by which a computer can still come in, each with its end. */
export function ComputerKeys() {
  const answer = useQuery(openComputerKeys);
  const end = useAct((k: ComputerKey) => endComputerKey(k.id), {
    done: (_, k) => `The key “${k.name}” is taken back.`,
    stale: ['computer-keys'],
  });
  return (
    <Loaded of={answer}>
      {(list) => (
        <>
          {end.error && <Trouble error={end.error} />}
          {list.length === 0 ? (
            <Empty icon={KeyRound} title="No key is open">
              One that you make stands here until its computers have come in, its time is over, or it is taken
              back.
            </Empty>
          ) : (
            <Table
              label="Open keys"
              rows={list}
              id={(k) => k.id}
              columns={[
                { key: 'name', label: 'For', cell: (k) => k.name },
                {
                  key: 'system',
                  label: 'System',
                  cell: (k) => k.platforms.map((p) => systems[p]).join(', ') || 'Any',
                },
                { key: 'used', label: 'Used', cell: (k) => `${k.used} of ${k.uses}` },
                { key: 'until', label: 'Until', cell: (k) => <When time={k.expires} /> },
                { key: 'by', label: 'By', cell: (k) => actorName(k.by) },
                {
                  key: 'act',
                  label: 'Take back',
                  silent: true,
                  align: 'right',
                  cell: (k) => (
                    <Button
                      size="compact-sm"
                      variant="default"
                      aria-label={`Take back the key ${k.name}`}
                      loading={end.isPending && end.variables.id === k.id}
                      onClick={() => end.mutate(k)}
                    >
                      Take back
                    </Button>
                  ),
                },
              ]}
            />
          )}
        </>
      )}
    </Loaded>
  );
}
