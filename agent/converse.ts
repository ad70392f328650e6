import { createInterface } from 'node:readline';
import { onAbort } from '../base/abort.js';
import { type ExitCode, exitCodes } from '../base/exit-codes.js';
import { type Colour, print, printIn, redraw, type Screen } from '../base/terminal.js';
import { type ConsoleClock, consoleCommands, type EndOf, showStatus } from './console.js';
import { colourOf } from './describe-event.js';
import type { Device, DeviceEvent } from './device-types.js';
import type { Invitation } from './platform/driver.js';
import { ToldFailures } from './told-failures.js';

interface Conversation {
  readonly device: Device;
  /** Where `enroll` goes, if anywhere. Throws what is wrong with that. */
  readonly invitation: () => Invitation | undefined;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream & Screen;
  readonly signal: AbortSignal;
  /** The same error with the hint that fits how the command was started. Default: as it is. */
  readonly explain?: (error: Error, during: 'enroll' | 'check-in') => Error;
  /** Of the device. */
  readonly clock: ConsoleClock;
  /** When a profile ends that the device does not know of. */
  readonly endOf?: EndOf | undefined;
  /** Goes on after the end of the input, until it is stopped: in a container there is none. */
  readonly stay?: boolean;
}

/**
 * Lets the device live while a person, or a script on standard input, tells it what to do. Ends with the input (after all
 * its lines were acted upon; unless it is to stay), with `quit`, with Ctrl-C and with the signal.
 */
export async function converse(conversation: Conversation): Promise<ExitCode> {
  const { device, invitation, input, output, signal, stay, clock, endOf, explain = (error) => error } = conversation;
  const ending = new AbortController();
  const all = AbortSignal.any([signal, ending.signal]);
  const lines = createInterface({ input, output, prompt: 'device> ' });
  let code: ExitCode = exitCodes.passed;
  /** Over the prompt, where there is one. */
  const say = (text: string, colour?: Colour) => {
    if (input.isTTY) redraw(output, '');
    printIn(colour, output, `${text}\n`);
  };
  const failures = new ToldFailures();
  /** Failures that were said as events: whoever asked for it need not read them twice. */
  const said = new WeakSet<Error>();
  const forget = device.onEvent((event) => {
    const shown = failures.of(withHint(event, explain));
    for (const each of shown) say(each.text, colourOf(each.event));
    if (event.type === 'failed' && shown.length > 0) said.add(event.error);
    if (input.isTTY && !all.aborted) lines.prompt(true);
  });
  const living = device.run(all);
  print(output, `${showStatus(device.state, endOf)}\nType "help" for what it can do; Ctrl-C ends.\n`);
  lines.on('SIGINT', () => {
    code = exitCodes.interrupted;
    print(output, '\n');
    ending.abort(new Error('stopped on request'));
  });
  all.addEventListener('abort', () => lines.close(), { once: true });
  const act = consoleCommands(device, {
    invitation,
    clock,
    ...(endOf === undefined ? {} : { endOf }),
    stop: () => ending.abort(new Error('quit')),
    wasSaid: (error) => said.has(error),
  });
  const prompt = () => {
    if (input.isTTY) lines.prompt();
  };
  prompt();
  for await (const line of lines) {
    const [word = '', ...rest] = line.trim().split(/\s+/);
    const answer = word === '' ? '' : await act(word, rest, all);
    if (answer !== '') say(answer);
    if (all.aborted) break;
    prompt();
  }
  if (stay && !all.aborted) await new Promise<void>((resolve) => onAbort(all, resolve));
  forget();
  ending.abort(new Error('end of input'));
  await living;
  return code;
}

function withHint(event: DeviceEvent, explain: NonNullable<Conversation['explain']>): DeviceEvent {
  if (event.type !== 'failed' || (event.during !== 'enroll' && event.during !== 'check-in')) return event;
  return { ...event, error: explain(event.error, event.during) };
}
