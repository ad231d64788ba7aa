import { parseAdapters } from '../core/adapters.js';
import type { Clock } from '../core/clock.js';
import { loadDriver } from '../core/driver.js';
import { type Limits, parseLimits } from '../core/limits.js';
import type { Envelope } from '../core/message.js';
import { optionsOf, text } from '../core/parse.js';
import { assertLasting, assertReceivable } from './admission.js';
import { BrokerClosing } from './closing.js';
import type {
  Acknowledgement,
  AnswerShelf,
  Broker,
  BrokerCapabilities,
  CloseReport,
  CloseRequest,
  DeadLetter,
  Delivery,
  PublishOutcome,
  QueueDepth,
  Receipt,
  ReceiveRequest,
  Refusal,
  RefusalOutcome,
  SettleOutcome,
} from './contract.js';
import type { GroupCommit } from './file/group-commit.js';
import type { LedgerKeeper } from './file/ledger-keeper.js';
import { type MakeQueue, makeMemoryQueue } from './memory.js';
import type { MemoryQueue } from './memory-queue.js';

/** How a ledger is opened; nothing need be given. */
export interface FileBrokerOptions {
  /** What leases, delays and waits are measured with (default: the machine's). */
  readonly clock?: Clock;
  /** Bounds other than those of `defaultLimits`. */
  readonly limits?: Partial<Limits>;
  /** What messages to people call it (default 'file:' and the path). */
  readonly name?: string;
}

const OPTIONS = ['clock', 'limits', 'name'] satisfies (keyof FileBrokerOptions)[];

/**
 * The broker of one process with a ledger in a file: whatever a call has resolved to survives the death of the
 * process and of the machine's power (a write-ahead log of SQLite, synced at each commit; all that is asked for in one
 * turn of the event loop goes into one commit). The queues are in memory as well, a backlog included, so
 * `queueDepthMax` and `queueBytesMax` bound what this process takes.
 *
 * A ledger has one owner: a second broker on it, in this process or another, is refused. The files beside it that
 * begin with its name (`-wal`, `-shm`, `-lock`) belong to it.
 *
 * A call that cannot be made durable, as on a full disk, rejects with `BrokerUnavailable`: repeat it with the same
 * identity. What is out under a lease then comes back, and its tokens are stale.
 */
export class FileBroker implements Broker {
  readonly name: string;
  readonly capabilities: BrokerCapabilities;
  readonly answers: AnswerShelf;
  readonly #keeper: LedgerKeeper;
  readonly #commits: GroupCommit;
  readonly #closing: BrokerClosing;

  private constructor(
    name: string,
    keeper: LedgerKeeper,
    commits: GroupCommit,
    clock: Clock,
    payloadBytesMax: number,
  ) {
    this.name = name;
    this.#keeper = keeper;
    this.#commits = commits;
    this.capabilities = {
      durable: true,
      delivery: 'at-least-once',
      orderedByKey: true,
      delayed: true,
      priorities: true,
      payloadBytesMax,
      shared: false,
    };
    this.#closing = new BrokerClosing(clock, {
      name,
      held: () => keeper.queues.length,
      settled: () => keeper.queues.settled,
      end: () => this.#end(),
    });
    this.answers = {
      read: async (asker, request) => this.#shelf().read(asker, request),
      find: async (id) => this.#shelf().find(id),
    };
  }

  /**
   * Opens the ledger at a path, creating it if there is none; libsql is loaded here. What is in it is there when
   * this resolves: 0.1 to 0.2 s a 100,000 messages.
   * @throws `InvalidOption` for a path that cannot be one, `DriverMissing` where libsql is not installed, and
   * `BrokerUnavailable` for a ledger that has an owner, is not ours, damaged, of a newer release, or not to be written.
   */
  static open(path: string, options: FileBrokerOptions = {}): Promise<FileBroker> {
    return FileBroker.openOn(makeMemoryQueue, path, options);
  }

  /** @internal `open` for brokers that have their messages come through something else. */
  static async openOn(makeQueue: MakeQueue, path: string, options: FileBrokerOptions): Promise<FileBroker> {
    const { name, limits, ...adapters } = optionsOf(options, 'the options of FileBroker', OPTIONS);
    const { clock } = parseAdapters(adapters);
    const bounds = parseLimits(limits);
    const nameOf = (absolute: string) => (name === undefined ? `file:${absolute}` : text(name, 'name'));
    const file = text(path, 'the path of a ledger');
    const { default: Libsql } = await loadDriver('libsql', `broker 'file:${file}'`, () => import('libsql'));
    const { openLedger } = await import('./file/open-ledger.js');
    const ledger = openLedger(Libsql, file, nameOf, clock, bounds, makeQueue);
    return new FileBroker(ledger.name, ledger.keeper, ledger.commits, clock, bounds.payloadBytesMax);
  }

  async publish(queue: string, envelopes: readonly Envelope[]): Promise<readonly PublishOutcome[]> {
    if (this.#closing.hasBegun) throw this.#closing.refusal('publish');
    return this.#commits.ask(() => this.#keeper.queues.queue(queue).publish(envelopes));
  }

  async receive(queue: string, request: ReceiveRequest): Promise<readonly Delivery[]> {
    assertReceivable(request);
    return this.#open('receive', queue).receive(request);
  }

  async ack(queue: string, receipts: readonly Acknowledgement[]): Promise<readonly SettleOutcome[]> {
    return this.#settle('ack', () => this.#keeper.queues.queue(queue).ack(receipts));
  }

  async extend(
    queue: string,
    receipts: readonly Receipt[],
    leaseMs: number,
  ): Promise<readonly SettleOutcome[]> {
    assertLasting(leaseMs);
    return this.#open('extend', queue).extend(receipts, leaseMs);
  }

  async nack(queue: string, refusals: readonly Refusal[]): Promise<readonly RefusalOutcome[]> {
    return this.#settle('nack', () => this.#keeper.queues.queue(queue).nack(refusals));
  }

  async deadLetters(queue: string): Promise<readonly DeadLetter[]> {
    return this.#open('deadLetters', queue).deadLetters();
  }

  async depth(queue: string): Promise<QueueDepth> {
    return this.#open('depth', queue).depth();
  }

  async close(request: CloseRequest): Promise<CloseReport> {
    return this.#closing.close(request);
  }

  async purge(queues: readonly string[]): Promise<void> {
    await this.#settle('purge', () => {
      for (const queue of queues) this.#keeper.queues.purge(queue);
    });
  }

  async #settle<T>(operation: string, change: () => T): Promise<T> {
    if (this.#closing.hasEnded) throw this.#closing.refusal(operation);
    const outcome = await this.#commits.ask(change);
    this.#closing.endIfDrained();
    return outcome;
  }

  #open(operation: string, queue: string): MemoryQueue {
    if (this.#closing.hasEnded) throw this.#closing.refusal(operation);
    return this.#keeper.queues.queue(queue);
  }

  #shelf(): AnswerShelf {
    if (this.#closing.hasEnded) throw this.#closing.refusal('answers');
    return this.#keeper.queues.shelf;
  }

  /** What was asked for before the end is still done. */
  #end(): Omit<CloseReport, 'drained'> {
    try {
      this.#commits.flush();
      const { queues } = this.#keeper;
      queues.serve();
      queues.end();
      queues.shelf.end(() => this.#closing.refusal('answers'));
      return { returned: queues.length, abandoned: 0 };
    } finally {
      this.#keeper.close();
    }
  }
}
