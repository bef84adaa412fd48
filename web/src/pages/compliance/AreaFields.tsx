import { Group, NumberInput, SegmentedControl, Textarea } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { lazy, Suspense, useState } from 'react';
import type { Area, Circle, ComplianceRuleDraft, Point } from '../../api/types';
import type { Area as Drawn } from '../../ui/map/AreaMap';
import { toWeek, toWindows } from '../../ui/week/week';
import { WeekField } from '../../ui/week/WeekField';
import { ownZone } from '../../ui/week/zone';
import { ZoneField } from '../../ui/week/ZoneField';
import { fromLines, toLines } from './corners';

const AreaMap = lazy(() => import('../../ui/map/AreaMap'));

const METRES = 5000;
const WORKDAYS = { days: [1, 2, 3, 4, 5], from: 8 * 60, to: 18 * 60 };

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
        value={area.hours ?? 24}
        onChange={(hours) => set({ hours: Number(hours) })}
        error={form.errors['area.hours']}
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

function CircleFields({ form, area, set }: PartProps) {
  const { circle } = area;
  const change = (part: Partial<Circle>) =>
    set({ circle: { latitude: 0, longitude: 0, metres: METRES, ...circle, ...part } });
  return (
    <>
      <Group grow align="flex-start">
        <NumberInput
          label="Latitude"
          min={-90}
          max={90}
          value={circle?.latitude ?? ''}
          onChange={(latitude) => change({ latitude: Number(latitude) })}
          error={form.errors['area.circle'] ?? form.errors.area}
        />
        <NumberInput
          label="Longitude"
          min={-180}
          max={180}
          value={circle?.longitude ?? ''}
          onChange={(longitude) => change({ longitude: Number(longitude) })}
        />
        <NumberInput
          label="Metres"
          min={100}
          max={5_000_000}
          value={circle?.metres ?? METRES}
          onChange={(metres) => change({ metres: Number(metres) })}
        />
      </Group>
      <Map area={circle ?? null} onPick={(at) => change(rounded(at))} />
    </>
  );
}

/** Metres are near enough: five digits behind the point are one. */
const rounded = ({ latitude, longitude }: Point): Point => ({
  latitude: Number(latitude.toFixed(5)),
  longitude: Number(longitude.toFixed(5)),
});

function Map(props: { area: Drawn | null; onPick: (at: Point) => void }) {
  return (
    <Suspense fallback={null}>
      <AreaMap {...props} />
    </Suspense>
  );
}

/** The corners as text, a line each, and on the map; what is no corner yet is not sent. */
function Corners({ form, area, set }: PartProps) {
  const corners = area.polygon ?? [];
  const [text, setText] = useState(() => toLines(corners));
  const { bad } = fromLines(text);
  const write = (next: string) => {
    setText(next);
    set({ polygon: fromLines(next).corners });
  };
  return (
    <>
      <Textarea
        label="Corners"
        description="Click on the map, or write latitude and longitude of each corner, a line each, in order: 48.2082, 16.3738"
        autosize
        minRows={3}
        maxRows={12}
        value={text}
        onChange={(e) => write(e.currentTarget.value)}
        error={bad ? `Line ${bad} is no corner.` : (form.errors['area.polygon'] ?? form.errors.area)}
      />
      <Map
        area={corners.length > 0 ? { points: corners } : null}
        onPick={(at) => write(toLines([...corners, rounded(at)]))}
      />
    </>
  );
}

function During({ form, area, set }: PartProps) {
  const week = area.during;
  return (
    <>
      <SegmentedControl
        aria-label="When the area is asked for"
        data={[
          { value: 'always', label: 'At any time' },
          { value: 'some', label: 'At some times of the week' },
        ]}
        value={week ? 'some' : 'always'}
        onChange={(when) =>
          set({ during: when === 'some' ? { zone: ownZone(), windows: [WORKDAYS] } : undefined })
        }
      />
      {week && (
        <>
          <ZoneField
            label="By the clocks of"
            value={week.zone}
            onChange={(zone) => set({ during: { ...week, zone } })}
            error={form.errors['area.during']}
          />
          <WeekField
            label="When the area is asked for"
            noun="time"
            week={toWeek(week.windows)}
            onChange={(next) => set({ during: { ...week, windows: toWindows(next) } })}
          />
        </>
      )}
    </>
  );
}
