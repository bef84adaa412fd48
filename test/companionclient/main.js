// One device with a companion application. It enrols, tells what it is, obeys, and takes orders until its input ends.
import { parseArgs } from 'node:util'
import { Client, Refused } from './client.js'
import { Document } from './document.js'

const { values } = parseArgs({
  options: {
    server: { type: 'string' }, mail: { type: 'string' }, kind: { type: 'string', default: 'ed25519' },
    invitation: { type: 'string' }, name: { type: 'string' }, password: { type: 'string' }, 'active-sync': { type: 'string' },
    facts: { type: 'string', default: '{}' }, refuse: { type: 'string', multiple: true, default: [] },
    probe: { type: 'boolean', default: false }, duress: { type: 'boolean', default: false },
  },
})

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
  for (const kind of ['device-log', 'location', 'phone-log', 'text-log', 'file']) {
    await refused(kind, () => client.call('upload', {
      parameters: { kind, id: 'piece-0123456789' }, body: new TextEncoder().encode('x'), type: 'application/octet-stream',
    }))
  }
}

async function act(command) {
  if (command.kind === 'request-log' || command.kind === 'locate') {
    return { state: 'failed', reason: 'not-collected' }
  }
  return { state: 'done' }
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
  if (values.duress) tell('duress', { answer: (await client.call('raiseDuress')) ?? null })
  for (;;) {
    const next = await client.wait(60, stop.signal)
    if (next.terms) {
      await client.call('agreeToTerms', { body: { terms: next.terms } })
      tell('agreed', { terms: next.terms })
    }
    if (next.policy !== (client.policy ?? '')) tell('obeyed', await client.obey())
    if (next.commands) {
      const command = await client.take(act)
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
