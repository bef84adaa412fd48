import { Button, Menu } from '@mantine/core';
import { ChevronDown } from 'lucide-react';

interface Item {
  label: string;
  run: () => void;
  danger?: boolean;
}

interface ButtonMenuProps {
  label: string;
  items: Item[];
  variant?: string;
}

/** A button that opens a list of acts. */
export function ButtonMenu({ label, items, variant = 'default' }: ButtonMenuProps) {
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant={variant} rightSection={<ChevronDown size={14} />}>
          {label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }}>
        {items.map((item) => (
          <Menu.Item
            key={item.label}
            onClick={item.run}
            c={item.danger ? 'var(--mantine-color-error)' : undefined}
          >
            {item.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
