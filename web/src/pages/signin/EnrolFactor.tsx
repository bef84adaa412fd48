import { useQueryClient } from '@tanstack/react-query';
import { session } from '../../api/account';
import { AddFactor } from '../../ui/AddFactor';
import { Gatehouse } from './Gatehouse';

/** Nobody administers devices with a password alone: the first factor is added before anything is shown. */
export function EnrolFactor({ passkeys }: { passkeys: boolean }) {
  const queries = useQueryClient();
  return (
    <Gatehouse
      title="Add a second factor"
      lead="A stolen password must not be enough to erase phones. You will need this each time you sign in, and to approve what others ask for."
    >
      <AddFactor
        methods={[]}
        passkeys={passkeys}
        onDone={() => void queries.invalidateQueries({ queryKey: session.queryKey })}
      />
    </Gatehouse>
  );
}
