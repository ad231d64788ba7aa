import type { Command, CommanderError } from 'commander';
import { type ErrorCode, isConclaveError } from '../core/errors.js';
import { oneLine } from './io.js';

/** Operating errors that say that the request was wrong, not that the work failed. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'AgentsNotLoaded',
  'DuplicateAgent',
  'DuplicateCandidate',
  'InvalidOption',
  'NoCandidates',
  'NotSerializable',
  'UnknownAgent',
]);

/** A request that cannot be carried out as it was put. One line: what was wrong, what is accepted. Exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(message: string) {
    super(oneLine(message));
  }
}

/** Whether an error is the caller's: the command exits 2, with the error's one line. */
export function isUsageError(error: unknown): error is Error {
  return error instanceof UsageError || (isConclaveError(error) && USAGE_CODES.has(error.code));
}

/** What commander refused, in one line with what that command accepts. */
export function usageError(error: CommanderError, command: Command): UsageError {
  if (error.code === 'commander.help') return noCommand(command);
  const message = oneLine(error.message).replace(/^error: /, '');
  return new UsageError(`${withPeriod(message)} ${accepted(error.code, command)}`);
}

function noCommand(program: Command): UsageError {
  return new UsageError(`name a command. ${accepted('commander.unknownCommand', program)}`);
}

function accepted(code: string, command: Command): string {
  const help = command.createHelp();
  if (code === 'commander.unknownOption') {
    const flags = help.visibleOptions(command).map((option) => option.flags);
    return `Accepted: ${flags.join(', ')}.`;
  }
  if (code === 'commander.unknownCommand') {
    const names = help.visibleCommands(command).map((child) => child.name());
    return `Accepted: ${names.join(', ')}.`;
  }
  return `Usage: ${help.commandUsage(command)}`;
}

function withPeriod(sentence: string): string {
  return /[.?!)]$/.test(sentence) ? sentence : `${sentence}.`;
}
