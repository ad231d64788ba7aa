import { ConclaveError } from '../core/errors.js';
import { type Encoded, encode } from '../core/value.js';

/** A character is at most so many bytes of UTF-8, so that most values need no counting. */
const CHARACTER_BYTES_MAX = 3;

/**
 * What an agent made, as the text that crosses: its `result`, or the `outcome` of an effect.
 * @throws `NotSerializable` naming the path, `MessageTooLarge` above `bytesMax`.
 */
export function encodeWithin(value: unknown, root: 'result' | 'outcome', bytesMax: number): Encoded {
  const encoded = encode(value, root, bytesMax);
  if (encoded.length * CHARACTER_BYTES_MAX <= bytesMax) return encoded;
  const bytes = Buffer.byteLength(encoded);
  if (bytes <= bytesMax) return encoded;
  throw new ConclaveError(
    'MessageTooLarge',
    `The ${root} is ${bytes} bytes encoded; at most ${bytesMax} cross (payloadBytesMax). Answer with a reference to the data.`,
  );
}
