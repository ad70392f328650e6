// No answer tells of a change before the change is on the disk.
import type { Stored } from './core/persistence.js';
import type { Route, StubAnswer } from './http-types.js';

/** From here on the answer is a refusal, whatever could be stored of it. */
const firstRefusal = 400;

/**
 * The routes, answering what changed something once that is stored; what changed nothing waits for no disk. A change that could
 * not be stored is STORE_UNWRITABLE in the place of the answer. A refusal that is remembered (an enrollment that failed) is
 * answered in any case. A handler that tells again of what was changed before says so (`toldAgain` in core/saver.ts), and waits too.
 *
 * A handler that waits for something else meanwhile may wait for another request's changes too.
 */
export function answeredWhenStored(routes: readonly Route[], store: Stored | undefined): readonly Route[] {
  if (store === undefined) return routes;
  return routes.map((route) => ({
    ...route,
    async handle(request) {
      const before = store.changes;
      const isChanged = () => store.changes !== before;
      let answer: StubAnswer;
      try {
        answer = await route.handle(request);
      } catch (error) {
        if (isChanged()) await store.durable().catch(() => {});
        throw error;
      }
      if (!isChanged()) return answer;
      await (answer.status < firstRefusal ? store.durable() : store.durable().catch(() => {}));
      return answer;
    },
  }));
}
