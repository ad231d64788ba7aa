import { join } from 'node:path';
import { expect } from 'chai';
import { isConclaveError } from '../../lib/core/errors.js';
import { createCoalition } from '../../lib/index.js';
import { rejection } from '../lib/coalition/fakes.js';
import { collect, isolations, withFolder } from './coalitions.js';
import * as Agents from './garbling-agents.js';

const agents = new URL('./garbling-agents.js', import.meta.url);
const TASKS = 300;
const squares = Array.from({ length: TASKS }, (_, n) => n * n);
const hows = Object.keys(Agents.garbage) as (keyof typeof Agents.garbage)[];

describe('a worker whose channel is written to by its agents', function () {
  this.timeout(60_000);

  for (const isolation of ['process', 'thread'] as const) {
    it(`is replaced, and its tasks run again (${isolation})`, () =>
      withFolder(async (folder) => {
        await using coalition = await createCoalition<typeof Agents>({ agents, isolation, workers: 2 });
        const reasons: string[] = [];
        const faults: string[] = [];
        coalition.on('restart', ({ reason }) => reasons.push(reason));
        coalition.on('fault', ({ error }) => faults.push(String(error)));
        for (const [at, how] of hows.entries()) {
          const inputs = squares.map((_, n) => ({
            n,
            file: join(folder, `${at}`),
            ...(n === TASKS / 2 && { how }),
          }));
          expect(await collect(coalition.map('garble', inputs)), how).to.deep.equal(squares);
        }
        expect(reasons).to.have.lengthOf(hows.length);
        expect(faults).to.have.lengthOf(hows.length);
        for (const said of [...reasons, ...faults])
          expect(said).to.match(/worker-\d was ended\. What came is no frame of a worker: /);
      }));
  }
});

describe('a result that is not plain', function () {
  this.timeout(30_000);

  for (const isolation of isolations) {
    it(`fails its task alone, and says where it is not (${isolation})`, async () => {
      await using coalition = await createCoalition<typeof Agents>({ agents, isolation, workers: 2 });
      const inputs = squares.map((_, n) => ({ n, isOdd: n === 7 || n === 200 }));
      const options = { onError: 'yield', attempts: 1 } as const;
      const outcomes = await collect(coalition.map('odd', inputs, options));
      const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(failed.map(({ index }) => index)).to.deep.equal([7, 200]);
      for (const { error } of failed) {
        expectNotPlain(error);
      }
      const answered = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
      expect(answered).to.deep.equal(inputs.filter(({ isOdd }) => !isOdd).map(({ n }) => ({ n })));
      const alone = { attempts: 1 };
      const input = { n: 1, isOdd: true };
      expectNotPlain(await rejection(collect(coalition.map('odd', [input], alone))));
      expectNotPlain(await rejection((await coalition.submit('odd', input, alone)).result()));
      const [task] = await coalition.submitAll('odd', [input], alone);
      expectNotPlain(await rejection(task?.result() ?? Promise.resolve()));
    });
  }
});

function expectNotPlain(error: Error): void {
  expect(isConclaveError(error, 'HandlerFailed'), String(error)).to.equal(true);
  expect(error.message).to.include('result.n[1].deep is a function');
  expect(error.cause).to.have.property('code', 'NotSerializable');
}
