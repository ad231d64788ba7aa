import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { isConclaveError } from '../../../lib/core/errors.js';
import { RayBridge } from '../../../lib/ray/bridge.js';
import { RayFault } from '../../../lib/ray/errors.js';
import { carryingMark, holdsWithin, killHard } from '../../scenarios/processes.js';
import { freePort } from '../../services/free-port.js';
import { needService } from '../../services/needs.js';
import { joinSharedRay, rayPython, sharedRay } from '../../services/ray.js';
import { ray } from '../../services/services.js';

const CALL_MS = 20_000;
/** Ray's own processes see the end of their node a few seconds after it. */
const GONE_MS = 15_000;
const STARTER = fileURLToPath(new URL('bridge-starter.js', import.meta.url));

/** What a promise is rejected with. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error) => error,
  );
}

function kindOf(error: unknown): unknown {
  return error instanceof RayFault ? [error.kind, error.code] : error;
}

describe('the Ray bridge', function () {
  this.timeout(60_000);

  before(async function () {
    needService(this, ray);
    await sharedRay();
  });

  it('carries bytes through a queue, and tells what it cannot do', async () => {
    const bridge = await sharedRay();
    const queue = 'bridge-spec';
    const call = (op: string, head: object = {}, parts: readonly Buffer[] = []) =>
      bridge.call({ op, head: { queue, ...head }, parts, deadlineMs: CALL_MS });
    await call('queue.open', { depthMax: 3, replace: true });
    const sent = [Buffer.from([0, 10, 255]), Buffer.from(''), Buffer.from('ä\n')];
    await call('queue.put', {}, sent);
    expect(kindOf(await rejection(call('queue.put', {}, sent)))).to.deep.equal(['full', 'BrokerUnavailable']);
    expect(kindOf(await rejection(call('queue.get', { count: 4 })))).to.deep.equal([
      'empty',
      'BrokerUnavailable',
    ]);
    const { head, body } = await call('queue.get', { count: 3 });
    expect([head.sizes, body]).to.deep.equal([[3, 0, 3], Buffer.concat(sent)]);
    await call('queue.purge', { queues: [queue] });
    expect(kindOf(await rejection(call('queue.get', { count: 1 })))).to.deep.equal([
      'closed',
      'BrokerUnavailable',
    ]);
    expect(String(await rejection(call('no such thing')))).to.include('no such thing');
  });

  it('is given up after its deadline, and goes on', async () => {
    const bridge = await sharedRay();
    const late = bridge.call({
      op: 'queue.open',
      head: { queue: 'late', depthMax: 1, replace: true },
      deadlineMs: 1,
    });
    expect(kindOf(await rejection(late))).to.deep.equal(['late', 'Timeout']);
    await bridge.call({ op: 'queue.purge', head: { queues: ['late'] }, deadlineMs: CALL_MS });
  });

  it('answers what is under way when it is killed', async () => {
    const bridge = await joinSharedRay();
    const call = rejection(
      bridge.call({
        op: 'queue.open',
        head: { queue: 'killed', depthMax: 1, replace: true },
        deadlineMs: CALL_MS,
      }),
    );
    killHard(Number(bridge.pid));
    expect(kindOf(await call)).to.deep.equal(['gone', 'BrokerUnavailable']);
    expect(await bridge.ended).to.equal('signal SIGKILL');
    const again = bridge.call({ op: 'queue.purge', head: { queues: [] }, deadlineMs: CALL_MS });
    expect(kindOf(await rejection(again))).to.deep.equal(['gone', 'BrokerUnavailable']);
    await bridge.close();
  });

  it('asks for a token, which nobody else can read', async () => {
    const { facts } = await sharedRay();
    const path = String(facts.environment.RAY_AUTH_TOKEN_PATH);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
  });

  it('leaves nothing behind: no process, no file', async () => {
    const mark = `conclave-mark-${process.pid}-${performance.now()}`;
    const bridge = await RayBridge.start({
      address: { kind: 'local' },
      python: rayPython(),
      environment: { CONCLAVE_MARK: mark },
    });
    const folder = String(bridge.facts.environment.RAY_TMPDIR);
    expect(carryingMark(mark).length).to.be.above(3);
    expect(readdirSync(folder)).to.include('token');
    await bridge.close();
    expect(await holdsWithin(GONE_MS, () => carryingMark(mark).length === 0)).to.equal(true);
    expect(existsSync(folder)).to.equal(false);
  });

  it('takes along the Ray that it has started when it is killed', async () => {
    const mark = `conclave-mark-${process.pid}-${performance.now()}`;
    const bridge = await RayBridge.start({
      address: { kind: 'local' },
      python: rayPython(),
      environment: { CONCLAVE_MARK: mark },
    });
    killHard(Number(bridge.pid));
    await bridge.ended;
    expect(await holdsWithin(GONE_MS, () => carryingMark(mark).length === 0)).to.equal(true);
    expect(existsSync(String(bridge.facts.environment.RAY_TMPDIR))).to.equal(false);
  });

  it('ends with its parent, and so does the Ray that it has started, even if the parent is killed', async () => {
    const mark = `conclave-mark-${process.pid}-${performance.now()}`;
    const parent = spawn(process.execPath, [STARTER], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, CONCLAVE_MARK: mark, CONCLAVE_PYTHON: rayPython() },
    });
    await once(parent.stdout, 'data');
    expect(carryingMark(mark).length).to.be.above(3);
    killHard(Number(parent.pid));
    expect(await holdsWithin(GONE_MS, () => carryingMark(mark).length === 0)).to.equal(true);
  });

  it('says soon that nothing answers at an address', async () => {
    const address = { kind: 'client', host: '127.0.0.1', port: await freePort() } as const;
    const startMs = performance.now();
    const error = await rejection(RayBridge.start({ address, python: rayPython() }));
    expect(isConclaveError(error, 'BrokerUnavailable')).to.equal(true);
    expect(String(error)).to.include(`ray://127.0.0.1:${address.port}`);
    expect(performance.now() - startMs).to.be.below(5_000);
  });

  it('gives up an address at which something else answers', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const found = server.address();
    const port = typeof found === 'object' && found !== null ? found.port : 0;
    const address = { kind: 'node', host: '127.0.0.1', port } as const;
    const startMs = performance.now();
    const error = await rejection(RayBridge.start({ address, python: rayPython(), startMs: 2_000 }));
    expect(kindOf(error)).to.deep.equal(['late', 'Timeout']);
    expect(performance.now() - startMs).to.be.below(8_000);
    server.close();
  });

  it('says what a Ray Client address needs, where it is missing', async function () {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const found = server.address();
    const port = typeof found === 'object' && found !== null ? found.port : 0;
    const address = { kind: 'client', host: '127.0.0.1', port } as const;
    const error = await rejection(RayBridge.start({ address, python: rayPython(), startMs: 10_000 }));
    server.close();
    if (!isConclaveError(error, 'DriverMissing')) return this.skip(); // this Python has ray[client]
    expect(error.message).to.include("pip install 'ray[client]'");
  });
});
