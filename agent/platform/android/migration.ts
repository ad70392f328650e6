// A configuration that sends the device to another server (specs/android.md §1.8 A): a trial, then a commitment without a way back.
import { isRollcallError, type RollcallError } from '../../../base/errors.js';
import { shownAddress } from '../../../base/shown-address.js';
import { isSameServer, type ServerAddress, splitServerUrl } from '../../../protocol/headwind/server-url.js';
import type { HeadwindConfiguration } from '../../../protocol/headwind/types.js';
import { logLine } from './apply/device-log.js';
import { shown } from './apply/run.js';
import { noteCommand } from './apply/told.js';
import type { AndroidContext } from './context.js';
import type { AndroidData } from './saved.js';

/** A launcher has no bound; a device of ours goes no further in one session, whatever the mode. */
const mostMoves = 10;
/** Longest address that is taken: the request line of a server holds no more. A bound of ours. */
const longestUrl = 4096;
/** Servers that a device remembers having left. */
const mostRemembered = 16;

const here = ({ baseUrl, project }: Pick<AndroidData, 'baseUrl' | 'project'>): ServerAddress => ({
  base: baseUrl,
  project,
});
const asText = ({ base, project }: ServerAddress): string => `${base}/${project}`.toLowerCase();

/** How many servers this session has gone to. */
interface Travels {
  moves: number;
}

/**
 * Goes to the server that a configuration names, where it is another one and a trial there goes well. True: the device is there now,
 * and everything is to be fetched again. What keeps it is told and written to the device's log, as the launcher does.
 */
export async function migrate(
  context: AndroidContext,
  { newServerUrl = '' }: Pick<HeadwindConfiguration, 'newServerUrl'>,
  travels: Travels,
): Promise<boolean> {
  const url = newServerUrl.trim();
  if (url === '') return false;
  if (url.length > longestUrl) return stays(context, url, `${url.length} characters are no address`);
  const target = splitServerUrl(url);
  if (target === undefined) return stays(context, url, 'malformed URL');
  const { data } = context.memory;
  if (isSameServer(target, here(data))) return false;
  let next: HeadwindConfiguration;
  try {
    next = (await context.api.trial(url)).configuration;
  } catch (error) {
    if (!isRollcallError(error) || context.signal.aborted) throw error;
    return stays(context, url, causeOf(error), error);
  }
  if (isCircle(context, target, next, travels)) return false;
  await commit(context, target, url, travels);
  return true;
}

/** The launcher's words for why a trial failed. */
function causeOf(error: RollcallError): string {
  const { status, said } = error.details;
  if (typeof status !== 'number') return 'Network error';
  if (status < 200 || status > 299) return `Bad server response: ${status}`;
  const word = /^JSON status: ([^,]*)/.exec(typeof said === 'string' ? said : '')?.[1];
  if (word !== undefined && word !== 'OK') return `Bad server status: ${word}`;
  return word === 'OK' ? 'Failed to parse server response' : 'Network error'; // what is no JSON is no answer to it
}

const staying =
  'The device stays at its server and tries again with each configuration. The new server must know its number, or create devices on demand, and have the same shared secret.';

/** A status says all in the launcher's words; of everything else the error says more. */
function stays(context: AndroidContext, url: string, cause: string, error?: RollcallError): false {
  const message = `Failed to migrate to ${shown(shownAddress(url))}: ${cause}`;
  const isStatus = cause.startsWith('Bad server response');
  logLine(context, 'warning', `Failed to migrate to ${shown(url)}: ${cause}`);
  context.device.tell({
    type: 'trouble',
    code: 'HEADWIND_FAILED',
    message: error === undefined || isStatus ? message : `${message} (${error.message})`,
    hint: isStatus && error !== undefined ? `${error.hint} ${staying}` : staying,
    about: 'newServerUrl',
  });
  return false;
}

/**
 * Servers that send a device round: it left the new one before, and that one would send it away again at once. The launcher has no
 * guard and goes round until one of them fails; a device of ours stays where it is.
 */
function isCircle(
  context: AndroidContext,
  target: ServerAddress,
  { newServerUrl }: HeadwindConfiguration,
  { moves }: Travels,
): boolean {
  const { memory, device, manners } = context;
  const onward = newServerUrl === undefined ? undefined : splitServerUrl(newServerUrl);
  const isSentOn = onward !== undefined && !isSameServer(onward, target);
  const wasThere = (memory.data.moves ?? []).some(({ from }) => from === asText(target));
  const isBack = onward !== undefined && isSameServer(onward, here(memory.data));
  const isRound = manners.mode === 'thorough' && isSentOn && (wasThere || isBack);
  if (!isRound && moves < mostMoves) return false;
  device.tell({
    type: 'trouble',
    code: 'HEADWIND_SERVER',
    message: `the server sends the device to ${shown(asText(target))}, which would send it on to ${onward === undefined ? 'another' : shown(asText(onward))}: it goes in a circle`,
    hint: 'Launcher 6.36 goes round without an end, with a request to each server every time. Take newServerUrl out of one of the two configurations.',
    about: 'newServerUrl',
  });
  return true;
}

/** Neither server is told, and nothing leads back. */
async function commit(context: AndroidContext, target: ServerAddress, url: string, travels: Travels): Promise<void> {
  const { memory, ports, save } = context;
  const move = { from: asText(here(memory.data)), to: asText(target), at: ports.clock.now() };
  travels.moves++;
  memory.change({
    baseUrl: target.base,
    secondaryBaseUrl: target.base,
    project: target.project,
    owesSync: true, // nothing of that server's is here yet, should the process end
    moves: [...(memory.data.moves ?? []), move].slice(-mostRemembered),
  });
  logLine(context, 'info', `Migrated to ${shown(url)}`);
  noteCommand(context, { name: 'newServerUrl', about: shown(shownAddress(url)), status: 'done', said: 'moved' });
  await save();
}
