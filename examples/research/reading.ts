import { type Deprecated, deprecatedIn, namesIn } from './deprecation.js';
import { plainText } from './sentences.js';
import { type Statement, statementsOf } from './statements.js';
import { termsOf } from './terms.js';

/** A sentence as the contrarian reads it: what it states, and the words its headings lend it. */
export interface Reading {
  readonly text: string;
  /** Read on demand: most sentences are told apart before. */
  readonly statements: readonly Statement[];
  /** What it says is gone, if anything. */
  readonly gone: Deprecated | undefined;
  /** Those written as code. */
  readonly names: readonly string[];
  /** The stems of the one named first, which is mostly what is spoken of. */
  readonly named: readonly string[];
  readonly stems: ReadonlySet<string>;
  readonly lent: ReadonlySet<string>;
  /** Its own stems and those lent. */
  readonly known: ReadonlySet<string>;
}

/** Reads a sentence for comparison. */
export function readSentence(quote: string, heading: string): Reading {
  const text = plainText(quote);
  const once: { readonly [Part in Exclude<keyof Reading, 'text'>]: () => Reading[Part] } = {
    statements: onDemand(() => statementsOf(text)),
    gone: onDemand(() => deprecatedIn(text)),
    names: onDemand(() => namesIn(quote)),
    named: onDemand(() => once.names().slice(0, 1).flatMap(termsOf)),
    lent: onDemand(() => new Set(termsOf(heading))),
    stems: onDemand(() => new Set(termsOf(text))),
    known: onDemand(() => new Set([...once.stems(), ...once.lent()])),
  };
  return {
    text,
    get stems() {
      return once.stems();
    },
    get known() {
      return once.known();
    },
    get statements() {
      return once.statements();
    },
    get gone() {
      return once.gone();
    },
    get names() {
      return once.names();
    },
    get named() {
      return once.named();
    },
    get lent() {
      return once.lent();
    },
  };
}

function onDemand<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
