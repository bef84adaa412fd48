import { Button, Group, Modal, Stack } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { Trouble } from './Trouble';

interface DialogProps {
  opened: boolean;
  title: string;
  onClose: () => void;
  onSubmit: () => void;
  submit: string;
  busy?: boolean;
  error?: unknown;
  danger?: boolean;
  /** There is nothing to decide: the main button alone closes it. */
  plain?: boolean;
  /** Why the main button does not work yet: it stays off until this is gone. */
  incomplete?: boolean;
  size?: string;
  children: ReactNode;
}

/** A question with an answer: a form in a dialog, with its error where it happened. */
export function Dialog(props: DialogProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    props.onSubmit();
  };
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title} size={props.size ?? 'md'}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          {props.children}
          {Boolean(props.error) && <Trouble error={props.error} />}
          <Group justify="flex-end" gap="xs">
            {!props.plain && (
              <Button variant="default" onClick={props.onClose}>
                {props.danger ? 'Keep as it is' : 'Cancel'}
              </Button>
            )}
            <Button
              type="submit"
              color={props.danger ? 'red.9' : undefined}
              loading={props.busy}
              disabled={props.incomplete}
            >
              {props.submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
