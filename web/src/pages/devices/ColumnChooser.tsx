import { Button, Checkbox, Popover, Stack } from '@mantine/core';
import { Columns3 } from 'lucide-react';
import { COLUMNS, DEFAULT_COLUMNS } from './columns';

interface ColumnChooserProps {
  shown: string[];
  onChange: (columns: string[]) => void;
}

/** Which columns the grid shows; remembered in this browser. */
export function ColumnChooser({ shown, onChange }: ColumnChooserProps) {
  const toggle = (key: string, on: boolean) =>
    onChange(on ? [...shown, key] : shown.filter((other) => other !== key));
  return (
    <Popover position="bottom-end" withArrow trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<Columns3 size={15} />} visibleFrom="sm">
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Columns">
        <Stack gap="xs">
          {COLUMNS.slice(1).map((c) => (
            <Checkbox
              key={c.key}
              size="sm"
              label={c.label}
              checked={shown.includes(c.key)}
              onChange={(e) => toggle(c.key, e.currentTarget.checked)}
            />
          ))}
          <Button variant="subtle" size="compact-sm" onClick={() => onChange(DEFAULT_COLUMNS)}>
            As it was
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
