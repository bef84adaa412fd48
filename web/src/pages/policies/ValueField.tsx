import { ActionIcon, NumberInput, Select, TagsInput, TextInput, Tooltip } from '@mantine/core';
import { Lock, LockOpen } from 'lucide-react';
import type { PlainValue, SettingSpec, SettingValue } from '../../api/types';
import { type CommonProps, FilesField } from './FilesField';
import { inWords, isLocked, plain, withLock } from './value';
import classes from './policies.module.css';

export type Side = 'corporate' | 'personal';

interface ValueFieldProps {
  spec: SettingSpec;
  side: Side;
  value: SettingValue | undefined;
  changed: boolean;
  /** It has no effect because a setting it needs is off. */
  idle: boolean;
  fault?: string;
  readOnly: boolean;
  onChange: (value: SettingValue | undefined) => void;
}

/** One value of one side. Empty means that this suite does not set it: the next one decides, or the default. */
export function ValueField(props: ValueFieldProps) {
  const { spec, side, value, onChange, readOnly } = props;
  const words = side === 'corporate' ? 'Corporate devices' : 'Personal devices';
  const label = `${spec.title}, ${words.toLowerCase()}`;
  const locked = isLocked(value);
  const common: CommonProps = {
    'aria-label': label,
    description: <span className={classes.side}>{words}</span>,
    placeholder: `Not set (${inWords(spec, spec.default)})`,
    error: props.fault,
    readOnly,
  };
  const set = (next: PlainValue | undefined) =>
    onChange(next === undefined ? undefined : withLock(next, locked));
  return (
    <div
      className={classes.field}
      data-changed={props.changed || undefined}
      data-idle={props.idle || undefined}
      data-lockable={spec.lockable || undefined}
    >
      <Field spec={spec} value={plain(value)} onChange={set} common={common} readOnly={readOnly} />
      {spec.lockable && (
        <Tooltip
          label={locked ? 'Locked: the user may choose no other value' : 'A bound: the user may be stricter'}
        >
          <ActionIcon
            variant="subtle"
            color={locked ? undefined : 'gray'}
            aria-label={`Lock ${label}`}
            aria-pressed={locked}
            disabled={readOnly || value === undefined}
            onClick={() => onChange(withLock(plain(value)!, !locked))}
          >
            {locked ? <Lock size={15} /> : <LockOpen size={15} />}
          </ActionIcon>
        </Tooltip>
      )}
    </div>
  );
}

const files = (value: PlainValue | undefined) =>
  (Array.isArray(value) ? value : []).filter((x) => typeof x !== 'string');
const texts = (value: PlainValue | undefined) =>
  (Array.isArray(value) ? value : []).filter((x) => typeof x === 'string');

interface FieldProps {
  spec: SettingSpec;
  value: PlainValue | undefined;
  onChange: (value: PlainValue | undefined) => void;
  common: CommonProps;
  readOnly: boolean;
}

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
  if (spec.kind === 'files') {
    return <FilesField {...common} value={files(value)} onChange={onChange} />;
  }
  if (spec.kind === 'list') {
    return (
      <TagsInput
        {...common}
        value={texts(value)}
        onChange={(next) => onChange(next.length > 0 ? next : undefined)}
      />
    );
  }
  if (spec.kind === 'text') {
    return (
      <TextInput
        {...common}
        value={typeof value === 'string' ? value : ''}
        onChange={(e) => onChange(e.currentTarget.value || undefined)}
      />
    );
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
      clearButtonProps={{ 'aria-label': `Do not set ${spec.title}` }}
    />
  );
}
