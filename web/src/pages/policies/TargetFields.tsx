import { NumberInput, SegmentedControl } from '@mantine/core';
import { SuiteTarget, type TargetKind } from './SuiteTarget';

/** Whom something is assigned to, as far as it is chosen. Nobody is chosen to begin with. */
export interface TargetDraft {
  kind: TargetKind | '';
  target: string | null;
  priority: number;
}

export const NOBODY: TargetDraft = { kind: '', target: null, priority: 0 };

export const isChosen = (to: TargetDraft) => to.kind === 'default' || Boolean(to.kind && to.target);

interface TargetFieldsProps {
  value: TargetDraft;
  onChange: (to: TargetDraft) => void;
  /** Who wins between groups. */
  priorityHint: string;
}

/** Everyone else, a group with its priority, a user or a device. */
export function TargetFields({ value, onChange, priorityHint }: TargetFieldsProps) {
  const { kind, target, priority } = value;
  return (
    <>
      <SegmentedControl
        aria-label="To whom"
        value={kind}
        onChange={(next) => onChange({ ...NOBODY, kind: next as TargetKind })}
        data={[
          { value: 'default', label: 'Everyone else' },
          { value: 'group', label: 'A group' },
          { value: 'user', label: 'A user' },
          { value: 'device', label: 'A device' },
        ]}
      />
      {kind && kind !== 'default' && (
        <SuiteTarget
          key={kind}
          kind={kind}
          value={target}
          onChange={(next) => onChange({ ...value, target: next })}
        />
      )}
      {kind === 'group' && (
        <NumberInput
          label="Priority"
          description={priorityHint}
          value={priority}
          onChange={(n) => onChange({ ...value, priority: Number(n) || 0 })}
          allowDecimal={false}
        />
      )}
    </>
  );
}
