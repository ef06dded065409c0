export interface MockTransaction {
  row: unknown
  detail: unknown
  spans: unknown[]
  trace: string
}
export function blog(number: number, start: number, options: object): MockTransaction
export function spanDetail(t: MockTransaction, row: number): unknown
export function spanLines(t: MockTransaction, chunk?: number): Generator<string>
