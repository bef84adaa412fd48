// The OpenAPI document of a server: what can be called, and what answers must look like.
import Ajv from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

export class Document {
  constructor(spec) {
    this.spec = spec
    this.ajv = new Ajv({ strict: false, allErrors: true })
    formats(this.ajv)
    this.ajv.addSchema({ $id: 'doc', ...spec })
    this.operations = new Map()
    for (const [path, item] of Object.entries(spec.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        this.operations.set(operation.operationId, { method: method.toUpperCase(), path, ...operation })
      }
    }
  }

  static async fetch(server) {
    const answer = await fetch(server + '/companion/v1/openapi.json')
    if (!answer.ok) throw new Error(`the document: ${answer.status}`)
    return new Document(await answer.json())
  }

  operation(id) {
    const found = this.operations.get(id)
    if (!found) throw new Error(`the document has no operation ${id}`)
    return found
  }

  // target puts parameters into the path and the query. One that the document does not name is a mistake of ours.
  target(operation, parameters) {
    let path = operation.path
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(parameters)) {
      const declared = (operation.parameters ?? []).find((p) => p.name === name)
      if (declared?.in === 'path') path = path.replace(`{${name}}`, encodeURIComponent(value))
      else if (declared?.in === 'query') query.set(name, value)
      else throw new Error(`${operation.operationId} has no parameter ${name}`)
    }
    const text = query.toString()
    return text ? `${path}?${text}` : path
  }

  // check holds an answer to the document: its status, its media type, its form.
  check(operation, status, type, body) {
    const declared = operation.responses[status] ?? operation.responses.default
    if (!declared) throw new Error(`${operation.operationId} answers ${status}, of which the document knows nothing`)
    if (!declared.content) {
      if (body !== undefined) throw new Error(`${operation.operationId} answers ${status} with a body that is not declared`)
      return
    }
    const media = declared.content[type.split(';')[0]]
    if (!media) throw new Error(`${operation.operationId} answers ${status} as ${type}`)
    const validate = this.ajv.compile(this.absolute(media.schema))
    if (!validate(body)) throw new Error(`${operation.operationId} ${status}: ${this.ajv.errorsText(validate.errors)}`)
  }

  absolute(schema) {
    return JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"doc#/components'))
  }
}
