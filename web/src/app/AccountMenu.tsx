import { Avatar, Menu, Text, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronsUpDown, LogOut, Monitor, Moon, Sun, UserRound } from 'lucide-react';
import { session, signOut } from '../api/account';
import { useIsLive, useMe } from './me';
import classes from './shell.module.css';

/** Who is signed in, whether the page is live, the colour scheme, and the way out. */
export function AccountMenu() {
  const me = useMe();
  const live = useIsLive();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const queries = useQueryClient();
  const leave = useMutation({
    mutationFn: signOut,
    onSettled: async () => {
      await queries.cancelQueries(session); // an answer from before would bring the session back
      queries.setQueryData(session.queryKey, null);
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== session.queryKey[0] });
    },
  });
  const mark = (scheme: string) => (colorScheme === scheme ? { fw: 600 } : {});
  return (
    <Menu position="top-start" width={200} withinPortal={false}>
      <Menu.Target>
        <button type="button" className={classes.account}>
          <Avatar size={30} radius="xl" name={me.admin.name} className={classes.avatar} aria-hidden />
          <span style={{ flex: 1, minWidth: 0 }}>
            <Text size="sm" fw={500} truncate>
              <VisuallyHidden>Account of </VisuallyHidden>
              {me.admin.name}
            </Text>
            <Text size="xs" c="dimmed">
              {live ? 'Live' : 'Not live, connecting…'}
            </Text>
          </span>
          <ChevronsUpDown size={15} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/account" leftSection={<UserRound size={15} />}>
          My account
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Colours</Menu.Label>
        <Menu.Item leftSection={<Sun size={15} />} onClick={() => setColorScheme('light')} {...mark('light')}>
          Light
        </Menu.Item>
        <Menu.Item leftSection={<Moon size={15} />} onClick={() => setColorScheme('dark')} {...mark('dark')}>
          Dark
        </Menu.Item>
        <Menu.Item
          leftSection={<Monitor size={15} />}
          onClick={() => setColorScheme('auto')}
          {...mark('auto')}
        >
          As the system
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={15} />} onClick={() => leave.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
