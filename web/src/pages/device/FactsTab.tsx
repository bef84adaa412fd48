import { Anchor, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lookAtPhone } from '../../api/devices';
import { deviceSchedule } from '../../api/schedules';
import type { DeviceDetail } from '../../api/types';
import { useMay } from '../../app/me';
import { Facts } from '../../ui/Facts';
import { Panel } from '../../ui/Panel';
import { Reveal } from '../../ui/Reveal';
import { Loaded } from '../../ui/Loaded';
import { person } from '../../ui/actor';
import { hasAgent, isComputer } from '../../ui/platforms';
import { humanize } from '../../ui/states';
import { Table } from '../../ui/Table';
import { When } from '../../ui/When';
import { owner } from '../devices/columns';
import { Holds } from '../schedules/Holds';
import { AgentPanel } from './AgentPanel';

function groupsOf(d: DeviceDetail): string {
  const names = d.groups.filter((g) => g.kind !== 'folder').map((g) => g.name);
  return names.join(', ') || 'None';
}

/** What is known of the device, from where, and how old it is. Mail and telephones are not spoken of to computers. */
export function FactsTab({ device: d }: { device: DeviceDetail }) {
  const may = useMay();
  const phone = async (reason: string): Promise<[string, string][]> => {
    const known = await lookAtPhone(d.id, reason);
    return known.phone ? [['Phone number', known.phone]] : [];
  };
  return (
    <Stack gap="lg">
      <Panel title="Device">
        <Facts
          rows={[
            [
              'User',
              d.user.id ? (
                <Anchor component={Link} to={`/users/${d.user.id}`} size="sm">
                  {d.user.name}
                </Anchor>
              ) : (
                person(d.user)
              ),
            ],
            ['Platform', d.platformLabel],
            ['Model', d.model],
            ['System', d.os],
            ['Owner', owner(d.liability)],
            ['Enrolled', <When key="e" time={d.enrolled} />],
            ['Folder', d.folder.name || '/'],
            ['Groups', groupsOf(d)],
            ['Device ID', <code key="d">{d.deviceId}</code>],
            ...(isComputer(d.platform)
              ? []
              : ([
                  ['Mail server', d.upstream.name],
                  ['Protocol', d.protocol && `ActiveSync ${d.protocol}`],
                  [
                    'Phone number',
                    may('user.personal.read') ? (
                      <Reveal key="p" what="the phone number" look={phone} />
                    ) : (
                      'Sealed'
                    ),
                  ],
                ] as [string, React.ReactNode][])),
          ]}
        />
      </Panel>
      {!isComputer(d.platform) && <News id={d.id} />}
      {hasAgent(d.platform) && <AgentPanel id={d.id} />}
      <Panel title="What the device says of itself" flush>
        {d.facts.length === 0 ? (
          <Text size="sm" c="dimmed" px="lg" pb="lg">
            It has not sent its details yet. Most phones do so when they first take a policy.
          </Text>
        ) : (
          <Table
            label="What the device says of itself"
            rows={d.facts}
            id={(f) => f.key}
            columns={[
              { key: 'label', label: 'Fact', cell: (f) => f.label, width: '30%' },
              { key: 'value', label: 'Value', cell: (f) => f.value },
              { key: 'source', label: 'Source', cell: (f) => humanize(f.source) },
              {
                key: 'at',
                label: 'Age',
                cell: (f) => <When time={f.at} never="–" />,
                width: '14%',
                align: 'right',
              },
            ]}
          />
        )}
      </Panel>
    </Stack>
  );
}

/** The schedule in force. */
function News({ id }: { id: string }) {
  const answer = useQuery(deviceSchedule(id));
  return (
    <Panel title="When it comes for news">
      <Loaded of={answer}>{(now) => <Holds schedule={now} />}</Loaded>
    </Panel>
  );
}
