import { describe, expect, test } from 'vitest'
import { columns, formatSeconds, progressText, tableLines } from '../../src/cli/format.ts'
import { readTime, showSpan, showTime } from '../../src/cli/time.ts'

describe('a table', () => {
  test('counts wide characters twice, and puts numbers to the right', () => {
    const lines = tableLines(
      ['name', 'readers'],
      [
        ['青灯周刊', '1,204'],
        ['Field Notes', '7'],
      ],
    )
    expect(lines).toEqual([
      'name          readers',
      '─────────────────────',
      '青灯周刊        1,204',
      'Field Notes         7',
    ])
    expect(new Set(lines.map(columns)).size).toBe(1)
  })
})

describe('progress', () => {
  test('shows bar, counts, rate and time left', () => {
    expect(progressText(7_214, 10_000, 2_380)).toBe(
      `${'━'.repeat(28)}╸${'─'.repeat(11)}  7,214 of 10,000   2,380/s   2 s left`,
    )
    expect(progressText(120, null, 30)).toBe('120   30/s')
  })

  test('never takes more columns than there are, so that it can be redrawn', () => {
    for (const room of [20, 30, 50, 66, 200]) {
      const text = progressText(7_214, 10_000, 2_380, room)
      expect(columns(text)).toBeLessThanOrEqual(
        Math.max(room, '7,214 of 10,000   2,380/s   2 s left'.length),
      )
    }
    expect(progressText(1, 2, 0, 18)).toBe('1 of 2   0/s')
  })

  test('never says that nothing is left while something is', () => {
    expect([0.2, 90, 91, 5_401].map(formatSeconds)).toEqual(['1 s', '90 s', '2 min', '2 h'])
  })
})

describe('a time', () => {
  test("is the newsletter's where no offset is given", () => {
    expect(readTime('2026-11-30 08:00', 'Asia/Shanghai').toISOString()).toBe(
      '2026-11-30T00:00:00.000Z',
    )
    expect(readTime('2026-11-30T08:00+01:00', 'Asia/Shanghai').toISOString()).toBe(
      '2026-11-30T07:00:00.000Z',
    )
  })

  test.each(['tomorrow', '2026-02-30 08:00', '08:00', ''])('is refused as "%s"', (text) => {
    expect(() => readTime(text, 'UTC')).toThrow(/is no time in UTC: write 2026-11-30 08:00/)
  })

  test('is refused where the clocks skip it or show it twice', () => {
    expect(() => readTime('2026-03-29 02:30', 'Europe/Berlin')).toThrow(/is no time in/)
    expect(() => readTime('2026-10-25 02:30', 'Europe/Berlin')).toThrow(/is no time in/)
  })

  test('is shown in the zone, with the zone named', () => {
    const at = new Date('2026-11-24T16:30:00Z')
    expect(showTime(at, 'Asia/Shanghai')).toBe('2026-11-25 00:30 (Asia/Shanghai)')
    const soon = new Date('2026-11-24T16:35:00Z')
    expect(showSpan(at, soon, 'UTC')).toBe('2026-11-24 16:30 to 16:35 (UTC)')
    const later = new Date('2026-11-25T00:10:00Z')
    expect(showSpan(at, later, 'UTC')).toBe('2026-11-24 16:30 to 2026-11-25 00:10 (UTC)')
  })
})
