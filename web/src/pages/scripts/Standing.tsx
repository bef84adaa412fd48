import type { Script } from '../../api/types';
import { ToneMark } from '../../ui/Status';

/** Which version of a script computers run, and whether a newer one waits. */
export function Standing({ script: s }: { script: Script }) {
  if (s.live === s.version) return <ToneMark tone="ok">{`Version ${s.live} runs`}</ToneMark>;
  const runs = s.live > 0 ? `version ${s.live} runs` : 'none runs';
  return s.state === 'awaiting' ? (
    <ToneMark tone="wait">{`Version ${s.version} awaits approval, ${runs}`}</ToneMark>
  ) : (
    <ToneMark tone="off">{`Version ${s.version} was not approved, ${runs}`}</ToneMark>
  );
}
