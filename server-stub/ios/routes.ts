import { contentTypes } from '../../protocol/apple-mdm/http-errors.js';
import type { Route } from '../http-types.js';
import { cutOff } from './attempts.js';
import { checkIn } from './checkin.js';
import { connect } from './connect.js';
import type { IosContext } from './context.js';
import { createEnroll } from './enroll.js';
import { refusing } from './refusals.js';

/** The Apple endpoints. A profile without CheckInURL sends check-ins to the server URL; the type tells them. */
export function iosRoutes(context: IosContext): Route[] {
  const { log } = context;
  const handleCheckIn = refusing(log, (request) => checkIn(request, context));
  const handleConnect = refusing(log, (request) => connect(request, context));
  return [
    { method: 'GET', path: '/enroll/ios', handle: refusing(log, createEnroll(context)) },
    { method: 'PUT', path: '/checkin', handle: handleCheckIn, cutOff: (request) => cutOff(request, context) },
    {
      method: 'PUT',
      path: '/mdm',
      handle: (request) =>
        request.headers['content-type']?.startsWith(contentTypes.checkin) === true
          ? handleCheckIn(request)
          : handleConnect(request),
    },
  ];
}
