// The devicelog plugin: which lines are wanted, and those that come (specs/android.md §1.6). By convention lines of the companion
// app say which setting has failed.
import { companionLogLevel, companionPackage } from '../../protocol/headwind/companion.js';
import { defaultLogRules, readLogItems, writeLogRules } from '../../protocol/headwind/logs.js';
import { messages } from '../../protocol/headwind/messages.js';
import type { LogItem, LogRule } from '../../protocol/headwind/types.js';
import type { DeviceRecord } from '../core/types.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { error, ok, openToAll } from './answers.js';
import { type AndroidContext, paths } from './context.js';
import { guarded, isNothing, refuse, refuseType } from './guarded.js';
import { noteRenewal } from './identity.js';
import { judgeLog } from './judge-info.js';
import { memoryOf, remember } from './memory.js';
import { readAwaited, readRenderMemory } from './render/remembered.js';

/** The server's own rule, and one for the companion app. */
const rules: readonly LogRule[] = [
  ...defaultLogRules,
  { packageId: companionPackage, logLevel: companionLogLevel.installed },
];

export const deviceLogRoutes = (context: AndroidContext): readonly Route[] => [
  { method: 'GET', path: paths.logRules, handle: guarded(context, (request) => told(request, context)) },
  {
    method: 'POST',
    path: paths.logList,
    maxBytes: 512 * 1024,
    handle: guarded(context, (request) => take(request, context)),
  },
];

const unknown = (request: StubRequest, context: AndroidContext): StubAnswer =>
  refuse(context, request, 'no device has this number', error(messages.notFound), 'NOT_FOUND');

function told(request: StubRequest, context: AndroidContext): StubAnswer {
  if (context.numbers.find(request.params['number'] ?? '')?.by !== 'number') return unknown(request, context);
  return { status: 200, headers: { ...openToAll, 'content-type': 'application/json' }, body: writeLogRules(rules) };
}

function take(request: StubRequest, context: AndroidContext): StubAnswer {
  const wrongType = refuseType(context, request);
  if (wrongType !== undefined) return wrongType;
  const lines = isNothing(request.body) ? [] : readLogItems(request.body);
  const found = context.numbers.find(request.params['number'] ?? '');
  if (found?.by !== 'number') return unknown(request, context);
  const wanted = lines.filter((line) => rules.some((rule) => isWanted(line, rule)));
  context.logs.add(found.device.deviceId, wanted);
  judge(wanted, found.device, context);
  return ok();
}

const isWanted = ({ packageId, logLevel }: LogItem, rule: LogRule): boolean =>
  packageId === rule.packageId && logLevel <= rule.logLevel;

function judge(lines: readonly LogItem[], device: DeviceRecord, { tenant, log }: AndroidContext): void {
  const { deviceId, held, platform } = device;
  const { awaited, rendering, failures = {} } = memoryOf(device);
  const ours = lines.filter(({ packageId }) => packageId === companionPackage);
  if (ours.length === 0) return;
  const names = held.map(({ name }) => name);
  const judged = judgeLog(ours, readAwaited(awaited), readRenderMemory(rendering), names);
  const failed = { ...failures };
  for (const { name, reason } of judged.failedLater) {
    if (!names.includes(name)) continue; // nothing that it was given
    failed[name] = reason;
    log.info('SETTING_FAILED', { device: deviceId, platform, about: name, reason });
  }
  for (const name of judged.healed) {
    if (!Object.hasOwn(failed, name)) continue;
    delete failed[name];
    log.info('SETTING_HEALED', { device: deviceId, platform, about: name });
  }
  remember(tenant, deviceId, {
    awaited: judged.awaited === undefined ? undefined : { ...judged.awaited },
    rendering: { ...judged.memory },
    failures: Object.keys(failed).length === 0 ? undefined : failed,
  });
  if (judged.isRenewed) noteRenewal(deviceId, tenant);
  for (const { commandId, outcome } of judged.answers) tenant.report(deviceId, commandId, outcome);
}
