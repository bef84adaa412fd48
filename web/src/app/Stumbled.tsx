import { Button, Group } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { Empty } from '../ui/Empty';
import { PageHead } from '../ui/PageHead';
import { Trouble } from '../ui/Trouble';

/** A page that could not be drawn. */
export function Stumbled({ error }: { error: unknown }) {
  return (
    <div>
      <PageHead title="This page stumbled" lead="Nothing was changed in the zone." />
      <Trouble error={error} />
      <Group mt="md">
        <Button onClick={() => window.location.reload()}>Load the page again</Button>
      </Group>
    </div>
  );
}

/** An address that leads nowhere. */
export function Lost() {
  return (
    <div>
      <PageHead title="Nothing is here" />
      <Empty icon={Compass} title="This address leads nowhere">
        It may have been mistyped, or what it showed is gone.{' '}
        <Link to="/" className="inline">
          Go to the overview
        </Link>
      </Empty>
    </div>
  );
}
