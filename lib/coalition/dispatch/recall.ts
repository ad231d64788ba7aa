import type { Delivery } from '../../brokers/contract.js';
import type { HostFrame } from '../../core/frame.js';
import type { WorkerSlot } from './worker-slot.js';

type RecallFrame = Extract<HostFrame, { readonly type: 'recall' }>;

/**
 * Asks a worker with tasks that it cannot have begun to give back half of them, those sent last: the one with most,
 * one recall at a time a worker. `isFree` says which may run elsewhere. Answers whether any was asked.
 */
export function recallFromBusiest(
  slots: Iterable<WorkerSlot>,
  isFree: (delivery: Delivery) => boolean,
): boolean {
  return [...slots]
    .filter(canRecallFrom)
    .sort((left, right) => unbegun(right) - unbegun(left))
    .some((slot) => recallFrom(slot, isFree));
}

/** Whether it holds tasks that can only wait there, and no recall of them is under way. */
export function canRecallFrom(slot: WorkerSlot): boolean {
  return slot.recalls === 0 && slot.isOpen && unbegun(slot) > 0;
}

function recallFrom(slot: WorkerSlot, isFree: (delivery: Delivery) => boolean): boolean {
  const frames = recallFrames(slot, isFree);
  for (const frame of frames) {
    slot.recalls += 1;
    slot.link.send(frame);
  }
  return frames.length > 0;
}

/** It runs in the order in which it was sent: all but the first few can only wait. */
function unbegun(slot: WorkerSlot): number {
  return slot.inFlight - slot.concurrency;
}

/** A frame a batch. */
function recallFrames(slot: WorkerSlot, isFree: (delivery: Delivery) => boolean): readonly RecallFrame[] {
  const free = slot.lastPlaces(unbegun(slot)).filter(({ delivery }) => isFree(delivery));
  const byBatch = new Map<number, number[]>();
  for (const { batch, at } of free.slice(0, Math.ceil(unbegun(slot) / 2))) {
    const places = byBatch.get(batch);
    if (places === undefined) byBatch.set(batch, [at]);
    else places.push(at);
  }
  return [...byBatch].map(([batch, at]) => ({ type: 'recall', batch, at }));
}
