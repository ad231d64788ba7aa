import { expect } from 'chai';
import { modelSettings } from '../../../examples/research/model-settings.js';

const URL_HERE = 'http://localhost:11434/v1';

describe('the settings of a model', () => {
  it('come from the environment, with defaults', () => {
    expect(modelSettings({ OPENAI_BASE_URL: URL_HERE })).to.deep.equal({
      baseUrl: URL_HERE,
      apiKey: undefined,
      timeoutMs: 120_000,
      requestsPerMinute: 60,
    });
    expect(modelSettings({ OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: '' })).to.include({
      baseUrl: 'https://api.openai.com/v1',
      apiKey: 'sk-1',
    });
    expect(
      modelSettings({
        OPENAI_BASE_URL: URL_HERE,
        CONCLAVE_MODEL_TIMEOUT_MS: '5',
        CONCLAVE_MODEL_REQUESTS_PER_MINUTE: '7',
      }),
    ).to.include({ timeoutMs: 5, requestsPerMinute: 7 });
  });

  const SECRET = 'sk-very-secret';
  for (const [what, environment, names] of [
    ['nothing', {}, /OPENAI_BASE_URL.*OPENAI_API_KEY/],
    ['no address', { OPENAI_BASE_URL: SECRET }, /^OPENAI_BASE_URL/],
    ['another protocol', { OPENAI_BASE_URL: 'file:///etc/passwd' }, /OPENAI_BASE_URL/],
    ['a password in the address', { OPENAI_BASE_URL: `http://me:${SECRET}@host/v1` }, /OPENAI_BASE_URL/],
    ['a key of two lines', { OPENAI_API_KEY: `${SECRET}\nx` }, /OPENAI_API_KEY/],
    ['a key no header carries', { OPENAI_API_KEY: `${SECRET}€` }, /OPENAI_API_KEY/],
    ['no time', { OPENAI_BASE_URL: URL_HERE, CONCLAVE_MODEL_TIMEOUT_MS: '0' }, /TIMEOUT_MS.*1 to 3600000/],
    ['a word for a number', { OPENAI_BASE_URL: URL_HERE, CONCLAVE_MODEL_TIMEOUT_MS: '1e3' }, /TIMEOUT_MS/],
    ['no requests', { OPENAI_BASE_URL: URL_HERE, CONCLAVE_MODEL_REQUESTS_PER_MINUTE: '0' }, /PER_MINUTE/],
  ] as const) {
    it(`refuse ${what}, and repeat no value`, () => {
      expect(() => modelSettings(environment))
        .to.throw(names)
        .with.property('code', 'InvalidOption');
      expect(() => modelSettings(environment)).to.not.throw(SECRET);
    });
  }
});
