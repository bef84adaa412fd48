import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';

interface ActOptions<In, Out> {
  /** What to say when it is done; nothing is said when it returns "". */
  done?: (result: Out, input: In) => string;
  /** First parts of the query keys that are stale afterwards. */
  stale: string[];
  after?: (result: Out, input: In) => void;
}

/** One change of the zone: runs it, says that it is done, and re-reads what it made stale. */
export function useAct<In = void, Out = unknown>(
  run: (input: In) => Promise<Out>,
  options: ActOptions<In, Out>,
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: async (result, input) => {
      const words = options.done?.(result, input);
      if (words) notifications.show({ message: words });
      await Promise.all(options.stale.map((root) => client.invalidateQueries({ queryKey: [root] })));
      options.after?.(result, input);
    },
  });
}
