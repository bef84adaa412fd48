// An agent of a computer that knows the protocol by its description alone: it registers, renews its key, leaves, and tells
// in one line of JSON each how it was answered.
import { parseArgs } from 'node:util'
import { Key } from './key.js'

const { values } = parseArgs({
  options: { server: { type: 'string' }, key: { type: 'string' }, kind: { type: 'string' }, next: { type: 'string' } },
})
const base = '/agent/v1/registration'
const tell = (what, status, body) => console.log(JSON.stringify({ what, status, ...body }))

async function send(what, method, path, { key, tag, body, init = {} } = {}) {
  const url = values.server + base + path
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers = key ? await key.sign({ method, url, body: text, type: 'application/json', tag, ...init }) : {}
  const answer = await fetch(url, { method, headers, body: text })
  const said = await answer.json()
  tell(what, answer.status, { code: said.code, device: said.device ?? said.key?.device, id: said.id ?? said.key?.id })
  return said
}

const found = await send('discovery', 'GET', '/discovery')
if (!found.algorithms.includes(values.kind)) throw new Error(`the server takes no ${values.kind}`)
const tag = `${found.tag}/registration`
const first = await Key.make(values.kind)
const facts = { host: `${values.kind}.example.org`, machine: first.id, platform: 'linux', os: 'Example 1', arch: 'amd64', agent: '0' }
const body = { key: values.key, csr: await first.request(), facts }
await send('register', 'POST', '', { key: first, tag, body })
await send('register again', 'POST', '', { key: first, tag, body })
await send('read', 'GET', '/key', { key: first, tag })
await send('another service', 'GET', '/key', { key: first, tag: `${found.tag}/collection` })
const old = new Date(Date.now() - 600_000)
await send('an old signature', 'GET', '/key', { key: first, tag, init: { created: old } })
const second = await Key.make(values.next)
await send('renew', 'POST', '/key', { key: first, tag, body: { csr: await second.request() } })
await send('the old key', 'GET', '/key', { key: first, tag })
await send('the new key', 'GET', '/key', { key: second, tag })
const leave = { id: '0123456789abcdef', way: 'allowed' }
await send('leave', 'POST', '/leave', { key: second, tag, body: leave })
await send('leave again', 'POST', '/leave', { key: second, tag, body: leave })
