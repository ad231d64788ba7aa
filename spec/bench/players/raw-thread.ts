import { parentPort, workerData } from 'node:worker_threads';
import { answerText } from './raw-answer.js';

/* A worker thread of `raw-frames`; null ends it. */
parentPort?.on('message', (text: string | null) => {
  if (text === null) parentPort?.close();
  else parentPort?.postMessage(answerText(String(workerData), text));
});
