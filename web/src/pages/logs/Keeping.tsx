import { Button, Group, Modal, NumberInput, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { setSyncKeeping, syncKeeping } from '../../api/logs';
import { useMay } from '../../app/me';
import { useAct } from '../../ui/act';
import { Trouble } from '../../ui/Trouble';

/** For how long synchronisations are kept, and a way to change that. */
export function Keeping() {
  const may = useMay();
  const { data } = useQuery(syncKeeping);
  const [days, setDays] = useState<number>();
  const save = useAct((n: number) => setSyncKeeping(data?.etag ?? '', n), {
    done: (_, n) => (n === 0 ? 'Nothing is kept any more' : `Kept for ${n} days`),
    stale: ['log'],
    after: () => setDays(undefined),
  });
  if (!data || !may('privacy.edit')) return null;
  return (
    <>
      <Button variant="default" onClick={() => setDays(data.days)}>
        {data.days === 0 ? 'Not kept' : `Kept for ${data.days} days`}
      </Button>
      <Modal opened={days !== undefined} onClose={() => setDays(undefined)} title="How long to keep it">
        <form
          onSubmit={(e) => {
            e.preventDefault();
            save.mutate(days ?? 0);
          }}
        >
          <Stack gap="md">
            <NumberInput
              label="Days"
              description="0 keeps nothing, and deletes what there is. At most 90."
              min={0}
              max={90}
              allowDecimal={false}
              value={days ?? 0}
              onChange={(n) => setDays(Number(n) || 0)}
            />
            <Text size="sm" c="dimmed">
              The change is in the audit log.
            </Text>
            {save.isError && <Trouble error={save.error} />}
            <Group justify="flex-end">
              <Button type="submit" loading={save.isPending}>
                Save
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
