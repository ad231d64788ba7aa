import { expect } from 'chai';
import fc from 'fast-check';
import { SubmittedTask } from '../../../../lib/coalition/tasks/submitted-task.js';
import { type RegistryLimits, TaskRegistry } from '../../../../lib/coalition/tasks/task-registry.js';
import { encode } from '../../../../lib/core/value.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { limitsOf, rejection } from '../fakes.js';

function bench(limits: Partial<RegistryLimits> = {}) {
  const clock = new ManualClock();
  const registry = new TaskRegistry(clock, limitsOf(limits));
  const desk = {
    clock,
    durable: false,
    idOf: String,
    isRunning: () => false,
    cancel: () => 0,
    ended: (task: SubmittedTask) => registry.keep(task),
  };
  const pending = (id: string) => new SubmittedTask(1, id, 'square', desk);
  /** A task that ends with so many bytes. */
  const end = (id: string, bytes = 1) => {
    const task = pending(id);
    task.answered(1, encode('x'.repeat(bytes - 2)));
    return task;
  };
  const ofNumber = (id: string) => {
    const task = pending(id);
    task.answered(1, encode(1));
    return task;
  };
  return { clock, registry, pending, end, ofNumber };
}

describe('task registry', () => {
  it('keeps what ended for resultTtlMs, and not a millisecond more', async () => {
    const { clock, registry, ofNumber } = bench({ resultTtlMs: 100 });
    const task = ofNumber('a');
    await clock.advance(99);
    expect(registry.find('a')).to.equal(task);
    await clock.advance(1);
    expect(registry.find('a')).to.equal(undefined);
    expect(clock.pending).to.equal(0);
  });

  it('keeps resultsMax results, the oldest out first', () => {
    const { registry, ofNumber } = bench({ resultsMax: 2 });
    for (const id of ['a', 'b']) ofNumber(id);
    expect([registry.find('a')?.id, registry.find('b')?.id]).to.deep.equal(['a', 'b']);
    ofNumber('c');
    expect(['a', 'b', 'c'].map((id) => registry.find(id)?.id)).to.deep.equal([undefined, 'b', 'c']);
  });

  it('keeps resultBytesMax of results, the oldest out first, also one that is larger by itself', () => {
    const { registry, end } = bench({ resultBytesMax: 20 });
    for (const id of ['a', 'b']) end(id, 10);
    expect(registry.find('a')?.id).to.equal('a');
    end('c', 3);
    expect(['a', 'b', 'c'].map((id) => registry.find(id)?.id)).to.deep.equal([undefined, 'b', 'c']);
    end('large', 21);
    expect(['b', 'c', 'large'].map((id) => registry.find(id))).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
    expect(end('d', 20)).to.equal(registry.find('d'));
  });

  it('knows a pending task by its own id only, and never two at once', async () => {
    const { registry, pending } = bench();
    const task = pending('mine');
    let submits = 0;
    const submit = async () => {
      submits += 1;
      return task;
    };
    const both = await Promise.all([registry.once('mine', submit), registry.once('mine', submit)]);
    expect(both).to.deep.equal([task, task]);
    expect([submits, registry.find('mine')]).to.deep.equal([1, task]);
    task.answered(1, encode(1));
    expect(await registry.once('mine', submit)).to.equal(task);
    expect(submits).to.equal(1);
  });

  it('gives a pending task again however old, and an ended one within the dedupe window', async () => {
    const { clock, registry, pending } = bench({ dedupeWindowMs: 100 });
    const first = pending('mine');
    await registry.once('mine', async () => first);
    await clock.advance(1_000);
    expect(await registry.once('mine', async () => pending('mine'))).to.equal(first);
    first.answered(1, encode(1));
    expect(registry.find('mine'), 'still kept').to.equal(first);
    const second = pending('mine');
    expect(await registry.once('mine', async () => second)).to.equal(second);
    expect(registry.find('mine')).to.equal(second);
    second.answered(1, encode(2));
    await clock.advance(100);
    expect(await registry.once('mine', async () => pending('mine'))).to.equal(second);
  });

  it('asks the broker again for an id whose result is gone', async () => {
    const { registry, pending, ofNumber } = bench({ resultsMax: 1 });
    const first = pending('mine');
    await registry.once('mine', async () => first);
    first.answered(1, encode(1));
    ofNumber('other');
    const asked = rejection(registry.once('mine', () => Promise.reject(new Error('duplicate'))));
    expect(await asked).to.include({ message: 'duplicate' });
  });

  it('forgets a submit that failed, and a task that went before its submit was through', async () => {
    const { registry, pending, end } = bench({ resultBytesMax: 5 });
    const failed = registry.once('a', () => Promise.reject(new Error('full')));
    expect(await rejection(failed)).to.include({ message: 'full' });
    const task = pending('a');
    expect(await registry.once('a', async () => task)).to.equal(task);
    const large = registry.once('b', async () => end('b', 6));
    await large;
    expect(registry.find('b')).to.equal(undefined);
    const again = pending('b');
    expect(await registry.once('b', async () => again)).to.equal(again);
  });

  it('never keeps more than its bounds, and always the latest that fit', () => {
    const step = fc.record({ bytes: fc.integer({ min: 2, max: 12 }), afterMs: fc.nat(20), id: fc.nat(30) });
    const check = async (steps: readonly { bytes: number; afterMs: number; id: number }[]) => {
      const limits = { resultTtlMs: 60, resultsMax: 5, resultBytesMax: 30 };
      const { clock, registry, end } = bench(limits);
      let kept: { id: string; bytes: number; atMs: number; task: SubmittedTask }[] = [];
      for (const { bytes, afterMs, id } of steps) {
        await clock.advance(afterMs);
        const task = end(`${id}`, bytes);
        kept = kept.filter((one) => one.id !== task.id);
        kept.push({ id: task.id, bytes, atMs: clock.nowMs(), task });
        const sum = () => kept.reduce((bytesOf, one) => bytesOf + one.bytes, 0);
        const isOld = () => clock.nowMs() - (kept[0]?.atMs ?? clock.nowMs()) >= 60;
        while (kept.length > 5 || sum() > 30 || isOld()) kept.shift();
        const expected = new Map(kept.map((one) => [one.id, one.task]));
        for (let at = 0; at <= 30; at += 1)
          expect(registry.find(`${at}`), `${at}`).to.equal(expected.get(`${at}`));
      }
    };
    return fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), check), { numRuns: 100 });
  });
});
