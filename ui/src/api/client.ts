// The door to the server: one fetch, one kind of failure.
import * as v from 'valibot'
import { basePath } from '../state/url'

/** ApiError is what a person needs of a failed request: what failed, why, and the id to ask about. */
export class ApiError extends Error {
  readonly status: number
  readonly detail: string
  readonly requestId: string
  /** which parts of the request were wrong */
  readonly fields: string[]

  constructor(title: string, status: number, detail: string, requestId: string, fields: string[]) {
    super(title)
    this.status = status
    this.detail = detail
    this.requestId = requestId
    this.fields = fields
  }
}

const Problem = v.object({
  title: v.optional(v.string()),
  status: v.optional(v.number()),
  detail: v.optional(v.string()),
  errors: v.optional(v.array(v.object({ message: v.optional(v.string()), location: v.optional(v.string()) }))),
})

type Query = Record<string, string | undefined>

export function apiUrl(path: string, query: Query = {}): string {
  const p = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value) p.set(key, value)
  const text = p.toString()
  return `${basePath()}api/${path}${text ? `?${text}` : ''}`
}

/** open sends a GET and returns the response, or throws an ApiError. */
export function open(path: string, query: Query, signal: AbortSignal): Promise<Response> {
  return send(apiUrl(path, query), { signal, headers: { accept: 'application/json' } })
}

/** post sends JSON, and throws an ApiError when it is refused. */
export async function post(path: string, body: unknown): Promise<void> {
  await send(apiUrl(path), { method: 'POST', headers: { accept: 'application/json', 'content-type': 'application/json' }, body: JSON.stringify(body) })
}

async function send(url: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, init)
  } catch (cause) {
    if (init.signal?.aborted) throw cause
    throw new ApiError('The server cannot be reached', 0, 'It may be down or restarting.', '', [])
  }
  if (!response.ok) throw await failure(response)
  return response
}

async function failure(response: Response): Promise<ApiError> {
  const requestId = response.headers.get('x-request-id') ?? ''
  const parsed = v.safeParse(Problem, await response.json().catch(() => ({})))
  const problem = parsed.success ? parsed.output : {}
  const fields = (problem.errors ?? []).map((e) => [e.location, e.message].filter(Boolean).join(': '))
  return new ApiError(problem.title ?? `The server answered ${response.status}`, response.status, problem.detail ?? '', requestId, fields)
}

/** get fetches JSON and checks its shape. */
export async function get<S extends v.GenericSchema>(schema: S, path: string, query: Query, signal: AbortSignal): Promise<v.InferOutput<S>> {
  const response = await open(path, query, signal)
  const parsed = v.safeParse(schema, await response.json())
  if (!parsed.success) throw badShape(path, parsed.issues[0], response)
  return parsed.output
}

export function badShape(path: string, issue: { message: string } & object, response: Response): ApiError {
  const where = v.getDotPath(issue as v.BaseIssue<unknown>)
  const detail = `${path}${where ? ` at ${where}` : ''}: ${issue.message}`
  return new ApiError('The server answered in a shape this page does not know', response.status, detail, response.headers.get('x-request-id') ?? '', [])
}
