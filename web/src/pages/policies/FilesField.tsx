import { Button, Group, Input, Stack, Text, Textarea, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import type { FileValue } from '../../api/types';

/** What every field of a value is told. */
export interface CommonProps {
  'aria-label': string;
  description: ReactNode;
  placeholder: string;
  error?: string;
  readOnly: boolean;
}

interface FilesFieldProps extends CommonProps {
  value: FileValue[];
  onChange: (value: FileValue[] | undefined) => void;
}

/** Files that must be on a computer, each with its whole content. */
export function FilesField({
  value,
  onChange,
  readOnly,
  error,
  description,
  placeholder,
  ...rest
}: FilesFieldProps) {
  const label = rest['aria-label'];
  const set = (at: number, change: Partial<FileValue>) =>
    onChange(value.map((file, i) => (i === at ? { ...file, ...change } : file)));
  const drop = (at: number) => {
    const left = value.filter((_, i) => i !== at);
    onChange(left.length > 0 ? left : undefined);
  };
  return (
    <Input.Wrapper description={description} error={error} role="group" aria-label={label}>
      <Stack gap="sm" mt={4}>
        {value.length === 0 && (
          <Text size="sm" c="dimmed">
            {placeholder}
          </Text>
        )}
        {value.map((file, i) => (
          <Stack key={i} gap={6}>
            <Group gap="xs" wrap="nowrap">
              <TextInput
                aria-label={`Path ${i + 1}, ${label}`}
                placeholder="/etc/motd"
                value={file.path}
                readOnly={readOnly}
                onChange={(e) => set(i, { path: e.currentTarget.value })}
                flex={1}
              />
              <TextInput
                aria-label={`Mode ${i + 1}, ${label}`}
                placeholder="0644"
                value={file.mode ?? ''}
                readOnly={readOnly}
                onChange={(e) => set(i, { mode: e.currentTarget.value || undefined })}
                w={80}
              />
            </Group>
            <Textarea
              aria-label={`Content ${i + 1}, ${label}`}
              placeholder="The whole content"
              value={file.text}
              readOnly={readOnly}
              onChange={(e) => set(i, { text: e.currentTarget.value })}
              autosize
              minRows={2}
              maxRows={12}
              ff="monospace"
            />
            {!readOnly && (
              <Button size="compact-xs" variant="subtle" color="gray" onClick={() => drop(i)}>
                Remove {file.path || 'this file'}
              </Button>
            )}
          </Stack>
        ))}
        {!readOnly && (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`Add a file, ${label}`}
            onClick={() => onChange([...value, { path: '', text: '' }])}
          >
            Add a file
          </Button>
        )}
      </Stack>
    </Input.Wrapper>
  );
}
