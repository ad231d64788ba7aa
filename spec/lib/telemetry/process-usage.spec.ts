import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { processUsage } from '../../../lib/telemetry/process-usage.js';

describe('process usage', () => {
  it('reads what this process has used', function () {
    if (!existsSync('/proc/self/stat')) this.skip(); // no /proc on this system
    const before = processUsage(process.pid);
    const { user, system } = process.cpuUsage();
    expect(before?.cpuMs).to.be.closeTo((user + system) / 1_000, 100);
    const rss = process.memoryUsage.rss();
    expect(before?.memoryBytes).to.be.within(rss / 2, rss * 2);
    const used = process.cpuUsage();
    for (const until = used.user + 60_000; process.cpuUsage().user < until; ) Math.sqrt(2);
    const { user: more, system: besides } = process.cpuUsage(used);
    const grown = (processUsage(process.pid)?.cpuMs ?? 0) - (before?.cpuMs ?? 0);
    expect(grown).to.be.closeTo((more + besides) / 1_000, 50);
  });

  it('knows nothing of a process that is not there', () => {
    expect(processUsage(2 ** 22 + 1)).to.equal(undefined);
  });
});
