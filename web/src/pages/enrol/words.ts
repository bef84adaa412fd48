import type { UserEnrolment } from '../../api/types';

const LACKS: Record<UserEnrolment['lacks'], string | undefined> = {
  '': undefined,
  server: 'This zone has no mail server for notices. Name one in the configuration (smtp) to send mail.',
  address: 'The user has no mail address. Add it on the user’s page to send mail.',
};

/** Why a user cannot be sent a mail, and how to mend it. */
export const lackWords = (lacks: UserEnrolment['lacks']) => LACKS[lacks];
