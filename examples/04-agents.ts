// The agent of example 04: work that takes a while, gives its thread back now and then, and stops when nobody wants it.
import { setTimeout as pause } from 'node:timers/promises';
import { defineAgent } from 'conclave';
import { z } from 'zod';

const SLICE = 10_000;

/** Counts the primes below a number; `pauseMs` after each ten thousand leaves the processor to others. */
export const countPrimes = defineAgent({
  name: 'countPrimes',
  // Any Standard Schema library will do: checked where a task is submitted, and again where it runs.
  input: z.object({
    below: z.int().min(0).max(10_000_000),
    pauseMs: z.int().min(0).max(1_000).default(0),
  }),
  async handle({ below, pauseMs }, { signal }) {
    let primes = 0;
    for (let n = 2; n < below; n += 1) {
      if (isPrime(n)) primes += 1;
      if (n % SLICE === 0) await pause(pauseMs, undefined, { signal });
    }
    return { below, primes };
  },
});

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor += 1) if (n % divisor === 0) return false;
  return true;
}
