import type { UseQueryResult } from '@tanstack/react-query';
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Empty } from './Empty';
import { Loaded } from './Loaded';
import { PageHead } from './PageHead';
import { Panel } from './Panel';

interface ListPageProps<T> {
  title: string;
  lead: string;
  of: UseQueryResult<T[]>;
  /** What makes the first of them, and each further one; nothing for those who may not. */
  add: ReactNode;
  /** What is said as long as there is none. */
  none: { icon: LucideIcon; title: string; text: ReactNode };
  children: (all: T[]) => ReactNode;
}

/** The head and the body of a page that lists what somebody has made. As long as there is nothing, it says how to begin. */
export function ListPage<T>({ title, lead, of, add, none, children }: ListPageProps<T>) {
  return (
    <>
      <PageHead title={title} lead={lead}>
        {(of.data?.length ?? 0) > 0 && add}
      </PageHead>
      <Loaded of={of}>
        {(all) =>
          all.length > 0 ? (
            children(all)
          ) : (
            <Panel>
              <Empty icon={none.icon} title={none.title} action={add}>
                {none.text}
              </Empty>
            </Panel>
          )
        }
      </Loaded>
    </>
  );
}
