import { expect } from 'chai';
import { createAnnouncer } from '../../../lib/coalition/events.js';

describe('coalition events', () => {
  it('makes a fault of a listener that throws, and hurts nobody else', () => {
    const announcer = createAnnouncer();
    const heard: unknown[] = [];
    announcer.on('restart', () => {
      throw new Error('listener');
    });
    announcer.on('restart', ({ actor }) => heard.push(actor));
    announcer.on('fault', ({ error }) => heard.push((error as Error).message));
    announcer.emit('restart', { actor: 'worker-1', reason: 'spec' });
    expect(heard).to.have.members(['worker-1', 'listener']);
  });

  it('tells the console alone of a listener of faults that throws', () => {
    const announcer = createAnnouncer();
    const written: unknown[] = [];
    const { error } = console;
    console.error = (...parts) => written.push(parts);
    try {
      announcer.on('fault', () => {
        throw new Error('worse');
      });
      announcer.emit('fault', { source: 'spec', error: new Error('bad') });
    } finally {
      console.error = error;
    }
    expect(written.flat(2).map(String).join()).to.contain('worse');
  });

  it('knows whether anybody listens, and for how long', () => {
    const announcer = createAnnouncer();
    expect(announcer.isHeard('task')).to.equal(false);
    const subscription = announcer.on('task', () => {});
    expect(announcer.isHeard('task')).to.equal(true);
    subscription.unsubscribe();
    expect(announcer.isHeard('task')).to.equal(false);
  });
});
