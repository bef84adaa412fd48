import { Select, type SelectProps } from '@mantine/core';
import { UTC } from './zone';

const ZONES = [UTC, ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== UTC)];

interface ZoneFieldProps extends Omit<SelectProps, 'value' | 'onChange' | 'data'> {
  value?: string;
  onChange?: (zone: string) => void;
}

/** By whose clocks times are. */
export function ZoneField({ value, onChange, ...rest }: ZoneFieldProps) {
  return (
    <Select
      {...rest}
      data={ZONES}
      searchable
      allowDeselect={false}
      nothingFoundMessage="No such time zone"
      value={value || UTC}
      onChange={(zone) => onChange?.(!zone || zone === UTC ? '' : zone)}
    />
  );
}
