import { ConclaveError, isConclaveError, messageOf } from '../../core/errors.js';
import { isFields } from '../../core/parse.js';

/*
 * What a server, or the way to it, answers instead of a reply; the first word of its message is its code. Source:
 * redis.io/docs/latest/develop/reference/protocol-spec (simple errors), and src/server.c of Redis 7.0.
 */
const REPLIES: ReadonlyMap<string, string> = new Map([
  [
    'WRONGPASS',
    'it refused the user or the password of the URL; correct them, percent-encoded, or have the user enabled',
  ],
  ['NOAUTH', 'it wants a password and the URL has none; write redis://user:password@host'],
  [
    'NOPERM',
    'its access rules (ACL) forbid a command or a key; allow this user all commands on the keys of Conclave',
  ],
  ['READONLY', 'it is a replica, or became one, and takes no writes; name the master'],
  [
    'OOM',
    'its memory is full (maxmemory) and it takes no writes; give it more, or let the queues be worked off',
  ],
  ['MISCONF', 'it cannot save to its disk and takes no writes; make room there, and see its log'],
  [
    'NOREPLICAS',
    'fewer replicas are connected than it demands for writes (min-replicas-to-write); bring them back',
  ],
  ['LOADING', 'it is loading its files after a start; it answers when it has'],
  ['BUSY', 'a script of somebody has been running for long; see SLOWLOG, and SCRIPT KILL'],
  ['MASTERDOWN', 'it is a replica without its master; name the master'],
  ['CLUSTERDOWN', 'its cluster is not whole (a range of slots has no server); see CLUSTER INFO'],
  ['MOVED', 'its cluster has moved these keys to another server, which is looked for'],
  ['ASK', 'its cluster is moving these keys to another server; they can be used when that is done'],
  ['TRYAGAIN', 'its cluster is moving these keys to another server; they can be used when that is done'],
  [
    'CROSSSLOT',
    'it is a cluster and the keys of one call are in different slots; that is a fault of Conclave: report it',
  ],
  [
    'WRONGTYPE',
    'a key is of another kind than Conclave makes it; is another program using keys of that name?',
  ],
  ['DENIED', 'it has no password and serves its own machine alone (protected mode); give it a password'],
]);

/** How the way to the server fails. Source: codes of node:net, node:dns and node:tls. */
const WAYS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there; start the server, or correct host and port'],
  ['ENOTFOUND', 'its host is not known; correct its name'],
  ['EAI_AGAIN', 'its host could not be looked up (DNS); try again'],
  ['EHOSTUNREACH', 'there is no way to its host; see network and firewall'],
  ['ENETUNREACH', 'there is no way to its network; see network and firewall'],
  ['ETIMEDOUT', 'its host does not answer; see network and firewall'],
  ['ECONNRESET', 'it ended the connection; is it restarting, or does it speak TLS (rediss://)?'],
  ['EPIPE', 'it ended the connection; is it restarting?'],
  ['EPROTO', 'it does not speak TLS; write redis://, or name its TLS port'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS; write redis://, or name its TLS port'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired; renew it'],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'its certificate is for another host; connect by the name in the certificate',
  ],
]);

const UNKNOWN_AUTHORITY =
  'its certificate is signed by an authority that is not known here; name it by rediss://…?ca=FILE or NODE_EXTRA_CA_CERTS';
const AUTHORITY_CODES =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(GET_ISSUER_CERT(_LOCALLY)?|VERIFY_LEAF_SIGNATURE))$/;

/** A broker that cannot be used now, and why, in one line. */
export function brokerUnavailable(name: string, reason: string, cause?: Error): ConclaveError {
  const options = cause === undefined ? undefined : { cause };
  const end = reason.endsWith('?') ? '' : '.';
  return new ConclaveError(
    'BrokerUnavailable',
    `The broker ${name} is unavailable: ${reason}${end}`,
    options,
  );
}

/** No answer in time. */
export function noAnswer(name: string, what: string, timeoutMs: number): ConclaveError {
  return new ConclaveError(
    'Timeout',
    `The broker ${name} did not answer ${what} within ${timeoutMs} ms: what became of it is unknown. The server is ` +
      'stopped, overloaded or out of reach; what is asked again under the same identity counts once.',
  );
}

/** What a connection that was closed on purpose answers. */
export function connectionClosed(name: string): ConclaveError {
  return new ConclaveError('ShuttingDown', `The connection to ${name} was closed.`);
}

/**
 * A fault of the driver, the way or the server as an operating error. Where the server replied with an error, that
 * is the cause: the call was answered, and its outcome is known. It is not what the driver threw, which carries the
 * arguments of the command, a password or payloads among them.
 */
export function redisFault(thrown: unknown, name: string, what: string): ConclaveError {
  if (isConclaveError(thrown)) return thrown;
  const reason = reasonOf(thrown, what);
  return brokerUnavailable(name, reason, isReply(thrown) ? reply(saidOf(thrown, what)) : undefined);
}

/** Why something failed, in words that fit behind 'is unavailable:'. */
export function reasonOf(thrown: unknown, what: string): string {
  if (isConclaveError(thrown)) return thrown.message.replace(UNAVAILABLE, '').replace(/\.$/, '');
  if (!isReply(thrown)) return reasonOfWay(thrown);
  const reason = REPLIES.get(codeOf(thrown)) ?? 'it answered with an error that was not expected';
  return `${reason} (${what}: ${saidOf(thrown, what)})`;
}

const UNAVAILABLE = /^The broker \S+ is unavailable: /;

/** The command that carries the password. */
export const AUTH = 'AUTH';

/**
 * The code of an error that the server replied with, as 'NOSCRIPT', also where that is the cause; undefined for any
 * other fault.
 */
export function replyCode(thrown: unknown): string | undefined {
  if (isReply(thrown)) return codeOf(thrown);
  return isConclaveError(thrown) && isReply(thrown.cause) ? codeOf(thrown.cause) : undefined;
}

const REPLY = 'ReplyError';

function isReply(thrown: unknown): thrown is Error {
  return thrown instanceof Error && thrown.name === REPLY;
}

/* Redis 6.2 wraps what a command in a script was refused with: 'ERR Error running script (…): …: -OOM command …'. */
const WRAPPED = /^ERR Error running script .*: -?([A-Z]{2,}) /;

function codeOf({ message }: Error): string {
  return WRAPPED.exec(message)?.[1] ?? message.split(' ', 1)[0] ?? '';
}

/** Whatever an AUTH is answered may quote what it was given. */
function saidOf(thrown: Error, what: string): string {
  return what === AUTH ? codeOf(thrown) : firstLine(thrown.message);
}

function reply(said: string): Error {
  const error = new Error(said);
  error.name = REPLY;
  return error;
}

function reasonOfWay(thrown: unknown): string {
  const code = isFields(thrown) && typeof thrown.code === 'string' ? thrown.code : '';
  if (AUTHORITY_CODES.test(code)) return `${UNKNOWN_AUTHORITY} (${code})`;
  if (thrown instanceof Error && thrown.name === 'ParserError')
    return 'it does not speak the protocol of Redis; correct host and port';
  const known = WAYS.get(code);
  return known === undefined ? firstLine(messageOf(thrown)) : `${known} (${code})`;
}

const SAID_LENGTH_MAX = 200;

function firstLine(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.replace(/\.$/, '').slice(0, SAID_LENGTH_MAX);
}
