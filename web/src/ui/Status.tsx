import { AlertTriangle, CheckCircle2, CircleDashed, Clock3, Info } from 'lucide-react';
import { stateWord, type Tone } from './states';
import classes from './status.module.css';

const ICONS = { ok: CheckCircle2, wait: Clock3, bad: AlertTriangle, info: Info, off: CircleDashed };

interface ToneMarkProps {
  tone: Tone;
  children: string;
  plain?: boolean;
}

/** A word with its icon and colour; never colour alone. */
export function ToneMark({ tone, children, plain }: ToneMarkProps) {
  const Icon = ICONS[tone];
  return (
    <span className={`${classes.status} ${classes[tone] ?? ''}`} data-plain={plain || undefined}>
      <Icon size={14} aria-hidden />
      {children}
    </span>
  );
}

/** The state of anything, in the words of states.ts. */
export function Status({ state, plain }: { state: string; plain?: boolean }) {
  const { label, tone } = stateWord(state);
  return (
    <ToneMark tone={tone} plain={plain}>
      {label}
    </ToneMark>
  );
}
