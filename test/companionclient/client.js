// A companion application: what one does with the protocol.
import { Key } from './key.js'

export class Refused extends Error {
  constructor(operation, status, problem) {
    super(`${operation}: ${status} ${problem?.code}`)
    Object.assign(this, { operation, status, code: problem?.code })
  }
}

export class Client {
  constructor(server, document) {
    Object.assign(this, { server, document })
  }

  // prepare makes a request of an operation; it can be sent more than once.
  async prepare(id, { parameters = {}, body, type = 'application/json', sign = {} } = {}) {
    const operation = this.document.operation(id)
    const url = this.server + this.document.target(operation, parameters)
    const text = body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body)
    const headers = operation.security?.length
      ? await this.key.sign({ method: operation.method, url, body: text, type, tag: this.tag, ...sign })
      : text === undefined ? {} : { 'content-type': type }
    return { operation, url, init: { method: operation.method, headers, body: text } }
  }

  async send({ operation, url, init }, signal) {
    const answer = await fetch(url, { ...init, signal })
    const text = await answer.text()
    const body = text === '' ? undefined : JSON.parse(text)
    this.document.check(operation, answer.status, answer.headers.get('content-type') ?? '', body)
    if (!answer.ok) throw new Refused(operation.operationId, answer.status, body)
    return body
  }

  async call(id, options, signal) {
    return this.send(await this.prepare(id, options), signal)
  }

  async enrol({ mail, kind, invitation, name, password, activeSync, facts }) {
    const found = await this.call('discover', { parameters: { mail } })
    if (!found.algorithms.includes(kind)) throw new Error(`the server takes no ${kind}`)
    this.tag = found.tag
    const terms = await this.call('readTerms')
    this.key = await Key.make(kind)
    const body = {
      invitation, name, password, csr: await this.key.request(), terms: terms.version, activeSync, app: 'test companion 1', facts,
    }
    const key = await this.call('enrol', { body })
    if (key.id !== this.key.id) throw new Error('the server names the key otherwise')
    return { ...key, zone: found.zone, terms: terms.version }
  }

  // obey fetches the policy and reports on it as the settings' states say; all others are applied.
  async obey(states = {}) {
    const policy = await this.call('fetchPolicy')
    this.policy = policy.revision
    this.schedule = policy.schedule?.revision ?? 'none'
    if (!policy.revision) return policy
    const settings = Object.keys(policy.settings).map((setting) => ({ setting, state: states[setting] ?? 'applied' }))
    await this.call('reportPolicy', { body: { revision: policy.revision, settings } })
    return policy
  }

  async wait(seconds, signal) {
    const parameters = { seconds }
    if (this.policy) parameters.policy = this.policy
    if (this.schedule) parameters.schedule = this.schedule
    return this.call('wait', { parameters }, signal)
  }

  async renew(kind) {
    const next = await Key.make(kind)
    await this.call('renewKey', { body: { csr: await next.request() } })
    this.key = next
    return this.call('readKey')
  }

  // take carries the next order out; act does what is to be done and returns the report.
  async take(act) {
    const { command } = await this.call('nextCommand')
    if (!command) return undefined
    let told
    if (command.challenge) {
      told = await this.call('confirmCommand', { parameters: { id: command.id }, body: { token: command.challenge.token } })
      if (told.go !== true) throw new Error('told neither to go nor to stop')
    }
    const report = await act(command)
    await this.call('reportCommand', { parameters: { id: command.id }, body: report })
    return { ...command, told: told?.go, report }
  }
}
