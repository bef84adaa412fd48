import { useQuery } from '@tanstack/react-query';
import { get, type Collected, type Demand, type DeviceDetail, type Employer } from './api';
import { Does } from './Acts';
import { Said, useCount, useWhen, useWords, word } from './language';
import { Card, Facts, Read, Title } from './parts';
import { to } from './place';
import { settingCategories } from './settings';

export function EmployerPage({ id }: { id: string }) {
  const words = useWords();
  const device = useQuery({ queryKey: ['devices', id], queryFn: () => get<DeviceDetail>(`/devices/${id}`) });
  const seen = useQuery({
    queryKey: ['devices', id, 'employer'],
    queryFn: () => get<Employer>(`/devices/${id}/employer`),
  });
  return (
    <>
      <a href={to('devices', id)}>{words.back}</a>
      <Title>{words.employer}</Title>
      <Read from={device}>{({ name }) => <p className="dim">{words.employerLead(name)}</p>}</Read>
      <Read from={seen}>{(known) => <Whole seen={known} />}</Read>
    </>
  );
}

function Whole({ seen }: { seen: Employer }) {
  const words = useWords();
  const when = useWhen();
  const can = seen.effects.filter((effect) => effect.possible);
  const cannot = seen.effects.filter((effect) => !effect.possible);
  const named = (command: string) => word<string>(words.commands, command) ?? command;
  return (
    <>
      <Card title={words.collected}>
        <ul className="plain">
          {seen.collects.map((kind) => (
            <Kind key={kind.kind} kind={kind} />
          ))}
        </ul>
      </Card>
      <Card title={words.theyCan}>
        <ul className="plain">
          {can.map((effect) => (
            <li key={effect.command}>
              <h3>{named(effect.command)}</h3>
              <Does effect={effect} />
            </li>
          ))}
        </ul>
        {cannot.length > 0 && (
          <p className="dim">
            {words.theyCannot}: {cannot.map((effect) => named(effect.command)).join(', ')}
          </p>
        )}
      </Card>
      <Demands of={seen.demands} />
      <Card title={words.told}>
        <Facts
          list={seen.facts.map((fact) => [
            word<string>(words.facts, fact.key) ?? fact.key,
            fact.key === 'last-contact' ? when(fact.value) : fact.value || words.kept,
          ])}
        />
      </Card>
    </>
  );
}

/** What the device keeps of the policy, and folded away what it cannot, or of which nobody knows. */
function Demands({ of }: { of: Demand[] }) {
  const words = useWords();
  const kept = of.filter((demand) => demand.kept);
  const others = of.filter((demand) => !demand.kept);
  return (
    <Card title={words.demands}>
      {of.length === 0 && <p>{words.noDemands}</p>}
      <Groups of={kept} />
      {others.length > 0 && (
        <details>
          <summary>{words.alsoAsked(others.length)}</summary>
          <Groups of={others} />
        </details>
      )}
    </Card>
  );
}

function Groups({ of }: { of: Demand[] }) {
  const categories = [...new Set(of.map((demand) => demand.category))];
  return categories.map((category) => (
    <Group key={category} category={category} demands={of.filter((demand) => demand.category === category)} />
  ));
}

function Group({ category, demands }: { category: string; demands: Demand[] }) {
  return (
    <section className="group">
      <h3>
        <Said text={word<string>(settingCategories, category) ?? category} />
      </h3>
      <ul className="plain">
        {demands.map((demand) => (
          <Asked key={demand.key} demand={demand} />
        ))}
      </ul>
    </section>
  );
}

function Asked({ demand }: { demand: Demand }) {
  return (
    <li>
      <p>
        <strong>
          <Said text={demand.title} />
        </strong>
        : <Value demand={demand} />
      </p>
      <p className="dim">
        <Said text={demand.help} />
      </p>
    </li>
  );
}

/** A value in the reader's language; texts and lists are an administrator's own, and stay as they are. */
function Value({ demand }: { demand: Demand }) {
  const words = useWords();
  const count = useCount();
  switch (demand.kind) {
    case 'bool':
      return demand.value === 'yes' ? words.yes : words.no;
    case 'number':
      return word<string>(words.limits, demand.value) ?? count(Number(demand.value), demand.unit);
    case 'choice':
      return <Said text={demand.value} />;
    case 'text':
      return demand.value;
    case 'list':
    case 'files':
      return demand.list.join(', ');
  }
}

function Kind({ kind }: { kind: Collected }) {
  const words = useWords();
  return (
    <li>
      <h3>{word<string>(words.kinds, kind.kind) ?? kind.kind}</h3>
      <p className={kind.on ? 'bad' : 'good'}>
        {!kind.on
          ? words.isNotCollected
          : kind.days > 0
            ? words.isCollected(kind.days)
            : words.isCollectedNow}
      </p>
      {kind.asked && !kind.on && <p>{words.cannotTell}</p>}
      {kind.on && kind.kind === 'location' && (
        <p>
          {kind.exact ? words.exactPlace : words.roughPlace}{' '}
          {kind.history ? words.allPlaces : words.lastPlace}
        </p>
      )}
      {kind.on && kind.bodies && <p>{words.withTexts}</p>}
      {kind.on && kind.paths.length > 0 && <p>{words.folders(kind.paths.join(', '))}</p>}
    </li>
  );
}
