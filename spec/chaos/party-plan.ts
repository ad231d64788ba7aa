import { join } from 'node:path';

/** Which broker, and where it is. */
export type BrokerPlace =
  | { readonly kind: 'memory' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'redis'; readonly url: string; readonly tenant: string };

/** What one process of a round does. */
export interface PartyPlan {
  /** Its own in the round, and in the journals: the party and which of its lives it is. */
  readonly name: string;
  /** Where the journals of the round are, and the notes by which it is told what to do. */
  readonly folder: string;
  readonly broker: BrokerPlace;
  readonly queue: string;
  /** Producers and consumers in it, each one call at a time. */
  readonly producers: number;
  readonly consumers: number;
  readonly leaseMs: number;
  readonly seed: number;
}

export const journalOf = ({ folder, name }: PartyPlan): string => join(folder, `${name}.journal`);

/** A note that a party leaves when it has done all that it was there for. */
export const doneNoteOf = ({ folder, name }: PartyPlan): string => join(folder, `${name}.done`);

/** Notes that tell all parties of a round what is next: files, as they outlive whoever is killed meanwhile. */
export const stopProducingNote = (folder: string): string => join(folder, 'stop-producing');
export const drainNote = (folder: string): string => join(folder, 'drain');
