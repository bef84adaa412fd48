import { Button, Group } from '@mantine/core';
import { Download, Smartphone } from 'lucide-react';
import { useState } from 'react';
import { csvAddress, devices } from '../../api/devices';
import { useFilters } from '../../app/filters';
import { Empty } from '../../ui/Empty';
import { Grid } from '../../ui/Grid';
import { PageHead } from '../../ui/PageHead';
import { useSelection } from '../../ui/selection';
import { AddComputer } from './AddComputer';
import { BulkBar } from './BulkBar';
import { ColumnChooser } from './ColumnChooser';
import { chooseColumns, COLUMNS, DEFAULT_COLUMNS } from './columns';
import { FILTER_NAMES, FilterBar } from './FilterBar';
import { Views } from './Views';
import { Invite } from '../enrol/Invite';

const DEFAULT_SORT = '-contact';
const REMEMBERED = 'drover.devices.columns';

function remembered(): string[] {
  const known = new Set(COLUMNS.map((c) => c.key));
  const kept = (localStorage.getItem(REMEMBERED) ?? '').split(',').filter((key) => known.has(key));
  return kept.length > 0 ? kept : DEFAULT_COLUMNS;
}

/** Every device of the zone: searched, filtered, sorted, chosen and acted upon. */
export default function Devices() {
  const [filters, setFilters] = useFilters();
  const [shown, setShown] = useState(remembered);
  const selection = useSelection();
  const query = Object.fromEntries(FILTER_NAMES.map((name) => [name, filters[name]]));
  const sort = filters.sort ?? DEFAULT_SORT;
  const columns = chooseColumns(shown);
  const narrowed = FILTER_NAMES.some((name) => filters[name]);

  const show = (columns: string[]) => {
    setShown(columns);
    localStorage.setItem(REMEMBERED, columns.join(','));
  };
  const clear = () => setFilters(Object.fromEntries(FILTER_NAMES.map((name) => [name, ''])));

  return (
    <>
      <PageHead title="Devices">
        <Invite />
        <AddComputer />
        <Views
          query={{ ...query, sort }}
          columns={shown}
          onOpen={(view) => {
            clear();
            setFilters(view.query);
            if (view.columns.length > 0) show(view.columns);
          }}
        />
        <ColumnChooser shown={shown} onChange={show} />
        <Button
          component="a"
          href={csvAddress({ ...query, sort, columns: columns.map((c) => c.key).join(',') })}
          download
          variant="default"
          leftSection={<Download size={15} />}
          title="The devices and columns shown, as a CSV file"
        >
          Export
        </Button>
      </PageHead>
      <FilterBar filters={filters} onChange={setFilters} onClear={narrowed ? clear : undefined} />
      <BulkBar chosen={selection.ids} onDone={selection.clear} />
      <Grid
        label="Devices"
        noun="device"
        query={devices({ ...query, sort })}
        columns={columns}
        id={(d) => d.id}
        name={(d) => d.name || d.model || d.deviceId}
        sort={sort}
        onSort={(next) => setFilters({ sort: next === DEFAULT_SORT ? '' : next })}
        selection={selection}
        empty={
          narrowed ? (
            <Empty
              icon={Smartphone}
              title="No device matches"
              action={
                <Group justify="center">
                  <Button variant="default" onClick={clear}>
                    Clear the filters
                  </Button>
                </Group>
              }
            >
              Try fewer filters, or search for part of a name, user, model or serial number.
            </Empty>
          ) : (
            <Empty icon={Smartphone} title="No device yet">
              A phone appears here when its Exchange account points at this server and its user signs in for
              the first time. Add a mail server first if there is none. A computer appears when you add it.
            </Empty>
          )
        }
      />
    </>
  );
}
