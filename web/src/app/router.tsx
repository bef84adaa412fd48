import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { SetUp } from '../pages/signin/SetUp';
import { Root } from './Root';
import { Lost, Stumbled } from './Stumbled';

/** Filters live in the address, so that every view is a link. Only short texts are taken from it. */
export type Filters = Record<string, string | undefined>;

const LONGEST_FILTER = 200;

function filters(search: Record<string, unknown>): Filters {
  const kept: Filters = {};
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      const text = String(value);
      if (text && text.length <= LONGEST_FILTER) kept[name] = text;
    }
  }
  return kept;
}

const rootRoute = createRootRoute({ component: Root, notFoundComponent: Lost, validateSearch: filters });
const under = { getParentRoute: () => rootRoute };

const routes = [
  createRoute({ ...under, path: '/setup', component: SetUp }),
  createRoute({
    ...under,
    path: '/',
    component: lazyRouteComponent(() => import('../pages/overview/Overview')),
  }),
  createRoute({
    ...under,
    path: '/devices',
    component: lazyRouteComponent(() => import('../pages/devices/Devices')),
  }),
  createRoute({
    ...under,
    path: '/devices/$id',
    component: lazyRouteComponent(() => import('../pages/device/DevicePage')),
  }),
  createRoute({
    ...under,
    path: '/software',
    component: lazyRouteComponent(() => import('../pages/software/Software')),
  }),
  createRoute({
    ...under,
    path: '/changes',
    component: lazyRouteComponent(() => import('../pages/changes/Changes')),
  }),
  createRoute({
    ...under,
    path: '/reports',
    component: lazyRouteComponent(() => import('../pages/reports/Reports')),
  }),
  createRoute({
    ...under,
    path: '/users',
    component: lazyRouteComponent(() => import('../pages/users/Users')),
  }),
  createRoute({
    ...under,
    path: '/users/$id',
    component: lazyRouteComponent(() => import('../pages/users/UserPage')),
  }),
  createRoute({
    ...under,
    path: '/groups',
    component: lazyRouteComponent(() => import('../pages/groups/Groups')),
  }),
  createRoute({
    ...under,
    path: '/registration',
    component: lazyRouteComponent(() => import('../pages/registration/Registration')),
  }),
  createRoute({
    ...under,
    path: '/policies',
    component: lazyRouteComponent(() => import('../pages/policies/Suites')),
  }),
  createRoute({
    ...under,
    path: '/policies/$id',
    component: lazyRouteComponent(() => import('../pages/policies/SuitePage')),
  }),
  createRoute({
    ...under,
    path: '/schedules',
    component: lazyRouteComponent(() => import('../pages/schedules/Schedules')),
  }),
  createRoute({
    ...under,
    path: '/scripts',
    component: lazyRouteComponent(() => import('../pages/scripts/Scripts')),
  }),
  createRoute({
    ...under,
    path: '/scripts/$id',
    component: lazyRouteComponent(() => import('../pages/scripts/ScriptPage')),
  }),
  createRoute({
    ...under,
    path: '/commands',
    component: lazyRouteComponent(() => import('../pages/commands/Commands')),
  }),
  createRoute({
    ...under,
    path: '/access',
    component: lazyRouteComponent(() => import('../pages/access/Access')),
  }),
  createRoute({
    ...under,
    path: '/compliance',
    component: lazyRouteComponent(() => import('../pages/compliance/Compliance')),
  }),
  createRoute({
    ...under,
    path: '/personal-data',
    component: lazyRouteComponent(() => import('../pages/personal/PersonalData')),
  }),
  createRoute({
    ...under,
    path: '/mail-servers',
    component: lazyRouteComponent(() => import('../pages/mail/MailServers')),
  }),
  createRoute({
    ...under,
    path: '/directories',
    component: lazyRouteComponent(() => import('../pages/directories/Directories')),
  }),
  createRoute({
    ...under,
    path: '/services',
    component: lazyRouteComponent(() => import('../pages/services/Services')),
  }),
  createRoute({
    ...under,
    path: '/safety',
    component: lazyRouteComponent(() => import('../pages/safety/Safety')),
  }),
  createRoute({
    ...under,
    path: '/audit',
    component: lazyRouteComponent(() => import('../pages/audit/Audit')),
  }),
  createRoute({
    ...under,
    path: '/logs',
    component: lazyRouteComponent(() => import('../pages/logs/ServerLog')),
  }),
  createRoute({
    ...under,
    path: '/sync-log',
    component: lazyRouteComponent(() => import('../pages/logs/SyncLog')),
  }),
  createRoute({
    ...under,
    path: '/security',
    component: lazyRouteComponent(() => import('../pages/security/Security')),
  }),
  createRoute({
    ...under,
    path: '/updates',
    component: lazyRouteComponent(() => import('../pages/updates/Updates')),
  }),
  createRoute({
    ...under,
    path: '/administrators',
    component: lazyRouteComponent(() => import('../pages/admins/Administrators')),
  }),
  createRoute({
    ...under,
    path: '/account',
    component: lazyRouteComponent(() => import('../pages/account/Account')),
  }),
];

export const router = createRouter({
  routeTree: rootRoute.addChildren(routes),
  defaultErrorComponent: Stumbled,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
