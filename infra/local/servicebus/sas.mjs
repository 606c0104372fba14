import { createHmac, timingSafeEqual } from 'node:crypto';

/** The namespace's one key. It may do everything. */
export class SharedAccessKey {
  constructor(name, key) {
    this.name = name;
    this.key = key;
  }

  /** Why a token does not open `path` (such as `oplog/messages`), or null when it does. */
  fault(token, path) {
    if (!token?.startsWith('SharedAccessSignature ')) return '40102: no shared access signature';
    const fields = Object.fromEntries(token.slice('SharedAccessSignature '.length).split('&').map(field => {
      const at = field.indexOf('=');
      return [field.slice(0, at), field.slice(at + 1)];
    }));
    const { sr, sig, se, skn } = fields;
    if (!sr || !sig || !se || skn === undefined) return '40102: the token lacks a field';
    if (decodeURIComponent(skn) !== this.name) return '40102: no such rule';
    // The key is the text itself: unlike storage keys it is not decoded.
    const expected = createHmac('sha256', this.key).update(`${sr}\n${se}`).digest();
    const given = Buffer.from(decodeURIComponent(sig), 'base64');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return '40103: invalid authorization token signature';
    if (Number(se) * 1000 <= Date.now()) return '40103: ExpiredToken';
    return covers(decodeURIComponent(sr), path) ? null : '40103: the token is for another resource';
  }
}

function covers(resource, path) {
  const below = resource.replace(/^[a-z]+:\/\/[^/]*\/?/i, '').replace(/\/+$/, '').toLowerCase();
  return below === '' || path.toLowerCase() === below || path.toLowerCase().startsWith(below + '/');
}
