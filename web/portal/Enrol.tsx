import { Button, CopyButton } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { renderSVG } from 'uqr';
import { call, get, type Enrolment, type Me, type NewInvitation } from './api';
import { useWhen, useWords } from './language';
import { Card, Facts, Read, Title, Trouble } from './parts';
import { Proven } from './Proven';
import type { Words } from './words/en';

export function Enrol({ me }: { me: Me }) {
  const words = useWords();
  const how = useQuery({ queryKey: ['enrolment'], queryFn: () => get<Enrolment>('/enrolment') });
  return (
    <>
      <Title>{words.enrol}</Title>
      <p className="dim">{words.enrolLead}</p>
      <Read from={how}>
        {(known) => (
          <>
            <ByMail mail={known.mail} />
            <ByApp how={known} me={me} />
            {known.terms && (
              <Card title={words.terms}>
                <p style={{ whiteSpace: 'pre-wrap' }}>{known.terms}</p>
              </Card>
            )}
          </>
        )}
      </Read>
    </>
  );
}

function ByMail({ mail }: { mail: Enrolment['mail'] }) {
  const words = useWords();
  const kinds = Object.keys(words.platforms) as (keyof Words['platforms'])[];
  return (
    <Card title={words.byMail}>
      <p>{words.byMailLead}</p>
      <Facts
        list={[
          [words.server, mail.server],
          [words.address, mail.mail],
          [words.userName, mail.user],
          [words.domain, words.domainNone],
          [words.encryption, words.encryptionOn],
        ]}
      />
      <h3>{words.profile}</h3>
      <p>{words.profileLead}</p>
      <Button
        component="a"
        size="md"
        variant="default"
        href="/portal/api/v1/enrolment/profile"
        download="mail.mobileconfig"
      >
        {words.profileFetch}
      </Button>
      <h3>{words.steps}</h3>
      {kinds.map((kind) => (
        <details key={kind}>
          <summary>{words.platforms[kind]}</summary>
          <p style={{ marginTop: 8 }}>{words.platformSteps[kind]}</p>
        </details>
      ))}
    </Card>
  );
}

function ByApp({ how, me }: { how: Enrolment; me: Me }) {
  const words = useWords();
  const when = useWhen();
  const client = useQueryClient();
  const [asked, setAsked] = useState(false);
  const [made, setMade] = useState<NewInvitation>();
  const refresh = () => client.invalidateQueries({ queryKey: ['enrolment'] });
  const end = useMutation({
    mutationFn: (id: string) => call<void>('DELETE', `/invitations/${id}`),
    onSettled: (_done, _error, id) => {
      if (made?.id === id) setMade(undefined);
      return refresh();
    },
  });
  const invite = async () => {
    setMade(await call<NewInvitation>('POST', '/invitations'));
    await refresh();
  };
  return (
    <Card title={words.byApp}>
      <p>{words.byAppLead}</p>
      {made && <Made made={made} />}
      {me.abilities.includes('enrol') ? (
        <Button size="lg" onClick={() => setAsked(true)}>
          {words.invite}
        </Button>
      ) : (
        <p>{words.inviteHidden}</p>
      )}
      {how.invitations.length > 0 && <h3>{words.openInvitations}</h3>}
      <ul className="plain">
        {how.invitations.map((one) => (
          <li key={one.id} className="row">
            <span>
              {words.until(when(one.expires))}, {one.mine ? words.byYou : words.byThem}
            </span>
            <Button size="md" variant="default" onClick={() => end.mutate(one.id)}>
              {words.endInvitation}
            </Button>
          </li>
        ))}
      </ul>
      <Trouble error={end.error} />
      {asked && (
        <Proven
          me={me}
          title={words.invite}
          act={words.invite}
          proof
          onAct={invite}
          onClose={() => setAsked(false)}
        />
      )}
    </Card>
  );
}

function Made({ made }: { made: NewInvitation }) {
  const words = useWords();
  const svg = useMemo(() => renderSVG(made.link, { border: 2 }), [made.link]);
  return (
    <div role="status" style={{ display: 'flex', flexDirection: 'column', gap: 12 }}>
      <h3>{words.invitation}</h3>
      <p>{words.scan}</p>
      <div className="qr" role="img" aria-label={words.qr} dangerouslySetInnerHTML={{ __html: svg }} />
      <a href={made.link}>{made.link}</a>
      <CopyButton value={made.link}>
        {({ copied, copy }) => (
          <Button size="md" variant="default" onClick={copy}>
            {copied ? words.copied : words.copy}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}
