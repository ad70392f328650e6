// The tree engine: carries out the commands of one message. It knows no CSP by name: trees are data, meanings are modules'.
import type { SyncMlCommand } from '../../../../protocol/syncml/message.js';
import type { Ports } from '../../../model/ports.js';
import type { Apply, DeviceView } from '../../driver.js';
import type { CspModule, Effect, Refusal } from '../csp/module.js';
import type { WindowsMemory } from '../memory.js';
import type { Work } from '../saved.js';
import type { CommandAnswer } from './answers.js';
import { type TreeBehaviour, windowsBehaviour } from './behaviour.js';
import { TreeDraft } from './draft.js';
import { type ModuleIndex, moduleIndexOf } from './modules.js';
import { ProfileNames } from './profile-names.js';
import { Run } from './run.js';
import { type Bench, Transaction } from './transaction.js';
import { Tree } from './tree.js';
import type { TreeSchema } from './tree-schema.js';

interface EngineSetup {
  readonly device: DeviceView;
  readonly ports: Ports;
  readonly memory: WindowsMemory;
  readonly apply: Apply;
  readonly signal: AbortSignal;
  readonly schema: TreeSchema;
  readonly modules: readonly CspModule[];
  /** Default: `windowsBehaviour`. */
  readonly behaviour?: TreeBehaviour;
}

export type { CommandAnswer, ItemStatus } from './answers.js';
export { openTree } from './tree.js';

export interface EngineReport {
  /** In the order in which they are sent: an Atomic or Sequence before its members. */
  readonly answers: readonly CommandAnswer[];
  /** What is to be done once the answers are sent; what the device did at once is not among it. */
  readonly effects: readonly Effect[];
}

/** Carries out messages of one device, one after the other. Made anew for each session. */
export class CspEngine {
  readonly #setup: EngineSetup;
  readonly #modules: ModuleIndex;
  readonly #behaviour: TreeBehaviour;

  /** Throws a TypeError for a module about what no tree has. */
  constructor(setup: EngineSetup) {
    this.#setup = setup;
    this.#modules = moduleIndexOf(setup.schema, setup.modules);
    this.#behaviour = setup.behaviour ?? windowsBehaviour;
  }

  /**
   * The commands of one message in their order; Status and Results are passed over. Whatever it may be told, it answers; it throws
   * what `apply` throws, and where the signal is aborted: what was done by then stands, and the memory says so.
   */
  async run(commands: readonly SyncMlCommand[]): Promise<EngineReport> {
    let changes = 0;
    const counted: Apply = (command, whose) => {
      changes++;
      return this.#setup.apply(command, whose);
    };
    const run = new Run({ ...this.#bench(), apply: counted }, this.#behaviour);
    const answers: CommandAnswer[] = [];
    try {
      for (const command of commands) {
        const before = changes;
        const [first, ...members] = await run.command(command);
        if (first !== undefined) answers.push(changing(first, changes - before));
        answers.push(...members.map((each) => changing(each, 0)));
      }
    } finally {
      keep(run.bench);
    }
    return { answers, effects: run.effects };
  }

  /**
   * Does work of a module that came due, as one: profiles follow the nodes that it wrote. Throws what the module throws, after
   * taking all of it back; a Refusal of a profile takes the work back too, and is given back.
   */
  async work(work: Work): Promise<{ readonly effects: readonly Effect[] } | Refusal> {
    const bench = this.#bench();
    const transaction = new Transaction(bench);
    try {
      await this.#modules.at(work.module, this.#setup.schema)?.work?.(work, transaction.context);
    } catch (error) {
      await transaction.rollBack();
      throw error;
    }
    const outcome = await transaction.commit();
    if ('status' in outcome) return outcome;
    keep(bench);
    return { effects: outcome };
  }

  #bench(): Bench {
    const { device, ports, memory, apply, signal, schema } = this.#setup;
    const tree = new Tree(schema, new TreeDraft(memory.data.tree));
    return { device, ports, memory, apply, signal, tree, modules: this.#modules, names: new ProfileNames() };
  }
}

/** Says in what is told how much it changed: a message's commands are told of together, when all is saved. */
const changing = (answer: CommandAnswer, changes: number): CommandAnswer => ({
  ...answer,
  told: { ...answer.told, changed: changes },
});

function keep({ memory, tree }: Bench): void {
  const nodes = tree.draft.flush();
  if (nodes !== memory.data.tree) memory.change({ tree: nodes });
}
