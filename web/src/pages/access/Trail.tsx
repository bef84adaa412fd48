import { Group, Text } from '@mantine/core';
import type { AccessTrail } from '../../api/types';
import { Status } from '../../ui/Status';
import classes from './access.module.css';

/** A decision with every rule that was looked at on the way to it. */
export function Trail({ trail }: { trail: AccessTrail }) {
  return (
    <>
      <Group gap="sm">
        <Status state={trail.decision} />
        <Text size="sm">{trail.sentence}</Text>
      </Group>
      {trail.steps.length > 0 && (
        <ol className={classes.trail}>
          {trail.steps.map((step) => (
            <li key={`${step.position}${step.name}`} data-matched={step.matched || undefined}>
              <span className={classes.position}>{step.position || '–'}</span>
              <span>
                <b>{step.name}</b>
                <br />
                <span className={classes.why}>{step.sentence}</span>
              </span>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}
