import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { FrameReader, framed } from '../../../lib/core/frame-codec.js';
import { expectSame, type Play, perSecond } from '../play.js';
import { expectAnswers, payloadsOf, type Work, works } from './payloads.js';
import { partsOf } from './work.js';

/*
 * The least that anybody could do to have objects worked on by two workers: arrays of 256 as JSON over the channels that
 * Conclave uses, some frames ahead, and nothing kept of any task.
 */

interface RawSetting {
  readonly work: Work['agent'];
  readonly tasks: number;
}

/** A worker with a channel of texts. */
interface RawWorker {
  send(text: string): void;
  /** Where its answers go. */
  onText(listener: (text: string) => void): void;
  end(): void;
}

const WORKERS = 2;
const TASKS_PER_FRAME = 256;
const FRAMES_AHEAD = 4;
const CHANNEL_FD = 3;
const entry = (file: string) => new URL(file, import.meta.url);

function startProcess(work: string): RawWorker {
  const child = spawn(process.execPath, [entry('./raw-process.js').pathname, work], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const channel = child.stdio[CHANNEL_FD];
  if (!(channel instanceof Duplex)) throw new Error('the process has no channel');
  const reader = new FrameReader();
  return {
    send: (text) => channel.write(framed(text)),
    onText: (listener) => {
      channel.removeAllListeners('data').on('data', (chunk: Buffer) => {
        for (const text of reader.push(chunk)) listener(text);
      });
    },
    end: () => channel.end(),
  };
}

function startThread(work: string): RawWorker {
  const thread = new Worker(entry('./raw-thread.js'), { workerData: work });
  return {
    send: (text) => thread.postMessage(text),
    onText: (listener) => void thread.removeAllListeners('message').on('message', listener),
    end: () => thread.postMessage(null),
  };
}

/** Hands a frame to whichever worker has answered one; the answers in the order of the frames. */
function played(workers: readonly RawWorker[], frames: readonly unknown[][]): Promise<unknown[][]> {
  const answers: unknown[][] = Array.from({ length: frames.length }, () => []);
  let sent = 0;
  let answered = 0;
  return new Promise((resolve) => {
    for (const worker of workers) {
      const waiting: number[] = [];
      const next = () => {
        if (sent === frames.length) return;
        waiting.push(sent);
        worker.send(JSON.stringify(frames[sent]));
        sent += 1;
      };
      worker.onText((text) => {
        const at = waiting.shift() ?? 0;
        answers[at] = JSON.parse(text);
        answered += 1;
        next();
        if (answered === frames.length) resolve(answers);
      });
      for (let ahead = 0; ahead < FRAMES_AHEAD; ahead += 1) next();
    }
  });
}

async function open(setting: RawSetting, start: (work: string) => RawWorker): Promise<Play> {
  const work = works[setting.work];
  const workers = Array.from({ length: WORKERS }, () => start(setting.work));
  return {
    round: async () => {
      const frames = partsOf(payloadsOf(work, setting.tasks), TASKS_PER_FRAME);
      let answers: unknown[][] = [];
      const figure = await perSecond(setting.tasks, async () => {
        answers = await played(workers, frames);
      });
      expectSame('frames', answers.length, frames.length);
      expectAnswers(work, answers.flat(), setting.tasks);
      return figure;
    },
    close: async () => {
      for (const worker of workers) worker.end();
    },
  };
}

export const plays = {
  process: (setting: RawSetting): Promise<Play> => open(setting, startProcess),
  thread: (setting: RawSetting): Promise<Play> => open(setting, startThread),
};
