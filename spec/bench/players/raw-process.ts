import { Socket } from 'node:net';
import { FrameReader, framed } from '../../../lib/core/frame-codec.js';
import { answerText } from './raw-answer.js';

/* A worker process of `raw-frames`: node raw-process.js WORK, with its channel on file descriptor 3. */
const work = process.argv[2] ?? '';
const channel = new Socket({ fd: 3 });
const reader = new FrameReader();
channel.on('data', (chunk) => {
  for (const text of reader.push(chunk)) channel.write(framed(answerText(work, text)));
});
channel.on('end', () => process.exit(0));
