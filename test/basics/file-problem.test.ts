import { describe, expect, test } from 'vitest'
import { fileProblem, isLastingFault } from '../../shared/basics/file-problem.ts'

const fault = (code: string) => Object.assign(new Error(`${code}: open '/x'`), { code })

describe('what a file system says', () => {
  test.each(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'])(
    '%s lasts, and is said in words',
    (code) => {
      expect(isLastingFault(fault(code))).toBe(true)
      expect(fileProblem(fault(code))).toMatch(new RegExp(`^[a-z -]+ \\(${code}\\)$`))
    },
  )

  test.each(['ENOENT', 'EMFILE', 'EBUSY', ''])('%s does not last', (code) => {
    expect(isLastingFault(fault(code))).toBe(false)
  })

  test('what has no code of the file system is told as it is', () => {
    expect(fileProblem(fault('EOTHER'))).toBe("EOTHER: open '/x'")
    expect(fileProblem('a text')).toBe('a text')
    expect([isLastingFault(undefined), isLastingFault(null), isLastingFault({ code: 13 })]).toEqual([
      false,
      false,
      false,
    ])
  })
})
