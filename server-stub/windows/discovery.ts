// GET and POST Discovery.svc (specs/windows.md §1.1), POST Policy.svc (§1.3).
import { decodeDiscover, encodeDiscoverResponse } from '../../protocol/mde2/discover.js';
import { decodeGetPolicies, encodePoliciesResponse } from '../../protocol/mde2/policies.js';
import { readEnvelope } from '../../protocol/soap/envelope.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { attemptOf } from './attempt.js';
import { paths, renewPeriodDays, type WindowsContext } from './context.js';
import { admit } from './credentials.js';
import { proven } from './proven.js';
import { faulting, refuseWith, soapAnswer } from './refusals.js';

const probed: StubAnswer = { status: 200, headers: { 'cache-control': 'no-store' } };

/** Seen of devices; an answer names the one that was asked for, so that nothing is negotiated away. */
const versions: readonly string[] = ['3.0', '4.0', '5.0', '6.0', '7.0', '8.0', '9.0'];
const otherwiseVersion = '5.0';

export function discoveryRoutes(context: WindowsContext): Route[] {
  return [
    { method: 'GET', path: paths.discovery, handle: () => probed },
    { method: 'POST', path: paths.discovery, handle: faulting(context, (request) => discover(request, context)) },
    { method: 'POST', path: paths.policy, handle: faulting(context, (request) => policies(request, context)) },
  ];
}

function discover(request: StubRequest, { addresses, settings, beginnings }: WindowsContext): StubAnswer {
  const { messageId, requestVersion, deviceType, emailAddress } = decodeDiscover(request.body);
  if (deviceType !== undefined && !/^CIMClient_Windows/.test(deviceType)) {
    throw refuseWith({ subcode: 'Authorization', errorType: 'DeviceNotSupported' }, 'the device is no Windows device');
  }
  beginnings.begin(request.remote, emailAddress);
  const origin = addresses.originFor(request);
  const { authPolicy } = settings;
  return soapAnswer(
    encodeDiscoverResponse(
      {
        authPolicy,
        enrollmentVersion: versions.includes(requestVersion) ? requestVersion : otherwiseVersion,
        policyUrl: origin + paths.policy,
        serviceUrl: origin + paths.enrollment,
        ...(authPolicy === 'Federated' && { authenticationUrl: origin + paths.signIn }),
      },
      messageId === undefined ? {} : { relatesTo: messageId },
    ),
  );
}

async function policies(request: StubRequest, context: WindowsContext): Promise<StubAnswer> {
  const envelope = readEnvelope(request.body);
  const { messageId, credential } = decodeGetPolicies(envelope);
  admit(attemptOf(await proven(envelope, credential, request, context), request, context), context);
  const { keySizeBits } = context.settings;
  return soapAnswer(
    encodePoliciesResponse(
      { keyLength: keySizeBits, renewalSeconds: renewPeriodDays(context) * 24 * 3600 },
      messageId === undefined ? {} : { relatesTo: messageId },
    ),
  );
}
