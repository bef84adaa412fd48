import { Stack } from '@mantine/core';
import { useCallback } from 'react';
import { useFilters } from '../../app/filters';
import { PageHead } from '../../ui/PageHead';
import { ForeignAgents } from './ForeignAgents';
import { Found } from './Found';
import { Programs } from './Programs';
import { Question } from './Question';
import { addressOf, testsOf } from './question';
import { Uploads } from './Uploads';

/** What is installed on the computers of the zone, and which of them fulfil a question. */
export default function Software() {
  const [filters, setFilters] = useFilters();
  const tests = testsOf(filters);
  const ask = useCallback(
    (next: string[]) => {
      setFilters(addressOf(next));
      window.scrollTo({ top: 0 });
    },
    [setFilters],
  );
  return (
    <>
      <PageHead
        title="Software"
        lead="What is installed on the computers of the zone, and which of them have what you ask for."
      />
      <Stack gap="lg">
        <Question tests={tests} onAsk={ask} />
        <Uploads />
        {tests.length > 0 && <Found tests={tests} />}
        <Programs search={filters.q ?? ''} onSearch={(q) => setFilters({ q })} onAsk={ask} />
        <ForeignAgents />
      </Stack>
    </>
  );
}
