// The key of a device: made here, certified by a request that proves that we hold it, and signed with.
import 'reflect-metadata'
import { createHash, randomUUID, webcrypto } from 'node:crypto'
import { Pkcs10CertificateRequestGenerator, cryptoProvider } from '@peculiar/x509'
import { httpbis } from 'http-message-signatures'

cryptoProvider.set(webcrypto)

const kinds = {
  ed25519: { make: { name: 'Ed25519' }, sign: { name: 'Ed25519' } },
  'ecdsa-p256-sha256': { make: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' } },
}

export class Key {
  static async make(kind) {
    const key = new Key()
    key.kind = kinds[kind]
    key.pair = await webcrypto.subtle.generateKey(key.kind.make, false, ['sign', 'verify'])
    const spki = await webcrypto.subtle.exportKey('spki', key.pair.publicKey)
    key.id = createHash('sha256').update(Buffer.from(spki)).digest('base64url')
    return key
  }

  async request() {
    const csr = await Pkcs10CertificateRequestGenerator.create({
      name: 'CN=device', keys: this.pair, signingAlgorithm: this.kind.sign,
    })
    return Buffer.from(csr.rawData).toString('base64')
  }

  // sign returns the headers of a signed request.
  async sign({ method, url, body, type, tag, created = new Date(), nonce = randomUUID(), fields }) {
    const headers = {}
    const covered = ['@method', '@path', '@query']
    if (body !== undefined) {
      headers['content-type'] = type
      headers['content-digest'] = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
      covered.push('content-digest', 'content-type')
    }
    const signed = await httpbis.signMessage({
      key: {
        id: this.id,
        sign: async (data) => Buffer.from(await webcrypto.subtle.sign(this.kind.sign, this.pair.privateKey, data)),
      },
      name: 'sig1', params: ['created', 'nonce', 'keyid', 'tag'], fields: fields ?? covered, paramValues: { created, nonce, tag },
    }, { method, url, headers })
    return signed.headers
  }
}
