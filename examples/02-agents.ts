// The agents of example 02: plain functions over plain values.
import { defineAgent } from 'conclave';

export const countWords = defineAgent({
  name: 'countWords',
  handle: ({ text }: { text: string }) => text.split(/\s+/).filter((word) => word !== '').length,
});

export const whereAmI = defineAgent({ name: 'whereAmI', handle: () => process.pid });
