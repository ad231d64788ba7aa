import { type Agent, defineAgent, type QueryPayload } from '../coalition/define.js';
import { sleep, systemClock } from '../core/clock.js';
import { randomInteger, seededRandom } from '../core/random.js';

/*
 * The agents of `conclave coordinate`. How many there are, and what each does, stands in this module's own URL,
 * as that is all that reaches a worker before its first task:
 *     coordinate-agents.js?agents=3&claims=2&jitterMs=20&seed=7
 */
const request = new URL(import.meta.url).searchParams;
const numberOf = (name: string) => Number(request.get(name) ?? 0);
const [claims, jitterMs, seed] = [numberOf('claims'), numberOf('jitterMs'), numberOf('seed')];

/** `agents` agents; in each loop each makes `claims` claims and answers with its number. */
export const agents: readonly Agent<string, QueryPayload, number>[] = Array.from(
  { length: numberOf('agents') },
  (_, index) => coordinated(index + 1),
);

function coordinated(number: number): Agent<string, QueryPayload, number> {
  return defineAgent({
    name: `agent-${number}`,
    async handle({ loop }: QueryPayload, context) {
      const random = seededRandom(seed * 1_000_003 + loop * 1_009 + number);
      for (let claim = 1; claim <= claims; claim += 1) {
        if (jitterMs > 0) await sleep(systemClock, randomInteger(random, jitterMs), context.signal);
        context.claim({ text: `agent ${number} loop ${loop} claim ${claim}` });
      }
      return number;
    },
  });
}
