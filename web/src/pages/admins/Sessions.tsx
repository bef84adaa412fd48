import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { endSession, sessions } from '../../api/account';
import { useAct } from '../../ui/act';
import { browserWords } from '../../ui/browser';
import { Loaded } from '../../ui/Loaded';
import { ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { Trouble } from '../../ui/Trouble';
import { When } from '../../ui/When';

/** Where one administrator, or oneself, is signed in; a session can be ended from here. */
export function Sessions({ admin = '' }: { admin?: string }) {
  const answer = useQuery(sessions(admin));
  const end = useAct(endSession, { done: () => 'The session is ended.', stale: ['sessions'] });
  return (
    <Loaded of={answer}>
      {(all) => (
        <>
          {end.isError && <Trouble error={end.error} />}
          <Table
            label="Sessions"
            rows={all}
            id={(s) => s.id}
            columns={[
              { key: 'address', label: 'From', cell: (s) => s.address },
              {
                key: 'agent',
                label: 'Browser',
                cell: (s) => <span title={s.agent}>{browserWords(s.agent)}</span>,
              },
              { key: 'created', label: 'Signed in', cell: (s) => <When time={s.created} /> },
              { key: 'seen', label: 'Last seen', cell: (s) => <When time={s.lastSeen} /> },
              {
                key: 'act',
                label: 'End',
                silent: true,
                align: 'right',
                cell: (s) =>
                  s.current ? (
                    <ToneMark tone="info">This one</ToneMark>
                  ) : (
                    <Button
                      size="xs"
                      variant="default"
                      onClick={() => end.mutate(s.id)}
                      aria-label={`End the session from ${s.address}`}
                    >
                      End
                    </Button>
                  ),
              },
            ]}
          />
        </>
      )}
    </Loaded>
  );
}
