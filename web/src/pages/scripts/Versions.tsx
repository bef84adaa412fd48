import { Button, Code, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { scriptVersion, scriptVersions } from '../../api/scripts';
import type { ScriptVersion } from '../../api/types';
import { actorName } from '../../ui/actor';
import { Dialog } from '../../ui/Dialog';
import { Facts } from '../../ui/Facts';
import { Paged } from '../../ui/Paged';
import { Panel } from '../../ui/Panel';
import { Status, ToneMark } from '../../ui/Status';
import { Table } from '../../ui/Table';
import { duration, plural } from '../../ui/time';
import { Trouble } from '../../ui/Trouble';
import { When } from '../../ui/When';
import { forWhom, often } from './words';

/** Every version of a script, with who wrote and who approved it. */
export function Versions({ id }: { id: string }) {
  const [shown, setShown] = useState<number>();
  return (
    <Panel title="Versions" flush>
      <Paged query={scriptVersions(id)}>
        {(rows) => (
          <Table
            label="Versions"
            rows={rows}
            id={(v) => String(v.version)}
            columns={[
              { key: 'version', label: 'Version', width: '10%', cell: (v) => v.version },
              {
                key: 'state',
                label: 'Stands',
                cell: (v) => (v.live ? <ToneMark tone="ok">Runs</ToneMark> : <Status state={v.state} />),
              },
              {
                key: 'by',
                label: 'Written',
                cell: (v) => (
                  <>
                    <When time={v.written} /> by {actorName(v.by)}
                  </>
                ),
              },
              { key: 'approved', label: 'Approved by', cell: approvers },
              { key: 'reach', label: 'Reached', cell: (v) => plural(v.reach, 'computer') },
              {
                key: 'show',
                label: 'Show',
                silent: true,
                align: 'right',
                cell: (v) => (
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={`Show version ${v.version}`}
                    onClick={() => setShown(v.version)}
                  >
                    Show
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Paged>
      {shown && <One id={id} version={shown} onClose={() => setShown(undefined)} />}
    </Panel>
  );
}

function approvers(v: ScriptVersion): string {
  if (v.approvedBy.length > 0) return v.approvedBy.map(actorName).join(', ');
  return v.approval ? '–' : 'Reached few: nobody had to';
}

function One({ id, version, onClose }: { id: string; version: number; onClose: () => void }) {
  const { data: v, error } = useQuery(scriptVersion(id, version));
  return (
    <Dialog
      opened
      plain
      size="xl"
      title={`Version ${version}`}
      submit="Close"
      onClose={onClose}
      onSubmit={onClose}
    >
      {error && <Trouble error={error} />}
      {!v && !error && <Loader aria-label="Loading" />}
      {v && (
        <>
          <Facts
            rows={[
              ['Runs', `${often(v.minutes)}, by ${v.interpreter}, ended after ${duration(v.seconds)}`],
              ['For', forWhom(v.groups)],
              ['Approved by', approvers(v)],
            ]}
          />
          <Code block mah={420} style={{ overflow: 'auto' }} tabIndex={0} aria-label="Text of the version">
            {v.text}
          </Code>
        </>
      )}
    </Dialog>
  );
}
