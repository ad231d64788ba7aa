import { expect } from 'chai';
import { type CoalitionOptions, parseOptions } from '../../../lib/coalition/options.js';
import { ConclaveError } from '../../../lib/core/errors.js';
import { defaultLimits } from '../../../lib/core/limits.js';
import { wholeNumber } from '../../../lib/core/parse.js';
import { square } from './inline.js';

const agents = { square };
const module = new URL('file:///somewhere/agents.js');

describe('coalition options', () => {
  it('fills in what is left out', () => {
    const settings = parseOptions({ agents });
    expect(settings).to.include({
      concurrencyPerWorker: 1,
      isolation: 'inline',
      broker: 'memory',
      durable: false,
    });
    expect(settings).to.include({ store: 'memory' });
    expect(settings.workers).to.be.at.least(1);
    expect(settings.limits).to.deep.equal(defaultLimits);
    expect(settings.policy.name).to.equal('work-stealing');
    expect(settings.name).to.match(/^coalition-/);
    expect(parseOptions({ agents }).name).to.not.equal(settings.name);
    expect(parseOptions({ agents: module })).to.include({ isolation: 'process', agents: module.href });
    expect(parseOptions({ agents: module.href, limits: { leaseMs: 5 } }).limits).to.include({
      leaseMs: 5,
      attempts: 5,
    });
  });

  const wrong: readonly [string, object, RegExp][] = [
    ['agents', { agents: undefined }, /^agents must be a module .*, not undefined\.$/],
    ['agents', { agents: './agents.js' }, /^agents must be a module .*, not '\.\/agents\.js'\.$/],
    ['workers', { workers: 0 }, /^workers must be a whole number from 1 to 1024, not 0\.$/],
    ['workers', { workers: 2.5 }, /^workers .* not 2\.5\.$/],
    ['workers', { workers: '2' }, /^workers .* not '2'\.$/],
    ['workers', { workers: Number.NaN }, /^workers .* not NaN\.$/],
    [
      'concurrencyPerWorker',
      { concurrencyPerWorker: 10_001 },
      /^concurrencyPerWorker .* 10000, not 10001\.$/,
    ],
    ['isolation', { isolation: 'fork' }, /^isolation must be 'inline', .* or 'ray', not 'fork'\.$/],
    ['ray', { ray: { cpu: 1 } }, /^There is no option "cpu"; the options of ray are address, cpus, /],
    ['ray', { ray: [] }, /^the options of ray must be an object, not \.$/],
    [
      'ray.address',
      { ray: { address: 'local' } },
      /^ray\.address must be 'ray:\/\/local' or .*, not 'local'\.$/,
    ],
    ['ray.address', { ray: { address: 'ray://a/b' } }, /^ray\.address must be .*, not 'ray:\/\/a\/b'\.$/],
    ['ray.address', { ray: { address: 'ray://host:65536' } }, /^ray\.address must be .* not 'ray:/],
    ['ray.cpus', { ray: { cpus: -1 } }, /^ray\.cpus must be a number from 0 to 1024, not -1\.$/],
    [
      'ray.memoryBytes',
      { ray: { memoryBytes: 0.5 } },
      /^ray\.memoryBytes must be a whole number .*, not 0\.5\.$/,
    ],
    [
      'ray.resources',
      { ray: { resources: 'GPU' } },
      /^ray\.resources must be an object of amounts, not 'GPU'\.$/,
    ],
    [
      'ray.resources',
      { ray: { resources: { tpu: '1' } } },
      /^ray\.resources\.tpu must be a number .*, not '1'\.$/,
    ],
    ['ray.nodePath', { ray: { nodePath: '' } }, /^ray\.nodePath must be a text that is not empty, not ''\.$/],
    ['name', { name: 'a b' }, /^name must be 1 to 128 letters.*, not 'a b'\.$/],
    ['name', { name: '' }, /^name .* not ''\.$/],
    ['broker', { broker: 'redis' }, /^broker must be 'memory', 'file:PATH', .* or a Broker, not 'redis'\.$/],
    ['broker', { broker: 'file:' }, /^broker must be .*, not one that begins with 'file:'\.$/],
    ['broker', { broker: 'http://u:secret@host' }, /^broker must be (?!.*secret).*begins with 'http:'\.$/],
    ['broker', { broker: 'it/secret@host' }, /^broker must be (?!.*secret).*, not a text that is none/],
    [
      'name',
      { broker: 'redis://u:secret@host' },
      /^name must be given on the broker redis:\/\/: (?!.*secret)/,
    ],
    ['workers', { broker: 'file:work.db', workers: 0 }, /^workers must be a whole number from 1 /],
    ['schedule', { schedule: {} }, /^schedule must be 'round-robin', .* or a SchedulingPolicy .*, not /],
    ['schedule', { schedule: 'fifo' }, /^schedule must be .*, not 'fifo'\.$/],
    ['limits', { limits: { leaseMS: 1 } }, /^limits\.leaseMS must be one of .*leaseMs.*, not 1\.$/],
    ['limits', { limits: { leaseMs: 0 } }, /^limits\.leaseMs must be a whole number from 1 to \d+, not 0\.$/],
    ['limits', { limits: { leaseMs: '5' } }, /^limits\.leaseMs .* not '5'\.$/],
    ['limits', { limits: { queueDepthMax: 0.5 } }, /^limits\.queueDepthMax .* not 0\.5\.$/],
    ['limits', { limits: { toString: 5 } }, /^limits\.toString must be one of /],
    [
      'a word nobody knows',
      { wrokers: 3 },
      /^There is no option "wrokers"; the options of createCoalition are name, agents, /,
    ],
    ['broker', { broker: { publish: () => {} } }, /^broker must be /],
    ['store', { store: { append: () => {} } }, /^store must be /],
    ['durable', { durable: 'yes' }, /^durable must be true or false, not 'yes'\.$/],
    ['store', { store: 5 }, /^store must be 'memory', 'file:PATH' or a ClaimStore, not 5\.$/],
  ];
  for (const [field, given, message] of wrong) {
    it(`refuses ${field}: ${JSON.stringify(given)} in one line`, () => {
      expect(() => parseOptions({ agents, ...given } as CoalitionOptions))
        .to.throw(ConclaveError, message)
        .with.property('code', 'InvalidOption');
    });
  }

  it('calls a coalition after the file that its broker keeps, so that it is found again', () => {
    const nameOn = (broker: string) => parseOptions({ agents, broker }).name;
    expect(nameOn('file:work.db')).to.equal('work.db');
    expect(nameOn('file:/var/lib/my work.db')).to.equal('my-work.db');
    expect(nameOn('ray://local?ledger=work.db')).to.equal('work.db');
    expect(nameOn('ray://local')).to.match(/^coalition-/);
  });

  it('knows a coalition that nobody will come back to', () => {
    const isOneOff = (given: object, name?: string) => parseOptions({ agents, ...given }, name).isOneOff;
    expect([isOneOff({}), isOneOff({ name: 'a' }), isOneOff({ broker: 'file:a.db' })]).to.eql([
      true,
      false,
      false,
    ]);
    const named = { broker: 'redis://host', name: 'lasting' };
    expect([isOneOff({ broker: 'redis://host' }, 'one-off'), isOneOff(named, 'one-off')]).to.eql([
      true,
      false,
    ]);
    expect(parseOptions({ agents, broker: 'redis://host', name: 'a', workers: 0 }).workers).to.equal(0);
  });

  it('needs a module where a function cannot cross', () => {
    for (const [isolation, where] of [
      ['thread', 'thread'],
      ['process', 'process'],
      ['ray', 'worker on Ray'],
    ] as const)
      expect(() => parseOptions({ agents, isolation }))
        .to.throw(ConclaveError, new RegExp(`a function cannot cross into a ${where}\\.`))
        .with.property('code', 'AgentsNotLoaded');
  });

  it('takes a whole number within its bounds, both included', () => {
    for (const value of [1, 5, 9]) expect(wholeNumber('n', value, 1, 9)).to.equal(value);
    for (const value of [0, 10, 1.5, '5', null, Number.POSITIVE_INFINITY])
      expect(() => wholeNumber('n', value, 1, 9)).to.throw(
        ConclaveError,
        'n must be a whole number from 1 to 9',
      );
  });
});
