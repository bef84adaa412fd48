import { Group, NumberInput, SegmentedControl, Textarea } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { lazy, Suspense, useState } from 'react';
import type { Area, Circle, ComplianceRuleDraft, Point } from '../../api/types';
import type { Area as Drawn } from '../../ui/map/AreaMap';
import { OFFICE, toWeek, toWindows } from '../../ui/week/week';
import { WeekField } from '../../ui/week/WeekField';
import { ownZone } from '../../ui/week/zone';
import { ZoneField } from '../../ui/week/ZoneField';
import { fromLines, toLines } from './corners';

const AreaMap = lazy(() => import('../../ui/map/AreaMap'));

const METRES = 5000;

/** Where a device must be, or must not: a circle or a polygon, and when that is asked. */
export function AreaFields({ form }: { form: UseFormReturnType<ComplianceRuleDraft> }) {
  const area: Area = form.values.area ?? { hours: 24 };
  const set = (part: Partial<Area>) => form.setFieldValue('area', { ...area, ...part });
  const [shape, setShape] = useState(area.polygon?.length ? 'polygon' : 'circle');
  const choose = (next: string) => {
    setShape(next);
    set({ circle: undefined, polygon: undefined });
  };
  return (
    <>
      <SegmentedControl
        aria-label="Shape of the area"
        data={[
          { value: 'circle', label: 'Circle' },
          { value: 'polygon', label: 'Polygon' },
        ]}
        value={shape}
        onChange={choose}
      />
      {shape === 'circle' ? (
        <CircleFields form={form} area={area} set={set} />
      ) : (
        <Corners form={form} area={area} set={set} />
      )}
      <NumberInput
        label="A position counts for, in hours"
        description="From an older one nobody knows where the device is: the answer is “not known”."
        min={1}
        max={8760}
        allowDecimal={false}
        {...form.getInputProps('area.hours')}
        value={area.hours ?? 24}
        onChange={(hours) => set({ hours: Number(hours) })}
      />
      <During form={form} area={area} set={set} />
    </>
  );
}

interface PartProps {
  form: UseFormReturnType<ComplianceRuleDraft>;
  area: Area;
  set: (part: Partial<Area>) => void;
}

/** A circle as it is typed: a number that is begun is a text yet. */
type Typed = Record<keyof Circle, number | string>;

const whole = (typed: Typed): Circle | undefined =>
  Object.values(typed).every((n) => typeof n === 'number' && Number.isFinite(n))
    ? (typed as Circle)
    : undefined;

/** The circle is sent when all of it is there: half of one would be somewhere else. */
function CircleFields({ form, area, set }: PartProps) {
  const [typed, setTyped] = useState<Typed>(area.circle ?? { latitude: '', longitude: '', metres: METRES });
  const change = (part: Partial<Typed>) => {
    const next = { ...typed, ...part };
    setTyped(next);
    set({ circle: whole(next) });
  };
  return (
    <>
      <Group grow align="flex-start">
        <NumberInput
          label="Latitude"
          min={-90}
          max={90}
          data-path={form.errors['area.circle'] ? 'area.circle' : 'area'}
          value={typed.latitude}
          onChange={(latitude) => change({ latitude })}
          error={form.errors['area.circle'] ?? form.errors.area}
        />
        <NumberInput
          label="Longitude"
          min={-180}
          max={180}
          value={typed.longitude}
          onChange={(longitude) => change({ longitude })}
        />
        <NumberInput
          label="Metres"
          min={100}
          max={5_000_000}
          value={typed.metres}
          onChange={(metres) => change({ metres })}
        />
      </Group>
      <AreaPicker area={area.circle ?? null} onPick={(at) => change(rounded(at))} />
    </>
  );
}

/** The corners as text, a line each, and on the map. With a line that is no corner there is no polygon. */
function Corners({ form, area, set }: PartProps) {
  const [text, setText] = useState(() => toLines(area.polygon ?? []));
  const { corners, bad } = fromLines(text);
  const write = (next: string) => {
    const told = fromLines(next);
    setText(next);
    set({ polygon: told.bad ? undefined : told.corners });
  };
  return (
    <>
      <Textarea
        label="Corners"
        description="Click on the map, or write latitude and longitude of each corner, a line each, in order: 48.2082, 16.3738"
        autosize
        minRows={3}
        maxRows={12}
        data-path={form.errors['area.polygon'] ? 'area.polygon' : 'area'}
        value={text}
        onChange={(e) => write(e.currentTarget.value)}
        error={bad ? `Line ${bad} is no corner.` : (form.errors['area.polygon'] ?? form.errors.area)}
      />
      <AreaPicker
        area={corners.length > 0 ? { points: corners } : null}
        onPick={(at) => write([text.trimEnd(), toLines([rounded(at)])].filter(Boolean).join('\n'))}
      />
    </>
  );
}

/** Metres are near enough: five digits behind the point are one. */
const rounded = ({ latitude, longitude }: Point): Point => ({
  latitude: Number(latitude.toFixed(5)),
  longitude: Number(longitude.toFixed(5)),
});

function AreaPicker(props: { area: Drawn | null; onPick: (at: Point) => void }) {
  return (
    <Suspense fallback={null}>
      <AreaMap {...props} />
    </Suspense>
  );
}

function During({ form, area, set }: PartProps) {
  const { during } = area;
  const [week, setWeek] = useState(() => toWeek(during?.windows ?? [OFFICE]));
  const choose = (when: string) =>
    set({ during: when === 'some' ? { zone: ownZone(), windows: toWindows(week) } : undefined });
  return (
    <>
      <SegmentedControl
        aria-label="When the area is asked for"
        data={[
          { value: 'always', label: 'At any time' },
          { value: 'some', label: 'At some times of the week' },
        ]}
        value={during ? 'some' : 'always'}
        onChange={choose}
      />
      {during && (
        <>
          <ZoneField
            label="By the clocks of"
            {...form.getInputProps('area.during')}
            value={during.zone}
            onChange={(zone) => set({ during: { ...during, zone } })}
          />
          <WeekField
            label="When the area is asked for"
            noun="time"
            week={week}
            onChange={(next) => {
              setWeek(next);
              set({ during: { ...during, windows: toWindows(next) } });
            }}
          />
        </>
      )}
    </>
  );
}
