import type { Area, ComplianceRuleDraft, Condition } from '../../api/types';
import { duration, plural } from '../../ui/time';
import { windowWords } from '../../ui/week/week';

const HOUR = 3600;

/** What a condition asks beside itself. */
function details(rule: ComplianceRuleDraft, needs: string[], platform: (id: string) => string): string {
  const said: Record<string, string> = {
    hours: `for ${plural(rule.hours ?? 0, 'hour')}`,
    count: `more than ${rule.count ?? 0}`,
    platforms: `allowed: ${(rule.platforms ?? []).map(platform).join(', ')}`,
    apps: (rule.apps ?? []).join(', '),
    floors: (rule.floors ?? [])
      .filter((f) => f.platform && f.version)
      .map((f) => `${platform(f.platform)} below ${f.version}${f.from ? ` from ${f.from} on` : ''}`)
      .join(', '),
    area: rule.area ? area(rule.area) : '',
  };
  const words = needs.map((need) => said[need]).filter(Boolean);
  return words.length > 0 ? ` (${words.join('; ')})` : '';
}

function area({ circle, polygon, hours, during }: Area): string {
  const shape = circle
    ? `${circle.metres} metres around ${circle.latitude}, ${circle.longitude}`
    : `a polygon of ${plural(polygon?.length ?? 0, 'corner')}`;
  const when = during?.windows.map(windowWords).join('; ');
  return [shape, `by a position of the last ${plural(hours ?? 24, 'hour')}`, when && `on ${when}`]
    .filter(Boolean)
    .join(', ');
}

/** When a rule is broken, in words. */
export function condition(
  rule: ComplianceRuleDraft,
  catalogue: Condition[],
  platform: (id: string) => string,
): string {
  const found = catalogue.find((c) => c.condition === rule.condition);
  const words = (found?.words ?? rule.condition) + details(rule, found?.needs ?? [], platform);
  return rule.unknownCounts ? `${words}, or it is not known` : words;
}

/** What follows, and when: one sentence for each step. */
const ISOLATED = 'A computer goes into /Quarantine.';

export function consequences(rule: ComplianceRuleDraft): string[] {
  const steps: string[] = [];
  const told = [rule.tellOwner && 'the owner', rule.tellStaff && 'the owners of the zone'].filter(Boolean);
  if (told.length > 0) steps.push(`At once: a mail to ${told.join(' and ')}.`);
  const grace = rule.grace ? `After ${duration(rule.grace * HOUR)}` : 'At once';
  if (rule.mark && rule.mark !== 'none') steps.push(`At once: the device is called ${rule.mark}.`);
  if (rule.access === 'quarantine')
    steps.push(`${grace}: no mail but one message that says why and what to do. ${ISOLATED}`);
  if (rule.access === 'block') steps.push(`${grace}: the device is refused mail. ${ISOLATED}`);
  if (rule.retireAfter) {
    const days = rule.retireAfter + (rule.grace ?? 0) / 24;
    steps.push(
      `After ${plural(Math.round(days * 10) / 10, 'day')} in all: the device is retired, as many an hour as budgets let. Readmitting undoes it.`,
    );
  }
  if (rule.wipeAfter) {
    const days = rule.wipeAfter + (rule.grace ?? 0) / 24;
    steps.push(
      `After ${plural(Math.round(days * 10) / 10, 'day')} in all: the organization’s data is erased from the device. ` +
        'The rest of it stays; approvals and budgets hold as for every erasure.',
    );
  }
  if (steps.length === 0) steps.push('Nothing follows: the breach is listed here.');
  if (rule.access !== 'none' || rule.tellOwner)
    steps.push('When the device keeps the rule again, it is let in again by itself.');
  return steps;
}
