import { Anchor, Button, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Smartphone } from 'lucide-react';
import type { Overview as Facts } from '../../api/types';
import { upstreams } from '../../api/mail';
import { overview } from '../../api/zone';
import { useMay } from '../../app/me';
import { Empty } from '../../ui/Empty';
import { Loaded } from '../../ui/Loaded';
import { Notes } from '../../ui/Notes';
import { PageHead } from '../../ui/PageHead';
import { Panel } from '../../ui/Panel';
import { Status, ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { onDay, plural } from '../../ui/time';
import { When } from '../../ui/When';
import { ZoneName } from '../zone/ZoneName';
import { Bars } from './Bars';
import { Tile } from './Tile';

/** The state of the zone at a glance; every number leads to the list it counts. */
export default function Overview() {
  const answer = useQuery(overview);
  return (
    <>
      <PageHead title="Overview" lead={<ZoneName />} />
      <Loaded of={answer}>{(facts) => <Board facts={facts} />}</Loaded>
    </>
  );
}

function Board({ facts }: { facts: Facts }) {
  const { devices, commands } = facts;
  return (
    <Stack gap="lg">
      <Notes notes={facts.notes} />
      <SimpleGrid cols={{ base: 2, md: facts.waiting > 0 ? 5 : 4 }} spacing="lg">
        <Tile to="/devices" value={devices.total} label={devices.total === 1 ? 'device' : 'devices'} />
        <Tile
          to="/commands"
          search={{ tab: 'approvals' }}
          value={facts.approvals}
          label="awaiting approval"
          tone={facts.approvals > 0 ? 'wait' : undefined}
        />
        {facts.waiting > 0 && (
          <Tile
            to="/registration"
            search={{ tab: 'waiting' }}
            value={facts.waiting}
            label={facts.waiting === 1 ? 'computer at the door' : 'computers at the door'}
            tone="wait"
          />
        )}
        <Tile to="/commands" search={{ state: 'open' }} value={commands.pending} label="commands under way" />
        <Tile
          to="/commands"
          search={{ state: 'failed' }}
          value={commands.failed}
          label="failed commands"
          tone={commands.failed > 0 ? 'bad' : undefined}
        />
      </SimpleGrid>
      {devices.total === 0 ? <NoDevices /> : <Breakdown facts={facts} />}
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
        <MailServers />
        <Certificates facts={facts} />
      </SimpleGrid>
    </Stack>
  );
}

function Breakdown({ facts: { devices } }: { facts: Facts }) {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      <Panel title="Access">
        <Bars name="access" counts={devices.byAccess} total={devices.total} toned />
      </Panel>
      <Panel title="Policy">
        <Bars name="policyState" counts={devices.byPolicy} total={devices.total} toned />
      </Panel>
      <Panel title="Platform">
        <Bars
          name="platform"
          counts={[...devices.byPlatform].sort((a, b) => b.count - a.count)}
          total={devices.total}
        />
      </Panel>
      <Panel title="Last contact">
        <Bars name="contact" counts={devices.byContact} total={devices.total} />
      </Panel>
    </SimpleGrid>
  );
}

function NoDevices() {
  const may = useMay();
  const servers = useQuery({ ...upstreams, enabled: may('upstream.read') });
  const ready = (servers.data?.length ?? 0) > 0;
  return (
    <Panel>
      <Empty
        icon={Smartphone}
        title="No device has knocked yet"
        action={
          may('upstream.edit') && (
            <Button component={Link} to={ready ? '/access' : '/mail-servers'}>
              {ready ? 'Look at the access rules' : 'Add a mail server'}
            </Button>
          )
        }
      >
        {ready
          ? 'Point a phone’s Exchange account at this server. It appears here at its first successful sign-in.'
          : 'Add the mail server that stands behind Drover, then point a phone’s Exchange account at this server.'}
      </Empty>
    </Panel>
  );
}

function MailServers() {
  const may = useMay();
  const servers = useQuery({ ...upstreams, enabled: may('upstream.read') });
  if (!servers.data) return null;
  return (
    <Panel
      title="Mail servers"
      flush
      aside={
        <Anchor component={Link} to="/mail-servers" size="sm">
          All
        </Anchor>
      }
    >
      {servers.data.length === 0 ? (
        <Text c="dimmed" size="sm" px="lg" pb="lg">
          None yet. Without one, no mail flows.
        </Text>
      ) : (
        <Table
          label="Mail servers"
          rows={servers.data}
          id={(u) => u.id}
          columns={[
            { key: 'name', label: 'Name', cell: (u) => u.name },
            { key: 'state', label: 'State', cell: (u) => <Status state={u.state} /> },
            { key: 'checked', label: 'Checked', cell: (u) => <When time={u.checked} />, align: 'right' },
          ]}
        />
      )}
    </Panel>
  );
}

const SOON_DAYS = 30;

function Certificates({ facts }: { facts: Facts }) {
  return (
    <Panel title="Certificates that expire next" flush>
      {facts.certificates.length === 0 ? (
        <Text c="dimmed" size="sm" px="lg" pb="lg">
          None expires in the next {plural(SOON_DAYS, 'day')}.
        </Text>
      ) : (
        <Table
          label="Certificates that expire next"
          rows={facts.certificates}
          id={(c) => c.name + c.expires}
          columns={[
            { key: 'name', label: 'Certificate', cell: (c) => c.name },
            { key: 'expires', label: 'Expires', cell: (c) => <Expiry time={c.expires} />, align: 'right' },
          ]}
        />
      )}
    </Panel>
  );
}

function Expiry({ time }: { time: string }) {
  const days = Math.floor((new Date(time).getTime() - performance.timeOrigin) / 86_400_000);
  if (days < 0) return <ToneMark tone="bad">{`Expired on ${onDay(time)}`}</ToneMark>;
  if (days <= SOON_DAYS) return <ToneMark tone="wait">{`In ${plural(days, 'day')}`}</ToneMark>;
  return <>{onDay(time)}</>;
}
