// One device with a companion application. It enrols, tells what it is, obeys, and takes orders until its input ends.
import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Client, Refused } from './client.js'
import { Document } from './document.js'

const { values } = parseArgs({
  options: {
    server: { type: 'string' }, mail: { type: 'string' }, kind: { type: 'string', default: 'ed25519' },
    invitation: { type: 'string' }, name: { type: 'string' }, password: { type: 'string' }, 'active-sync': { type: 'string' },
    facts: { type: 'string', default: '{}' }, refuse: { type: 'string', multiple: true, default: [] },
    probe: { type: 'boolean', default: false }, duress: { type: 'boolean', default: false }, data: { type: 'string' },
    minute: { type: 'string', default: '60000' },
  },
})

const data = JSON.parse(values.data ?? '{}')
const tell = (event, more = {}) => console.log(JSON.stringify({ event, ...more }))

// refused tells how the server refuses a request.
async function refused(what, act) {
  try {
    await act()
    tell('taken', { what })
  } catch (err) {
    if (!(err instanceof Refused)) throw err
    tell('refused', { what, status: err.status, code: err.code })
  }
}

// sample is what is sent of a kind when nothing else is given.
function sample(kind) {
  const at = new Date().toISOString()
  return {
    'device-log': [{ from: at, until: at, text: 'started' }],
    location: [{ at, latitude: 52.5, longitude: 13.4, accuracy: 20 }],
    'phone-log': [{ at, number: '555-0100', direction: 'out', seconds: 60 }],
    'text-log': [{ at, number: '555-0100', direction: 'in' }],
    file: { path: '/sdcard/a.txt', modified: at, content: 'a file' },
  }[kind]
}

// send sends one piece of personal data, perhaps in answer to an order.
async function send(client, kind, command, id = randomUUID()) {
  const what = data[kind] ?? sample(kind)
  const body = new TextEncoder().encode(kind === 'file' ? what.content : JSON.stringify(what))
  const parameters = { kind, id }
  if (command) parameters.command = command
  if (kind === 'file') {
    const sha256 = createHash('sha256').update(body).digest('hex')
    Object.assign(parameters, { path: what.path, modified: what.modified, sha256 })
  }
  return client.call('upload', { parameters, body, type: 'application/octet-stream' })
}

// tellLife sends all that is given, each piece twice, as a device does that has not heard the answer.
async function tellLife(client) {
  for (const kind of Object.keys(data)) {
    const id = randomUUID()
    for (const time of ['first', 'second']) {
      await refused(`${kind}, the ${time} time`, () => send(client, kind, undefined, id))
    }
  }
}

// probe tries what must not work, with a key that is good.
async function probe(client) {
  const again = await client.prepare('fetchPolicy')
  await client.send(again)
  await refused('a replay', () => client.send(again))
  const changed = await client.prepare('checkIn', { body: { posture: { rooted: true } } })
  changed.init.body = changed.init.body.replace('true', 'null')
  await refused('another body', () => client.send(changed))
  const old = new Date(Date.now() - 10 * 60 * 1000)
  await refused('an old signature', () => client.call('fetchPolicy', { sign: { created: old } }))
  await refused('another zone', () => client.call('fetchPolicy', { sign: { tag: 'drover-other' } }))
  await refused('too little signed', () => client.call('fetchPolicy', { sign: { fields: ['@method'] } }))
  for (const kind of ['device-log', 'location', 'phone-log', 'text-log', 'file']) await refused(kind, () => send(client, kind))
}

// wants is the kind of data that an order asks for.
const wants = { 'request-log': 'device-log', locate: 'location' }

async function act(client, command) {
  const kind = wants[command.kind]
  if (!kind) return { state: 'done' }
  try {
    await send(client, kind, command.id)
    return { state: 'done' }
  } catch (err) {
    if (!(err instanceof Refused)) throw err
    return { state: 'failed', reason: 'not-collected' }
  }
}

const client = new Client(values.server, await Document.fetch(values.server))
const stop = new AbortController()
process.stdin.on('end', () => stop.abort()).resume()
try {
  const key = await client.enrol({
    mail: values.mail, kind: values.kind, invitation: values.invitation, name: values.name, password: values.password,
    activeSync: values['active-sync'], facts: JSON.parse(values.facts),
  })
  tell('enrolled', { device: key.device, key: key.id, terms: key.terms, zone: key.zone })
  const state = await client.call('checkIn', {
    body: { posture: { rooted: false, encrypted: true, passcode: true, simPresent: true, roaming: false } },
  })
  tell('checked-in', state)
  const policy = await client.obey(Object.fromEntries(values.refuse.map((s) => [s, 'refused'])))
  tell('obeyed', policy)
  const renewed = await client.renew(values.kind)
  tell('renewed', { key: renewed.id })
  if (values.probe) await probe(client)
  await tellLife(client)
  if (values.duress) tell('duress', { answer: (await client.call('raiseDuress')) ?? null })
  let contact = state.contact
  for (;;) {
    if (contact.manner === 'interval') await sleep(contact.minutes * Number(values.minute), undefined, { signal: stop.signal })
    const next = await client.wait(contact.manner === 'push' ? 60 : 1, stop.signal)
    if (contact.manner !== next.contact.manner || contact.minutes !== next.contact.minutes) tell('contact', next.contact)
    contact = next.contact
    if (next.terms) {
      await client.call('agreeToTerms', { body: { terms: next.terms } })
      tell('agreed', { terms: next.terms })
    }
    if (next.policy !== (client.policy ?? '') || next.schedule !== client.schedule) tell('obeyed', await client.obey())
    if (next.commands) {
      const command = await client.take((command) => act(client, command))
      if (command) tell('command', command)
    }
  }
} catch (err) {
  if (stop.signal.aborted) {
    tell('stopped')
  } else if (err instanceof Refused) {
    tell('ended', { operation: err.operation, status: err.status, code: err.code })
  } else {
    tell('failed', { error: String(err) })
    process.exitCode = 1
  }
  process.stdin.destroy()
}
