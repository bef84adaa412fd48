import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { softwareVersions } from '../../api/inventory';
import type { Software } from '../../api/types';
import { Dialog } from '../../ui/Dialog';
import { Loaded } from '../../ui/Loaded';
import { Table } from '../../ui/Table';
import { count } from '../../ui/time';
import { testFor } from './question';

interface VersionsDialogProps {
  program: Software;
  onAsk: (test: string) => void;
  onClose: () => void;
}

/** The versions of one program, the newest first, and the way to who has one. */
export function VersionsDialog({ program, onAsk, onClose }: VersionsDialogProps) {
  const answer = useQuery(softwareVersions(program.name, program.source));
  return (
    <Dialog opened plain size="lg" title={program.name} submit="Close" onClose={onClose} onSubmit={onClose}>
      <Loaded of={answer}>
        {(list) => (
          <Table
            label={`Versions of ${program.name}`}
            rows={list}
            id={(v) => `${v.version} ${v.arch}`}
            columns={[
              { key: 'version', label: 'Version', cell: (v) => v.version || 'Not told' },
              { key: 'arch', label: 'Architecture', cell: (v) => v.arch || '–' },
              { key: 'devices', label: 'Devices', cell: (v) => count(v.devices) },
              {
                key: 'who',
                label: 'Who has it',
                silent: true,
                align: 'right',
                cell: (v) => (
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={`Who has this? ${program.name} ${v.version}`}
                    onClick={() => onAsk(testFor(program, v.version))}
                  >
                    Who has this?
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Dialog>
  );
}
