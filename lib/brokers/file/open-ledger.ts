import type Libsql from 'libsql';
import type { Clock } from '../../core/clock.js';
import type { Limits } from '../../core/limits.js';
import type { MakeQueue } from '../memory.js';
import { GroupCommit } from './group-commit.js';
import { LedgerFile } from './ledger-file.js';
import { LedgerKeeper } from './ledger-keeper.js';

/** A ledger that is open. */
export interface OpenLedger {
  readonly name: string;
  readonly keeper: LedgerKeeper;
  readonly commits: GroupCommit;
}

/** Opens a ledger and reads it. @throws as `FileBroker.open`. */
export function openLedger(
  driver: typeof Libsql,
  path: string,
  nameOf: (absolute: string) => string,
  clock: Clock,
  limits: Limits,
  makeQueue: MakeQueue,
): OpenLedger {
  const { file, name } = LedgerFile.open(driver, path, nameOf);
  try {
    const keeper = new LedgerKeeper(file, name, clock, limits, makeQueue);
    return { name, keeper, commits: new GroupCommit(clock, keeper) };
  } catch (thrown) {
    file.close();
    throw thrown;
  }
}
