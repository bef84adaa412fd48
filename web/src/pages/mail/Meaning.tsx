import { List } from '@mantine/core';
import type { UpstreamDraft } from '../../api/types';
import { useMe } from '../../app/me';
import { Callout } from '../../ui/Callout';
import { plural } from '../../ui/time';
import { diverts, means } from './means';

interface MeaningProps {
  before: UpstreamDraft;
  now: UpstreamDraft;
}

/** What saving would mean for the people whose mail this is, said before it is done. */
export function Meaning({ before, now }: MeaningProps) {
  const { zone } = useMe();
  const sentences = means(before, now);
  if (sentences.length === 0) return null;
  return (
    <Callout tone="wait" title="What this change means">
      <List size="sm">
        {sentences.map((sentence) => (
          <List.Item key={sentence}>{sentence}</List.Item>
        ))}
        {zone.quorum > 0 && diverts(before, now) && (
          <List.Item>
            It changes where passwords go, so {plural(zone.quorum, 'other administrator')} must approve it.
            Until then the server stays as it is.
          </List.Item>
        )}
      </List>
    </Callout>
  );
}
