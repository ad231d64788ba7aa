/** Shorter keys are no secrets but words, such as `none`, which stand in honest text as well. */
const SECRET_LENGTH_MIN = 8;

/** A text without the key, which a server may repeat in what it answers. */
export function redacted(text: string, apiKey: string | undefined): string {
  return apiKey === undefined || apiKey.length < SECRET_LENGTH_MIN ? text : text.replaceAll(apiKey, '***');
}
