import { Stack, Text } from '@mantine/core';
import { Callout } from '../../ui/Callout';

/** Where computers are told of no server. */
export function Gaps({ list }: { list: string[] }) {
  if (list.length === 0) return null;
  return (
    <Callout tone="wait">
      <Stack gap={6}>
        {list.map((text) => (
          <Text key={text} size="sm">
            {text}
          </Text>
        ))}
      </Stack>
    </Callout>
  );
}
