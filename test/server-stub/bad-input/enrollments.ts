// Enrollment profiles and SCEP.
import { randomBytes, randomUUID } from 'node:crypto';
import {
  askScep,
  type Client,
  enrolledClient,
  fetchChallenge,
  newKey,
  postScep,
  signerFor,
  user1,
} from '../ios/stub.js';
import { MiB, row, statusOf, tagged } from './row.js';

const failInfo = async (asked: ReturnType<typeof askScep>) => (await asked).answer?.failInfo;

export const enrollments = [
  row('an enrollment of nobody we know', 'ENROLLMENT_REFUSED', [403, 'E02'], ({ stub }) =>
    tagged(stub.send('/enroll/ios?user=nobody@contoso.example')),
  ),
  row('an enrollment of nobody', 'UNAUTHORIZED', 401, ({ stub }) => statusOf(stub.send('/enroll/ios'))),
  row('an enrollment with a wrong password', 'UNAUTHORIZED', 401, ({ stub }) => {
    const authorization = `Basic ${Buffer.from('locked@contoso.example:guess').toString('base64')}`;
    return statusOf(stub.send('/enroll/ios', { headers: { authorization } }));
  }),
  row('an identity of no known kind', 'REQUEST_INVALID', 400, ({ stub }) =>
    statusOf(stub.send(`/enroll/ios?user=${user1}&identity=__proto__`)),
  ),
  row('SCEP: no operation', 'MESSAGE_REFUSED', 400, ({ stub }) => statusOf(stub.send('/scep'))),
  row('SCEP: garbage', 'SCEP_MALFORMED', 400, ({ stub }) => statusOf(postScep(stub, Buffer.from('garbage')))),
  row('SCEP: garbage by GET', 'MESSAGE_REFUSED', 400, ({ stub }) =>
    statusOf(stub.send('/scep?operation=PKIOperation&message=***')),
  ),
  row('SCEP: 1 MiB and one octet', 'MESSAGE_TOO_LARGE', 413, ({ stub }) =>
    statusOf(postScep(stub, Buffer.alloc(MiB + 1, 0x30))),
  ),
  row('SCEP: nested 10 000 deep', 'SCEP_MALFORMED', 400, ({ stub }) =>
    statusOf(postScep(stub, Buffer.from('3080'.repeat(10_000), 'hex'))),
  ),
  row(
    'SCEP: a message cut short',
    'SCEP_MALFORMED',
    400,
    ({ stub }, message: Buffer) => statusOf(postScep(stub, message.subarray(0, 900))),
    async (stub) => (await askScep(stub)).message,
  ),
  row(
    'SCEP: a wrong signature',
    'CMS_SIGNATURE',
    400,
    ({ stub }, message: Buffer) => {
      const damaged = Buffer.from(message);
      damaged[damaged.length - 3] = (damaged.at(-3) ?? 0) ^ 0xff;
      return statusOf(postScep(stub, damaged));
    },
    async (stub) => (await askScep(stub)).message,
  ),
  row('SCEP: no challenge', 'SCEP_REFUSED', 'badRequest', ({ stub }) => failInfo(askScep(stub))),
  row('SCEP: a guessed challenge', 'SCEP_REFUSED', 'badRequest', ({ stub }) =>
    failInfo(askScep(stub, { challenge: randomUUID() })),
  ),
  row(
    'SCEP: a reused challenge',
    'SCEP_REFUSED',
    'badRequest',
    ({ stub }, challenge: string) => failInfo(askScep(stub, { challenge })),
    async (stub) => {
      const { challenge } = await fetchChallenge(stub, user1);
      await askScep(stub, { challenge });
      return challenge;
    },
  ),
  row(
    'SCEP: a challenge past its time',
    'SCEP_REFUSED',
    'badRequest',
    ({ stub }, challenge: string) => failInfo(askScep(stub, { challenge })),
    async (stub) => {
      const { challenge } = await fetchChallenge(stub, user1);
      await stub.clock.advance(31 * 60_000);
      return challenge;
    },
  ),
  row(
    'SCEP: a replayed nonce',
    'SCEP_REFUSED',
    'badRequest',
    ({ stub }, attempt: Parameters<typeof askScep>[1]) => failInfo(askScep(stub, attempt)),
    async (stub) => {
      const request = { transactionId: 'T', senderNonce: randomBytes(16) };
      await askScep(stub, { challenge: (await fetchChallenge(stub, user1)).challenge, request });
      return { challenge: (await fetchChallenge(stub, user1)).challenge, request };
    },
  ),
  row('SCEP: a renewal of a foreign certificate', 'SCEP_REFUSED', 'badCertId', ({ stub }) => {
    const key = newKey();
    const signer = { certificate: signerFor(stub, key), key: key.privateKey };
    return failInfo(askScep(stub, { signer, request: { messageType: 'RenewalReq' } }));
  }),
  row(
    'SCEP: a renewal of an ended enrollment',
    'SCEP_REFUSED',
    'badCertId',
    ({ stub }, gone: Client) => failInfo(askScep(stub, { signer: gone, request: { messageType: 'RenewalReq' } })),
    async (stub) => {
      const gone = await enrolledClient(stub);
      await gone.checkOut();
      return gone;
    },
  ),
];
