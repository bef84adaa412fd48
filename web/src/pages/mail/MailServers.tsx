import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Mail, Plus } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { orderUpstreams, removeUpstream, upstreams } from '../../api/mail';
import type { Upstream } from '../../api/types';
import { useMay } from '../../app/me';
import { Confirm } from '../../ui/Confirm';
import { useAct } from '../../ui/act';
import { Facts } from '../../ui/Facts';
import { ListPage } from '../../ui/ListPage';
import { MoveButtons } from '../../ui/MoveButtons';
import { moved } from '../../ui/order';
import { Panel } from '../../ui/Panel';
import { Status } from '../../ui/Status';
import { plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import { outcome } from '../../ui/waiting';
import { When } from '../../ui/When';
import { AddMailServer, EditMailServer } from './MailServerForm';
import { Sent } from './Sent';
import { TestResult } from './TestResult';

/** The mail servers behind the gateway. */
export default function MailServers() {
  const may = useMay();
  const answer = useQuery(upstreams);
  const [adding, setAdding] = useState(false);
  const [tested, setTested] = useState('');
  const add = may('upstream.edit') && (
    <Button leftSection={<Plus size={16} />} onClick={() => setAdding(true)}>
      Add a mail server
    </Button>
  );
  return (
    <>
      <ListPage
        title="Mail servers"
        lead="ActiveSync servers that stand behind Drover. Phones sign in here and reach their mail there."
        of={answer}
        add={add}
        none={{
          icon: Mail,
          title: 'No mail server yet',
          text: 'Add the address of your Exchange, SOGo, Zimbra or other ActiveSync server. You can test it at once, before any phone does.',
        }}
      >
        {(all) => (
          <Stack gap="lg">
            <Cards all={all} tested={tested} onTest={setTested} />
            <Sent servers={all} />
          </Stack>
        )}
      </ListPage>
      {adding && (
        <AddMailServer
          first={(answer.data?.length ?? 0) === 0}
          onClose={() => setAdding(false)}
          onAdded={(added) => {
            setAdding(false);
            setTested(added.id);
          }}
        />
      )}
    </>
  );
}

interface CardsProps {
  all: Upstream[];
  tested: string;
  onTest: (id: string) => void;
}

/** The servers in the order in which they are asked whose a user is. */
function Cards({ all, tested, onTest }: CardsProps) {
  const may = useMay();
  const queries = useQueryClient();
  const order = useAct((ids: string[]) => orderUpstreams(ids), {
    done: (waiting) => outcome(waiting, ''),
    stale: ['upstreams', 'approvals'],
  });
  const move = (u: Upstream, by: number) => {
    const next = moved(all, u.id, by);
    queries.setQueryData(upstreams.queryKey, next);
    order.mutate(next.map((other) => other.id));
  };
  return (
    <>
      {order.isError && <Trouble error={order.error} />}
      {all.map((u, i) => (
        <Card
          key={u.id}
          upstream={u}
          testing={u.id === tested}
          onTest={(on) => onTest(on ? u.id : '')}
          order={
            all.length > 1 &&
            may('upstream.edit') && (
              <MoveButtons name={u.name} at={i} of={all.length} onMove={(by) => move(u, by)} />
            )
          }
        />
      ))}
    </>
  );
}

interface CardProps {
  upstream: Upstream;
  testing: boolean;
  onTest: (on: boolean) => void;
  order: ReactNode;
}

function Card({ upstream: u, testing, onTest, order }: CardProps) {
  const may = useMay();
  const [editing, setEditing] = useState(false);
  const [removing, setRemoving] = useState(false);
  return (
    <Panel
      title={u.name}
      aside={
        may('upstream.edit') && (
          <Group gap="xs">
            {order}
            <Button size="xs" variant="default" onClick={() => onTest(true)}>
              Test
            </Button>
            <Button size="xs" variant="default" onClick={() => setEditing(true)}>
              Edit
            </Button>
            <Button size="xs" variant="default" onClick={() => setRemoving(true)}>
              Remove
            </Button>
          </Group>
        )
      }
    >
      <Facts
        rows={[
          ['Address', u.url],
          ['State', <Status key="s" state={u.state || 'untested'} />],
          ['Mail domains', u.domains.join(', ') || 'None'],
          ['Takes', u.default ? 'Everyone else too' : 'Users of its domains, and those assigned'],
          ['New devices', u.handsOff ? 'Enrol by themselves' : 'Wait to be let in'],
          ['Checked', <When key="c" time={u.checked} never="Not yet" />],
          ['Devices', plural(u.devices, 'device')],
          ['Certificate', u.tlsMode === 'ca' ? 'The authority given here' : 'The machine’s authorities'],
        ]}
      />
      {u.said && !testing && (
        <Text size="sm" c="dimmed" mt="sm">
          The last test: {u.said}
        </Text>
      )}
      {testing && <TestResult id={u.id} onClose={() => onTest(false)} />}
      {editing && <EditMailServer id={u.id} onClose={() => setEditing(false)} />}
      {removing && <Remove upstream={u} onClose={() => setRemoving(false)} />}
    </Panel>
  );
}

function Remove({ upstream, onClose }: { upstream: Upstream; onClose: () => void }) {
  return (
    <Confirm
      title={`Remove ${upstream.name}?`}
      submit="Remove"
      run={() => removeUpstream(upstream.id)}
      done={(waiting) => outcome(waiting, `${upstream.name} is removed.`)}
      stale={['upstreams', 'upstream-assignments', 'overview', 'approvals']}
      onClose={onClose}
    >
      <Text size="sm">
        {upstream.devices > 0
          ? `${plural(upstream.devices, 'device')} will get no mail any more. Nothing is erased from them, nor from the mail server.`
          : 'No device uses it. Nothing is changed on the mail server.'}
      </Text>
    </Confirm>
  );
}
