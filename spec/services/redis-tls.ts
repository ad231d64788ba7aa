import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate authority of our own, and a server's certificate signed by it, for localhost alone. */
export interface Certificates {
  readonly folder: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes them with openssl; undefined where that is not installed. Whoever asked removes the folder. */
export function makeCertificates(): Certificates | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-tls-'));
  const path = (name: string) => join(folder, name);
  writeFileSync(path('extensions'), 'subjectAltName=DNS:localhost');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const steps = [
    [
      'req',
      '-x509',
      ...key,
      '-days',
      '1',
      '-subj',
      '/CN=Conclave specs',
      '-keyout',
      path('ca.key'),
      '-out',
      path('ca.pem'),
    ],
    ['req', ...key, '-subj', '/CN=localhost', '-keyout', path('key.pem'), '-out', path('request.pem')],
    [
      ...[
        'x509',
        '-req',
        '-days',
        '1',
        '-in',
        path('request.pem'),
        '-out',
        path('cert.pem'),
        '-extfile',
        path('extensions'),
      ],
      ...['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial'],
    ],
  ];
  for (const step of steps) {
    if (spawnSync('openssl', step, { stdio: 'ignore', timeout: 10_000 }).status === 0) continue;
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  return { folder, ca: path('ca.pem'), cert: path('cert.pem'), key: path('key.pem') };
}
