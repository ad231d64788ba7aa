import { expect } from 'chai';
import { bringServices } from './bringing.js';
import type { Service } from './service.js';

/** A service that is there once it was brought, unless it cannot be. */
function fakeService(options: { readonly here?: boolean; readonly broken?: boolean }) {
  let here = options.here === true;
  let brought = 0;
  const service: Service = {
    name: 'Thing',
    neededBy: 'the suite of things',
    find: () => (here ? 'there' : undefined),
    bring: () => {
      if (options.broken === true) throw new Error('no network');
      brought += 1;
      here = true;
    },
  };
  return { service, brought: () => brought };
}

function run(service: Service, isDemanded: boolean) {
  const lines: string[] = [];
  const mayGoOn = bringServices([service], isDemanded, (line) => lines.push(line));
  return { mayGoOn, lines };
}

describe('bringServices', () => {
  it('brings what is missing once, and says so', () => {
    const { service, brought } = fakeService({});
    expect(run(service, true)).to.deep.equal({
      mayGoOn: true,
      lines: ['Thing: bringing it into .services/ …', 'Thing: brought'],
    });
    expect(run(service, true)).to.deep.equal({ mayGoOn: true, lines: ['Thing: here already'] });
    expect(brought()).to.equal(1);
  });

  it('lets a person go on without, with one line of reason', () => {
    const { mayGoOn, lines } = run(fakeService({ broken: true }).service, false);
    expect(mayGoOn).to.equal(true);
    expect(lines.at(-1)).to.equal(
      'Thing: missing (no network); without it the suite of things cannot be tried',
    );
  });

  it('fails where a service is demanded', () => {
    expect(run(fakeService({ broken: true }).service, true).mayGoOn).to.equal(false);
  });
});
