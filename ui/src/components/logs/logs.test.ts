import { expect, test } from 'vitest'
import { wordsOf } from './Patterns'

test('the words of a template find its lines', () => {
  expect(wordsOf('user … not found in …')).toBe('"not found in" "user"')
  expect(wordsOf('START RequestId: … Version: $LATEST')).toBe('"START RequestId:" "Version: $LATEST"')
  expect(wordsOf('…')).toBe('')
})
