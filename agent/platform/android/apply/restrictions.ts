// Managed configurations of apps and the profiles that they are (steps 1 and 10), by what profiles/ makes of them.
import { createHash } from 'node:crypto';
import { companionLogLevel, companionPackage, readCompanionLine } from '../../../../protocol/headwind/companion.js';
import type { Bundle, BundleRead } from '../../../../protocol/managed-config/bundle.js';
import { bundlesOf } from '../../../../protocol/managed-config/read.js';
import { applyProfiles } from '../profiles/apply.js';
import { logLine } from './device-log.js';
import { variablesOf } from './identity.js';
import { type ApplyRun, find } from './run.js';

/** Only the device's owner gives apps their settings. */
export async function applyRestrictions(run: ApplyRun): Promise<void> {
  const { context, configuration, files, counts } = run;
  const { memory, manners } = context;
  const { provisionedWifi } = memory.data;
  const isOwner = manners.management === 'fully-managed';
  const read = bundlesOf(configuration.applicationSettings, variablesOf(context, configuration));
  tellBundles(run, isOwner ? read : new Map());
  const given = isOwner || manners.mode === 'thorough';
  if (!isOwner && given && [...read.keys()].some((name) => name !== 'com.hmdm.launcher'))
    find(
      run,
      'LAUNCHER_DIFFERS',
      'applicationSettings',
      'launcher 6.36 gives apps no settings: it does not own the device',
    );
  const { changed, failures, lines } = await applyProfiles(context, {
    configuration,
    bundles: given ? new Map([...read].map(([name, { bundle }]): [string, Bundle] => [name, bundle])) : new Map(),
    file: (path) => files.get(path)?.content,
    ...(provisionedWifi === undefined ? {} : { wifi: provisionedWifi }),
  });
  counts.commands += changed + failures.length;
  for (const { isLater } of failures) counts[isLater ? 'later' : 'failed']++;
  for (const line of lines) {
    const status = readCompanionLine(line)?.status ?? 'failed';
    logLine(context, companionLogLevel[status] === 1 ? 'error' : 'info', line, companionPackage);
  }
}

/** What the launcher loses of managed configurations is told once, and again when it is another. */
function tellBundles(run: ApplyRun, bundles: ReadonlyMap<string, BundleRead>): void {
  const { memory } = run.context;
  const findings = [...bundles].flatMap(([name, { findings: ofOne }]) => ofOne.map((one) => ({ name, ...one })));
  if (findings.length === 0) {
    memory.forget('toldBundles');
    return;
  }
  const hash = createHash('sha256').update(JSON.stringify(findings)).digest('base64');
  if (memory.data.toldBundles === hash) return;
  memory.change({ toldBundles: hash });
  for (const { name, key, message } of findings) find(run, 'HEADWIND_SERVER', `${name}.${key}`, message);
}
