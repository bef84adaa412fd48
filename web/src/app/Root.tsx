import { Center, Container, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { session } from '../api/account';
import { EnrolFactor } from '../pages/signin/EnrolFactor';
import { SecondFactor } from '../pages/signin/SecondFactor';
import { SignIn } from '../pages/signin/SignIn';
import { Trouble } from '../ui/Trouble';
import { MeContext } from './me';
import { Shell } from './Shell';

/** Decides what one may see at all: set-up, a step of signing in, or the dashboard. */
export function Root() {
  const settingUp = useRouterState({ select: (s) => s.location.pathname === '/setup' });
  const who = useQuery({ ...session, enabled: !settingUp });
  if (settingUp) return <Outlet />;
  if (who.isPending) {
    return (
      <Center mih="100dvh">
        <Loader size="sm" aria-label="Loading" />
      </Center>
    );
  }
  if (who.isError && who.data === undefined) {
    return (
      <Container size="xs" pt="20vh">
        <Trouble error={who.error} retry={() => void who.refetch()} />
      </Container>
    );
  }
  if (!who.data) return <SignIn />;
  if (who.data.state === 'second-factor') return <SecondFactor methods={who.data.methods} />;
  if (who.data.state === 'enrol-factor') return <EnrolFactor passkeys={who.data.zone.passkeys} />;
  return (
    <MeContext.Provider value={who.data}>
      <Shell />
    </MeContext.Provider>
  );
}
