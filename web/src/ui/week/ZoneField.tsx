import { Select } from '@mantine/core';
import { UTC } from './zone';

const ZONES = [UTC, ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== UTC)];

interface ZoneFieldProps {
  label: string;
  value?: string;
  onChange?: (zone: string) => void;
  error?: React.ReactNode;
}

/** By whose clocks times are. */
export function ZoneField({ label, value, onChange, error }: ZoneFieldProps) {
  return (
    <Select
      label={label}
      data={ZONES}
      searchable
      allowDeselect={false}
      nothingFoundMessage="No such time zone"
      value={value || UTC}
      onChange={(zone) => onChange?.(!zone || zone === UTC ? '' : zone)}
      error={error}
    />
  );
}
