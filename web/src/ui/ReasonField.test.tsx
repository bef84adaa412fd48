import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { show } from '../test/show';
import { ReasonField } from './ReasonField';

test.each([
  { approved: false, words: 'Stands in the audit log.' },
  { approved: true, words: 'Stands in the audit log, and before whoever approves it.' },
])('the reason stands before approvers only where there are some', ({ approved, words }) => {
  show(<ReasonField value="" onChange={() => undefined} approved={approved} />);
  expect(screen.getByText(words)).toBeTruthy();
});
