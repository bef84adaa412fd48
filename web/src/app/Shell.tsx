import { AppShell, Burger, Group, ScrollArea, Text, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import {
  BadgeCheck,
  CalendarClock,
  ClipboardCheck,
  FileText,
  Fingerprint,
  Gauge,
  HardDriveDownload,
  Layers,
  PackageCheck,
  PackageSearch,
  ListChecks,
  Mail,
  RefreshCw,
  History,
  ScrollText,
  SquareTerminal,
  ShieldCheck,
  Smartphone,
  Table2,
  UserCog,
  Users,
  BookUser,
  Boxes,
  DoorOpen,
  Siren,
  type LucideIcon,
} from 'lucide-react';
import { useEffect, useRef } from 'react';
import { overview } from '../api/zone';
import { useLive } from '../api/live';
import { Mark } from '../ui/Mark';
import { AccountMenu } from './AccountMenu';
import { LiveContext, useMay, useMe } from './me';
import classes from './shell.module.css';

interface Place {
  to: string;
  label: string;
  icon: LucideIcon;
  right: string;
  badge?: boolean;
}

const PLACES: { title: string; places: Place[] }[] = [
  {
    title: 'Zone',
    places: [
      { to: '/', label: 'Overview', icon: Gauge, right: 'device.read' },
      { to: '/devices', label: 'Devices', icon: Smartphone, right: 'device.read' },
      { to: '/software', label: 'Software', icon: PackageSearch, right: 'inventory.read' },
      { to: '/changes', label: 'What changed', icon: History, right: 'inventory.read' },
      { to: '/reports', label: 'Reports', icon: Table2, right: 'device.read' },
      { to: '/users', label: 'Users', icon: Users, right: 'user.read' },
      { to: '/groups', label: 'Groups', icon: Boxes, right: 'group.read' },
      { to: '/registration', label: 'Registration', icon: HardDriveDownload, right: 'registration.read' },
    ],
  },
  {
    title: 'Rules and work',
    places: [
      { to: '/policies', label: 'Policy suites', icon: ClipboardCheck, right: 'policy.read' },
      { to: '/schedules', label: 'Schedules', icon: CalendarClock, right: 'policy.read' },
      { to: '/scripts', label: 'Scripts', icon: SquareTerminal, right: 'script.read' },
      { to: '/commands', label: 'Commands', icon: ListChecks, right: 'command.read', badge: true },
      { to: '/access', label: 'Access rules', icon: ShieldCheck, right: 'access.read' },
      { to: '/compliance', label: 'Compliance', icon: BadgeCheck, right: 'compliance.read' },
      { to: '/mail-servers', label: 'Mail servers', icon: Mail, right: 'upstream.read' },
      { to: '/directories', label: 'Directories', icon: BookUser, right: 'directory.read' },
      { to: '/services', label: 'Services and access', icon: DoorOpen, right: 'service.read' },
    ],
  },
  {
    title: 'Oversight',
    places: [
      { to: '/safety', label: 'Safety', icon: Siren, right: 'approval.read' },
      { to: '/personal-data', label: 'Personal data', icon: Fingerprint, right: 'setting.read' },
      { to: '/security', label: 'Security layers', icon: Layers, right: 'security.read' },
      { to: '/updates', label: 'Updates', icon: PackageCheck, right: 'setting.read' },
      { to: '/audit', label: 'Audit', icon: ScrollText, right: 'audit.read' },
      { to: '/logs', label: 'Server log', icon: FileText, right: 'log.server.read' },
      { to: '/sync-log', label: 'Synchronisations', icon: RefreshCw, right: 'log.sync.read' },
      { to: '/administrators', label: 'Administrators', icon: UserCog, right: 'admin.read' },
    ],
  },
];

/** The frame of the dashboard: where one is, where one can go, and who one is. */
export function Shell() {
  const [menu, { toggle, close }] = useDisclosure();
  const live = useLive();
  const me = useMe();
  const path = useRouterState({ select: (s) => s.location.pathname });
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);

  useEffect(() => {
    close();
    if (first.current) first.current = false;
    else main.current?.focus();
  }, [path, close]);

  return (
    <LiveContext.Provider value={live}>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <AppShell
        header={{ height: { base: 56, sm: 0 } }}
        navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !menu } }}
        padding={{ base: 'md', sm: 32 }}
        transitionDuration={120}
      >
        <AppShell.Header className={classes.header} role="none" hiddenFrom="sm">
          <Group component="nav" aria-label="Menu" h="100%" px="md" gap="sm">
            <Burger opened={menu} onClick={toggle} size="sm" aria-label={menu ? 'Close menu' : 'Open menu'} />
            <Mark size={24} />
            <Text fw={600} truncate>
              {me.zone.name}
            </Text>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar className={classes.navbar} aria-label="Main">
          <Group gap={10} px="md" pt="lg" pb="md" visibleFrom="sm" wrap="nowrap">
            <Mark size={28} />
            <div style={{ minWidth: 0 }}>
              <Text fw={600} lh={1.3} lineClamp={2} title={me.zone.name}>
                {me.zone.name}
              </Text>
              {me.zone.name !== 'Drover' && (
                <Text size="xs" c="dimmed">
                  Drover
                </Text>
              )}
            </div>
          </Group>
          <ScrollArea style={{ flex: 1 }} px="sm" py={{ base: 'md', sm: 0 }}>
            <Places path={path} />
          </ScrollArea>
          <AccountMenu />
        </AppShell.Navbar>
        <AppShell.Main id="content" ref={main} tabIndex={-1} className={classes.main}>
          <div className={classes.page}>
            <Outlet />
          </div>
        </AppShell.Main>
      </AppShell>
    </LiveContext.Provider>
  );
}

function Places({ path }: { path: string }) {
  const may = useMay();
  const { data } = useQuery({ ...overview, enabled: may('device.read') });
  const waiting = data?.approvals ?? 0;
  return PLACES.map((group) => {
    const places = group.places.filter((p) => may(p.right));
    if (places.length === 0) return null;
    return (
      <div key={group.title} className={classes.group}>
        <h2 className={classes.title}>{group.title}</h2>
        <ul className={classes.list}>
          {places.map(({ to, label, icon: Icon, badge }) => {
            const here = to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`);
            return (
              <li key={to}>
                <Link to={to} className={classes.place} aria-current={here ? 'page' : undefined}>
                  <Icon size={17} strokeWidth={1.8} aria-hidden />
                  {label}
                  {badge && waiting > 0 && (
                    <span className={classes.badge}>
                      {waiting}
                      <VisuallyHidden> awaiting approval</VisuallyHidden>
                    </span>
                  )}
                </Link>
              </li>
            );
          })}
        </ul>
      </div>
    );
  });
}
