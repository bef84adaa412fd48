import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { MailOpen } from 'lucide-react';
import { endInvitation, openInvitations } from '../../api/enrolment';
import type { DeviceInvitation } from '../../api/types';
import { useAct } from '../../ui/act';
import { actorName } from '../../ui/actor';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Table } from '../../ui/Table';
import { Trouble } from '../../ui/Trouble';
import { When } from '../../ui/When';
import { owner } from '../devices/columns';

/** The invitations by which a device can still come in, of one user or of all, each with its end. */
export function OpenInvitations({ user }: { user?: string }) {
  const answer = useQuery(openInvitations(user));
  const end = useAct((i: DeviceInvitation) => endInvitation(i.id), {
    done: (_, i) => `The invitation of ${i.user.name} is taken back.`,
    stale: ['invitations'],
  });
  const whose = {
    key: 'user',
    label: 'User',
    cell: (i: DeviceInvitation) => (
      <Link to="/users/$id" params={{ id: i.user.id }} className="inline">
        {i.user.name}
      </Link>
    ),
  };
  return (
    <Loaded of={answer}>
      {(list) => (
        <>
          {end.error && <Trouble error={end.error} />}
          {list.length === 0 ? (
            user ? (
              <Text size="sm" px="lg" pb="lg">
                No invitation is open.
              </Text>
            ) : (
              <Empty icon={MailOpen} title="No invitation is open">
                One that you make stands here until its devices have come in, its time is over, or it is taken
                back.
              </Empty>
            )
          ) : (
            <Table
              label="Open invitations"
              rows={list}
              id={(i) => i.id}
              columns={[
                ...(user ? [] : [whose]),
                {
                  key: 'for',
                  label: 'For',
                  cell: (i) => `${owner(i.liability)}, ${i.used} of ${i.uses} used`,
                },
                { key: 'until', label: 'Until', cell: (i) => <When time={i.expires} /> },
                { key: 'by', label: 'By', cell: (i) => actorName(i.by) },
                {
                  key: 'act',
                  label: 'Take back',
                  silent: true,
                  align: 'right',
                  cell: (i) => (
                    <Button
                      size="compact-sm"
                      variant="default"
                      aria-label={`Take back the invitation of ${i.user.name}`}
                      loading={end.isPending && end.variables.id === i.id}
                      onClick={() => end.mutate(i)}
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
