import { readFileSync } from 'node:fs';

const CONTRACT = new URL('../../../../lib/brokers/contract.ts', import.meta.url);

/** What says what a broker promises; the other interfaces name what is handed over. */
const INTERFACES = ['Broker', 'AnswerShelf', 'BrokerCapabilities', 'QueueDepth', 'CloseReport'];

/** The sentences of the broker contract: of the docs of these interfaces and of their members. */
export function contractSentences(): string[] {
  const source = readFileSync(CONTRACT, 'utf8');
  return INTERFACES.flatMap((name) => docsOf(source, name)).flatMap(sentencesOf);
}

function docsOf(source: string, name: string): string[] {
  const from = source.indexOf(`export interface ${name} {`);
  const to = source.indexOf('\n}', from);
  const heading = source.slice(source.lastIndexOf('/**', from), from);
  return [heading, ...source.slice(from, to).split('/**').slice(1)].map((doc) => doc.split('*/')[0] ?? '');
}

function sentencesOf(doc: string): string[] {
  const text = doc
    .replace('/**', '')
    .replaceAll(/^\s*\* ?/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return text.split(/(?<=\.)\s+(?=[A-Z`-])/).map((sentence) => sentence.replace(/^- /, ''));
}
