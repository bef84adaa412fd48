import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { browserWords } from '../src/ui/browser';
import { call, get, type Me, type Session } from './api';
import { useWhen, useWords } from './language';
import { Card, Facts, Read, Title, Trouble } from './parts';

export function Account({ me }: { me: Me }) {
  const words = useWords();
  const when = useWhen();
  const client = useQueryClient();
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: () => get<{ items: Session[] }>('/sessions'),
  });
  const end = useMutation({
    mutationFn: (id: string) => call<void>('DELETE', `/sessions/${id}`),
    onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
  return (
    <>
      <Title>{words.account}</Title>
      <section className="card" aria-label={words.account}>
        <Facts
          list={[
            [words.userName, me.name],
            [words.rename, me.displayName],
            [words.address, me.mail],
          ]}
        />
      </section>
      <Card title={words.sessions}>
        <Trouble error={end.error} />
        <Read from={sessions}>
          {({ items }) => (
            <ul className="plain">
              {items.map((session) => (
                <li key={session.id}>
                  <p lang="en">{browserWords(session.agent)}</p>
                  <p className="dim">
                    {words.since(when(session.created))}
                    {session.present && `, ${words.thisOne}`}
                  </p>
                  {!session.present && (
                    <Button size="md" variant="default" mt={8} onClick={() => end.mutate(session.id)}>
                      {words.endSession}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          )}
        </Read>
      </Card>
    </>
  );
}
