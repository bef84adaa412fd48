import { NumberInput, Select, TagsInput } from '@mantine/core';
import type { SettingSpec, SettingValue } from '../../api/types';
import { inWords } from './value';
import classes from './policies.module.css';

interface ValueFieldProps {
  spec: SettingSpec;
  side: 'corporate' | 'personal';
  value: SettingValue | undefined;
  changed: boolean;
  /** It has no effect because a setting it needs is off. */
  idle: boolean;
  fault?: string;
  readOnly: boolean;
  onChange: (value: SettingValue | undefined) => void;
}

/** One value of one side. Empty means that the default holds. */
export function ValueField(props: ValueFieldProps) {
  const { spec, side, value, onChange, readOnly } = props;
  const words = side === 'corporate' ? 'Corporate devices' : 'Personal devices';
  const common = {
    'aria-label': `${spec.title}, ${words.toLowerCase()}`,
    description: <span className={classes.side}>{words}</span>,
    placeholder: `Default: ${inWords(spec, spec.default)}`,
    error: props.fault,
    readOnly,
  };
  return (
    <div
      className={classes.field}
      data-changed={props.changed || undefined}
      data-idle={props.idle || undefined}
    >
      <Field {...props} common={common} onChange={onChange} value={value} />
    </div>
  );
}

type FieldProps = ValueFieldProps & { common: object };

function Field({ spec, value, onChange, common, readOnly }: FieldProps) {
  if (spec.kind === 'number') {
    return (
      <NumberInput
        {...common}
        value={typeof value === 'number' ? value : ''}
        onChange={(next) => onChange(next === '' ? undefined : Number(next))}
        min={Math.min(spec.min, spec.none)}
        max={Math.max(spec.max, spec.none)}
        suffix={spec.unit ? ` ${spec.unit}` : ''}
        allowDecimal={false}
      />
    );
  }
  if (spec.kind === 'list') {
    return <TagsInput {...common} value={Array.isArray(value) ? value : []} onChange={onChange} />;
  }
  const bool = spec.kind === 'bool';
  const data = bool
    ? [
        { value: 'true', label: 'Yes' },
        { value: 'false', label: 'No' },
      ]
    : spec.options.map((o) => ({ value: String(o.number), label: o.words }));
  return (
    <Select
      {...common}
      data={data}
      value={value === undefined ? null : String(value)}
      onChange={(next) => onChange(next === null ? undefined : bool ? next === 'true' : Number(next))}
      clearable={!readOnly}
      clearButtonProps={{ 'aria-label': `Back to the default of ${spec.title}` }}
    />
  );
}
