import type { WorkerView } from './contract.js';

/**
 * Finds the worker at home with an ordering key: the same one as long as it lives and no worker joins. One that
 * leaves gives its keys to all others alike; one that joins takes an equal share of them from all; no other key moves.
 * Nothing is remembered: each worker has a weight for each key, and the heaviest is it.
 *
 * Source: rendezvous hashing, Thaler & Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998.
 */
export function createAffinity(workers: readonly WorkerView[]): (orderingKey: string) => number {
  const hashes = workers.map((worker) => hashText(worker.id));
  return (orderingKey) => {
    const key = hashText(orderingKey);
    let home = 0;
    let weightMax = -1;
    for (const [position, hash] of hashes.entries()) {
      const weight = mix(key ^ hash);
      if (weight <= weightMax) continue;
      home = position;
      weightMax = weight;
    }
    return home;
  };
}

/** 32 bits of a text. Source: FNV-1a by Fowler, Noll and Vo (public domain), over UTF-16 code units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mix(hash);
}

/** Spreads 32 bits evenly. Source: the finalizer of MurmurHash3 by Austin Appleby (public domain). */
function mix(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
