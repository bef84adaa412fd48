import { AlertTriangle, CheckCircle2, Clock3, Info, ShieldAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import classes from './callout.module.css';

const ICONS = { ok: CheckCircle2, wait: ShieldAlert, bad: AlertTriangle, info: Info, off: Clock3 };

interface CalloutProps {
  tone: keyof typeof ICONS;
  title?: string;
  /** Read out when it appears. */
  alert?: boolean;
  children: ReactNode;
}

/** A few sentences that should be seen. */
export function Callout({ tone, title, alert, children }: CalloutProps) {
  const Icon = ICONS[tone];
  return (
    <div className={classes.callout} data-tone={tone} role={alert ? 'alert' : undefined}>
      <Icon size={18} aria-hidden />
      <div>
        {title && <p className={classes.title}>{title}</p>}
        {children}
      </div>
    </div>
  );
}
