import type { Clock } from '../../base/clock.js';
import { shortDuration } from '../../base/duration.js';
import { hasColours } from '../../base/terminal.js';
import type { LogEvent } from '../log/events.js';
import { type ScreenLine, type ScreenOutput, ScreenRegion } from './screen.js';
import { type PhaseProgress, type StepProgress, Tracker } from './tracker.js';

interface ViewOptions {
  readonly output: ScreenOutput;
  /** Real. */
  readonly clock: Clock;
  readonly isQuiet?: boolean;
  /** `live`: some lines that are drawn anew. `plain`: lines now and then. Default: as the output and the environment are. */
  readonly style?: 'live' | 'plain';
  readonly env?: NodeJS.ProcessEnv;
}

/** Shows how far a run is, by its events. */
interface View {
  hear(event: LogEvent): void;
  /** A line that stays. */
  note(text: string): void;
  /** Takes away what is drawn and stops: what follows stands on lines of its own. */
  settle(): void;
}

/** Five pictures a second at most; without news one each second, for the time. */
const drawEveryMs = 200;
const idleEveryMs = 1000;
const barWidth = 20;

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== 'false';

/** Drawing anew takes a terminal that can, and a person before it; CI wants few lines. */
const styleOf = ({ isTTY }: ScreenOutput, env: NodeJS.ProcessEnv): 'live' | 'plain' =>
  isTTY === true && env['TERM'] !== 'dumb' && !isSet(env['CI']) ? 'live' : 'plain';

/** Opens the view of one run. */
export function openView({ output, clock, isQuiet = false, env = process.env, ...given }: ViewOptions): View {
  if (isQuiet) return { hear: () => undefined, note: () => undefined, settle: () => undefined };
  const style = given.style ?? styleOf(output, env);
  const everyMs = style === 'live' ? drawEveryMs : isSet(env['CI']) ? 10_000 : 3_000;
  return new RunView(new ScreenRegion(output, hasColours(output, env)), clock, style === 'live', everyMs);
}

class RunView implements View {
  readonly #tracker = new Tracker();
  readonly #began: number;
  #lastAt: number;
  #cancel: (() => void) | undefined;
  #preparing: string | undefined;
  #isSettled = false;

  readonly #screen: ScreenRegion;
  readonly #clock: Clock;
  readonly #isLive: boolean;
  readonly #everyMs: number;

  constructor(screen: ScreenRegion, clock: Clock, isLive: boolean, everyMs: number) {
    this.#screen = screen;
    this.#clock = clock;
    this.#isLive = isLive;
    this.#everyMs = everyMs;
    this.#began = clock.now();
    this.#lastAt = isLive ? Number.NEGATIVE_INFINITY : clock.now();
  }

  hear(event: LogEvent): void {
    if (this.#isSettled) return;
    const before = event.type === 'phase' && event.event === 'ended' ? this.#progress() : undefined;
    this.#tracker.hear(event, this.#clock.now());
    if (before !== undefined) this.#say(this.#ended(before));
    if (event.type === 'preparing') this.#preparing = `${event.what} ${event.done}/${event.total}`;
    if (event.type === 'phase') this.#preparing = undefined;
    if (event.type === 'note') this.note(event.text);
    if (event.type === 'lost')
      this.#say([{ text: `engine ${event.shard + 1} is lost: ${event.why}`, colour: 'yellow' }]);
    if (event.type === 'end') this.settle();
    else this.#look();
  }

  note(text: string): void {
    this.#say(text.split('\n').map((each) => ({ text: each })));
  }

  settle(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#isSettled = true;
    this.#screen.clear();
  }

  #say(lines: readonly ScreenLine[]): void {
    this.#screen.say(lines);
    if (!this.#isSettled && this.#isLive) this.#screen.draw(this.#picture());
  }

  /** Draws now, or as soon as it may. */
  #look(): void {
    const wait = this.#lastAt + this.#everyMs - this.#clock.now();
    this.#cancel?.();
    this.#cancel = this.#clock.after(wait > 0 ? wait : idleOf(this.#isLive, this.#everyMs), () => this.#look());
    if (wait > 0) return;
    this.#lastAt = this.#clock.now();
    if (this.#isLive) this.#screen.draw(this.#picture());
    else this.#screen.say(this.#lines());
  }

  #progress(): PhaseProgress | undefined {
    return this.#tracker.progress(this.#clock.now());
  }

  #time(): string {
    return shortDuration(this.#clock.now() - this.#began).padStart(7);
  }

  /** The lines that are drawn anew. */
  #picture(): ScreenLine[] {
    const phase = this.#progress();
    if (phase === undefined || this.#preparing !== undefined)
      return [{ text: `${this.#time()}  ${this.#preparing ?? 'begins'}` }];
    const { loopP99Ms, lateP99Ms, cpu } = this.#tracker.health;
    const late = phase.steps.reduce((sum, step) => sum + step.late, 0);
    const dropped = phase.steps.reduce((sum, step) => sum + step.dropped, 0);
    return [
      { text: [this.#time(), phase.name, bar(phase), ...timeOf(phase)].join('  ') },
      ...phase.steps.filter(isBegun).map((step) => lineOf(step, phase.steps)),
      {
        text: `         loop ${shortDuration(loopP99Ms)}  late ${shortDuration(lateP99Ms)}  CPU ${percent(cpu)}${counted(late, 'late')}${counted(dropped, 'dropped')}`,
        colour: loopP99Ms > 20 || lateP99Ms > 10 || cpu > 0.85 ? 'yellow' : 'grey',
      },
    ];
  }

  /** The same for what cannot be drawn anew. */
  #lines(): ScreenLine[] {
    const phase = this.#progress();
    if (phase === undefined || this.#preparing !== undefined)
      return this.#preparing === undefined ? [] : [{ text: `${this.#time()}  ${this.#preparing}` }];
    const head = [this.#time(), phase.name, ...timeOf(phase)].join('  ');
    const isAlone = phase.steps.length === 1 && phase.gone === undefined;
    const steps = phase.steps.filter(isBegun).map((step) => figuresOf(step).join('  '));
    if (isAlone) return [{ text: [this.#time(), phase.name, ...steps, ...timeOf(phase)].join('  ') }];
    return [{ text: head }, ...phase.steps.filter(isBegun).map((step) => lineOf(step, phase.steps))];
  }

  /** What stays of a phase that has ended. */
  #ended({ steps, realMs }: PhaseProgress): ScreenLine[] {
    return steps.map((step) => ({
      text: [
        this.#time(),
        step.name,
        ...figuresOf({ ...step, perSecond: (step.done * 1000) / Math.max(1, realMs) }),
      ].join('  '),
      ...(step.failed > 0 ? { colour: 'red' as const } : {}),
    }));
  }
}

const idleOf = (isLive: boolean, everyMs: number): number => (isLive ? idleEveryMs : everyMs);
const isBegun = ({ done, skipped, of }: StepProgress): boolean => done + skipped > 0 || of !== undefined;
const percent = (share: number): string => `${Math.round(100 * share)}%`;
const counted = (count: number, what: string): string => (count === 0 ? '' : `  ${count} ${what}`);

function bar({ gone, steps }: PhaseProgress): string {
  const total = steps.reduce((sum, step) => sum + (step.of ?? 0), 0);
  const done = steps.reduce(
    (sum, step) => sum + (step.of === undefined ? 0 : step.done + step.skipped + step.dropped),
    0,
  );
  const share = gone !== undefined ? gone.ms / gone.of : total === 0 ? 0 : done / total;
  return `[${'#'.repeat(Math.round(barWidth * Math.min(1, share))).padEnd(barWidth, '.')}]`;
}

function timeOf({ gone, leftMs }: PhaseProgress): string[] {
  return [
    ...(gone === undefined ? [] : [`${shortDuration(gone.ms)} of ${shortDuration(gone.of)}`]),
    ...(leftMs === undefined || leftMs < 500 ? [] : [`about ${roughly(leftMs)} left`]),
  ];
}

function figuresOf({ done, of, skipped, failed, perSecond, p95Ms }: StepProgress): string[] {
  return [
    of === undefined ? String(done) : `${done}/${of}`,
    ...(perSecond === undefined ? [] : [`${perSecond < 9.95 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`]),
    ...(p95Ms === undefined ? [] : [`p95 ${shortDuration(p95Ms)}`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(skipped === 0 ? [] : [`${skipped} skipped`]),
  ];
}

function lineOf(step: StepProgress, all: readonly StepProgress[]): ScreenLine {
  const width = Math.min(24, Math.max(...all.map(({ name }) => name.length)));
  return {
    text: `         ${step.name.padEnd(width)}  ${figuresOf(step).join('  ')}`,
    ...(step.failed > 0 ? { colour: 'red' as const } : {}),
  };
}

const roughly = (ms: number): string => (ms < 59_500 ? `${Math.round(ms / 1000)}s` : shortDuration(ms));
