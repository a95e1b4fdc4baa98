import { describe, expect, it } from 'vitest'
import type { CsvInput } from '../../src/csv-table.ts'
import { readCsv } from '../../src/subscribers/csv-rows.ts'

async function read(csv: CsvInput) {
  const table = await readCsv(csv)
  const rows = []
  for await (const row of table.rows) {
    rows.push('what' in row ? row : { ...row, attributes: { ...row.attributes } })
  }
  return { attributes: table.attributes, rows }
}

/** As a file's stream gives it, cut anywhere. */
async function* inPieces(octets: Buffer, size: number) {
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size)
}

describe('a CSV of subscribers', () => {
  it('names its columns in the header line; empty cells are not stored', async () => {
    const { attributes, rows } = await read(
      'First name,email,城市,2nd\nAda,ada@a.test,柏林,x\n,bob@b.test,,\n',
    )
    expect(attributes).toEqual(['first_name', '城市', '_2nd'])
    expect(rows).toEqual([
      {
        line: 2,
        address: 'ada@a.test',
        attributes: { first_name: 'Ada', 城市: '柏林', _2nd: 'x' },
      },
      { line: 3, address: 'bob@b.test', attributes: {} },
    ])
  })

  it.each([
    ['commas', 'email,name\r\na@a.test,"Doe, Ada"\r\n'],
    ['semicolons', 'email;name\na@a.test;Doe, Ada\n'],
    ['tabs', 'email\tname\na@a.test\tDoe, Ada\n'],
    ['a byte order mark', '\ufeffemail,name\na@a.test,"Doe, Ada"'],
    ['quoted headers', '"Address","name, whole"\n"a@a.test","Doe, Ada"\n'],
    ['old line ends', 'email,name\ra@a.test,"Doe, Ada"\r'],
  ])('is read with %s', async (_name, csv) => {
    const { rows } = await read(csv)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ line: 2, address: 'a@a.test' })
    expect(Object.values((rows[0] as { attributes: object }).attributes)).toEqual(['Doe, Ada'])
  })

  it('keeps line breaks and marks inside quotes, and counts lines as an editor does', async () => {
    const { rows } = await read('email,note\na@a.test,"one\r\ntwo ""2"""\n\nb@b.test,x\n')
    expect(rows).toEqual([
      { line: 2, address: 'a@a.test', attributes: { note: 'one\ntwo "2"' } },
      { line: 5, address: 'b@b.test', attributes: { note: 'x' } },
    ])
  })

  it('is the same however its octets come in', async () => {
    const csv = Buffer.from('\ufeffemail,name\r\na@a.test,"Ägid\r\nius"\r\nb@b.test,名字\r\n')
    const whole = await read(inPieces(csv, 1_000))
    for (const size of [1, 2, 3, 7]) expect(await read(inPieces(csv, size))).toEqual(whole)
    expect(whole.rows).toHaveLength(2)
  })

  it('loses one line to a quotation mark that is left open, not those below it', async () => {
    const good = Array.from({ length: 200 }, (_, n) => `r${n}@a.test,plain`)
    const { rows } = await read(['email,name', '"open@a.test,x', ...good].join('\n'))
    expect(rows[0]).toEqual({ line: 2, what: expect.stringContaining('never closed') })
    expect(rows).toHaveLength(201)
    expect(rows.slice(1).every((row) => 'address' in row)).toBe(true)
  })

  it('loses one line to a quotation mark in mid-field, before quoted lines too', async () => {
    const { rows } = await read('email,name\n"a@a.test"x,y\n"b@b.test","B"\nc@c.test,5" pipe\n')
    expect(rows).toEqual([
      { line: 2, what: expect.stringContaining('in the middle of a field') },
      { line: 3, address: 'b@b.test', attributes: { name: 'B' } },
      { line: 4, address: 'c@c.test', attributes: { name: '5" pipe' } },
    ])
  })

  it('names rows with too many fields, without an address, in another encoding, with a NUL', async () => {
    const octets = Buffer.concat([
      Buffer.from('email,name\na@a.test,x,y\n,nobody\nb@b.test,'),
      Buffer.from([0xc4, 0xe3]),
      Buffer.from('\nc@c.test,a\0b\nd@d.test\n'),
    ])
    const { rows } = await read(inPieces(octets, 1_000))
    expect(rows).toEqual([
      { line: 2, what: 'it has 3 fields, and the header 2' },
      { line: 3, what: 'it has no address' },
      { line: 4, what: 'it is not in UTF-8' },
      { line: 5, what: 'it holds a NUL character' },
      { line: 6, address: 'd@d.test', attributes: {} },
    ])
  })

  it('is refused without a column of addresses, empty, in UTF-16, or with a name twice', async () => {
    await expect(read('name,city\nAda,Berlin\n')).rejects.toThrow(/no column "email"/)
    await expect(read('')).rejects.toThrow(/empty/)
    await expect(read(inPieces(Buffer.from('\ufeffemail\n', 'utf16le'), 100))).rejects.toThrow(
      /UTF-16/,
    )
    await expect(read('email,name,Name \n')).resolves.toBeDefined()
    await expect(read('email,name,name\n')).rejects.toThrow(/"name" twice/)
  })

  it('takes no attribute name for more than a name', async () => {
    const { rows } = await read('email,__proto__,constructor\na@a.test,x,y\n')
    expect(({} as Record<string, unknown>).x).toBeUndefined()
    expect(JSON.stringify(rows[0])).not.toContain('"x":')
    expect((rows[0] as { attributes: Record<string, string> }).attributes.constructor).toBe('y')
  })
})
