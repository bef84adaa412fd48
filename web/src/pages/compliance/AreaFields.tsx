import { Group, NumberInput, SegmentedControl, Textarea } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useState } from 'react';
import type { Area, ComplianceRuleDraft } from '../../api/types';
import { toWeek, toWindows } from '../../ui/week/week';
import { WeekField } from '../../ui/week/WeekField';
import { ownZone } from '../../ui/week/zone';
import { ZoneField } from '../../ui/week/ZoneField';
import { fromLines, toLines } from './corners';

const CIRCLE = { latitude: 0, longitude: 0, metres: 5000 };
const WORKDAYS = { days: [1, 2, 3, 4, 5], from: 8 * 60, to: 18 * 60 };

/** Where a device must be, or must not: a circle or a polygon, and when that is asked. */
export function AreaFields({ form }: { form: UseFormReturnType<ComplianceRuleDraft> }) {
  const area: Area = form.values.area ?? { circle: CIRCLE, hours: 24 };
  const set = (part: Partial<Area>) => form.setFieldValue('area', { ...area, ...part });
  const shape = area.circle ? 'circle' : 'polygon';
  const choose = (next: string) =>
    set(next === 'circle' ? { circle: CIRCLE, polygon: undefined } : { circle: undefined, polygon: [] });
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
  const circle = area.circle ?? CIRCLE;
  const given = form.values.area !== undefined; // a place that nobody has named is not shown as one
  const change = (key: keyof typeof circle) => (next: string | number) =>
    set({ circle: { ...circle, [key]: Number(next) } });
  return (
    <Group grow align="flex-start">
      <NumberInput
        label="Latitude"
        min={-90}
        max={90}
        value={given ? circle.latitude : ''}
        onChange={change('latitude')}
        error={form.errors['area.circle'] ?? form.errors.area}
      />
      <NumberInput
        label="Longitude"
        min={-180}
        max={180}
        value={given ? circle.longitude : ''}
        onChange={change('longitude')}
      />
      <NumberInput
        label="Metres"
        min={100}
        max={5_000_000}
        value={circle.metres}
        onChange={change('metres')}
      />
    </Group>
  );
}

/** The corners as text, a line each; what is no corner yet is not sent. */
function Corners({ form, area, set }: PartProps) {
  const [text, setText] = useState(() => toLines(area.polygon ?? []));
  const { bad } = fromLines(text);
  return (
    <Textarea
      label="Corners"
      description="Latitude and longitude of each corner, a line each, in order: 48.2082, 16.3738"
      autosize
      minRows={3}
      maxRows={12}
      value={text}
      onChange={(e) => {
        setText(e.currentTarget.value);
        set({ polygon: fromLines(e.currentTarget.value).corners });
      }}
      error={bad ? `Line ${bad} is no corner.` : (form.errors['area.polygon'] ?? form.errors.area)}
    />
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
