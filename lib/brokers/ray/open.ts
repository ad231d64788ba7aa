import type { Clock } from '../../core/clock.js';
import { ConclaveError } from '../../core/errors.js';
import type { Ids } from '../../core/ids.js';
import type { Limits } from '../../core/limits.js';
import { type RayAddress, rayAddressText } from '../../ray/address.js';
import { RayBridge } from '../../ray/bridge.js';
import type { Broker } from '../contract.js';
import { FileBroker } from '../file.js';
import type { MakeQueue } from '../memory.js';
import { type BridgeKeeper, RestartedBridge } from './bridge-keeper.js';
import { RayFront } from './ray-front.js';
import { StagedMemoryBroker } from './staged-memory-broker.js';
import { RAY_TIMINGS, type RayTimings } from './timings.js';
import { parseRayUrl } from './url.js';

/** What a Ray broker is opened with, each of them checked. */
export interface RayOpening {
  readonly tenant: string;
  readonly ledger: string | undefined;
  readonly durable: boolean;
  readonly python: string | undefined;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly limits: Limits;
}

/** Where a broker's queues are, and who calls them. */
export interface RayPlace {
  /** What messages to people call it. */
  readonly name: string;
  readonly keeper: BridgeKeeper;
  readonly timings: RayTimings;
  /** Whether queues outlive the bridge. */
  readonly outlives: boolean;
}

/**
 * The Ray broker of that word.
 * @throws `InvalidOption`, `DriverMissing`, `BrokerUnavailable`, `Timeout` (as rejections).
 */
export async function openRay(word: string, opening: RayOpening): Promise<RayFront> {
  const { address, ledger = opening.ledger } = parseRayUrl(word);
  if (opening.durable && ledger === undefined) throw notDurable();
  const { python, clock } = opening;
  const keeper = new RestartedBridge(() => RayBridge.start({ address, python, clock }));
  await keeper.get();
  const outlives = address.kind !== 'local';
  try {
    return await openRayOn(
      { name: nameOf(address), keeper, timings: RAY_TIMINGS, outlives },
      { ...opening, ledger },
    );
  } catch (error) {
    await keeper.close();
    throw error;
  }
}

/** A Ray broker on bridges that are there. @throws what opening the ledger does (as rejections). */
export function openRayOn(
  place: RayPlace,
  { tenant, ledger, clock, ids, limits }: RayOpening,
): Promise<RayFront> {
  const options = { clock, limits, name: place.name };
  const openBehind = async (makeQueue: MakeQueue): Promise<Broker> =>
    ledger === undefined
      ? new StagedMemoryBroker(options, makeQueue)
      : FileBroker.openOn(makeQueue, ledger, options);
  return RayFront.open({
    ...place,
    tenant,
    session: ids.next('ray'),
    replays: ledger !== undefined,
    openBehind,
  });
}

function nameOf(address: RayAddress): string {
  const text = rayAddressText(address);
  return text.startsWith('ray://') ? text : `ray://${text}`;
}

function notDurable(): ConclaveError {
  const text =
    'durable: true needs a Ray broker with a ledger, because a Ray queue lives in the memory of an actor';
  return new ConclaveError('InvalidOption', `${text}. Name a file for it: 'ray://local?ledger=work.db'.`);
}
