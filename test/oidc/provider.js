// A real OpenID Connect provider for tests: the certified oidc-provider on loopback, with the people ann, bob and eve, their
// groups, and its own pages for signing in. Arguments: the files of the certificate and of its key. It writes its address on
// standard output, and takes new keys when it is asked to at /test/rotate.
import { createServer } from 'node:https'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Provider from 'oidc-provider'

const [, , cert, key] = process.argv

const people = {
  ann: { name: 'Ann Archer', email: 'ann@example.org', email_verified: true, groups: ['admins', 'staff'] },
  bob: { name: 'Bob Baker', email: 'bob@example.org', email_verified: true, groups: ['staff'] },
  eve: { name: 'Eve Example', email: 'ann@example.org', email_verified: false, groups: [] },
}

const newKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })

const build = (issuer, redirects, returns) => new Provider(issuer, {
  clients: [{
    client_id: 'drover', client_secret: 'client secret of the test', redirect_uris: redirects, response_types: ['code'],
    grant_types: ['authorization_code'], post_logout_redirect_uris: returns,
  }],
  pkce: { required: () => true, methods: ['S256'] },
  claims: { profile: ['name', 'preferred_username'], email: ['email', 'email_verified'], groups: ['groups'] },
  cookies: { keys: ['a key of the test'] },
  jwks: { keys: [{ ...newKey(), use: 'sig', alg: 'RS256' }] },
  ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
  findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, preferred_username: id, ...people[id] }) },
})

let provider
let redirects = ['https://drover.example.org/callback']
let returns = []
const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
  const issuer = `https://127.0.0.1:${server.address().port}`
  const url = new URL(request.url, issuer)
  if (url.pathname === '/test/rotate' || url.pathname === '/test/redirect') {
    if (url.searchParams.get('to')) redirects = [url.searchParams.get('to')]
    if (url.searchParams.get('back')) returns = [url.searchParams.get('back')]
    provider = build(issuer, redirects, returns).callback()
    return response.end()
  }
  provider(request, response)
})

server.listen(0, '127.0.0.1', () => {
  const issuer = `https://127.0.0.1:${server.address().port}`
  provider = build(issuer, redirects, returns).callback()
  process.stdout.write(issuer + '\n')
})
process.stdin.resume()
process.stdin.on('end', () => process.exit(0)) // the test has ended
