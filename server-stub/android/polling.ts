// Long poll and legacy poll (specs/android.md §1.5, 0a.1, 0a.15, 0a.17).

import { messages } from '../../protocol/headwind/messages.js';
import { writePollReply } from '../../protocol/headwind/polling.js';
import { requestSignature, signedText } from '../../protocol/headwind/signature.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { error, openToAll, page } from './answers.js';
import { type AndroidContext, paths } from './context.js';
import { guarded, refuse } from './guarded.js';
import type { Push } from './pushes.js';

export const pollingRoutes = (context: AndroidContext): readonly Route[] => [
  { method: 'GET', path: paths.polling, handle: guarded(context, (request) => poll(request, context)) },
  { method: 'GET', path: paths.legacyPolling, handle: guarded(context, (request) => legacyPoll(request, context)) },
];

/** Held until a push comes. A poll in which none came is HTTP 500, as the servlet container has it: no failure, and not logged. */
async function poll(request: StubRequest, context: AndroidContext): Promise<StubAnswer> {
  const { numbers, pushes, settings } = context;
  const number = request.params['number'] ?? '';
  if (settings.secureEnrollment) {
    const signed = signedText.polling(settings.contextPath.slice(1), number);
    const good = requestSignature(settings.sharedSecret, signed);
    if (request.headers['x-request-signature']?.toUpperCase() !== good) {
      return refuse(context, request, 'the signature is missing or wrong', page(403));
    }
  }
  const found = numbers.find(number);
  if (found?.by !== 'number') return refuse(context, request, 'no device has this number', page(404), 'NOT_FOUND');
  const taken = await pushes.poll(found.device.deviceId, settings.pollTimeoutMs);
  return taken.length === 0 ? page(500) : reply(taken);
}

/** What waits, at once. Nobody looks at its signature. */
function legacyPoll(request: StubRequest, context: AndroidContext): StubAnswer {
  const found = context.numbers.find(request.params['number'] ?? '');
  if (found === undefined) {
    return refuse(context, request, 'no device has this number', error(messages.notFound), 'NOT_FOUND');
  }
  return reply(context.pushes.take(found.device.deviceId));
}

const reply = (taken: readonly Push[]): StubAnswer => ({
  status: 200,
  headers: { ...openToAll, 'content-type': 'application/json' },
  body: writePollReply(taken),
});
