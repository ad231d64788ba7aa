import type { Clock } from '../core/clock.js';
import type { Io } from './io.js';

/** Takes away what stands on the terminal's line, a bar or an echoed `^C`. */
export const WIPE_LINE = '\r\u001b[K';

const REDRAW_MS = 80;
const BAR_WIDTH_MAX = 40;

/** A bar on the terminal that says how far a long command is. */
export interface Progress {
  /** `done` of `total`, both counts, the one under way as a fraction; `note` says what is going on. Cheap to call often: it draws 12 times a second. */
  update(done: number, total: number, note: string): void;
  /** Wipes the bar away for good; results follow. */
  stop(): void;
}

/**
 * A progress bar on stderr where that is a terminal; nothing elsewhere. It is drawn here and not by a prompt
 * library because those read the keyboard in raw mode while they draw, which takes Ctrl-C away from the command.
 *
 *     ━━━━━━━━━━━━──────────── 12/24 searcher
 */
export function createProgress(io: Io, clock: Clock): Progress {
  if (!io.isTerminal) return { update: () => undefined, stop: () => undefined };
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  let visible = false;
  let stopped = false;
  return {
    update: (done, total, note) => {
      if (stopped) return; // tasks that end while the command drains
      if (clock.nowMs() - drawnAtMs < REDRAW_MS && done < total) return;
      drawnAtMs = clock.nowMs();
      visible = true;
      io.stderr(`\r${drawBar(done, total, note, io.columns())}\u001b[K`);
    },
    stop: () => {
      if (visible) io.stderr(WIPE_LINE);
      visible = false;
      stopped = true;
    },
  };
}

/* A line as wide as the terminal would wrap and leave its first half behind. */
function drawBar(done: number, total: number, note: string, columns: number): string {
  const width = Math.min(BAR_WIDTH_MAX, Math.max(0, Math.floor(columns / 2)));
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
  const filled = Math.round(width * share);
  const bar = '━'.repeat(filled) + '─'.repeat(width - filled);
  return `${bar} ${Math.floor(done)}/${total} ${note}`.slice(0, Math.max(0, columns - 1));
}
