import { expect, test } from 'vitest'
import { type Post, waysOf } from '../../src/cli/post.ts'
import { chooseWays } from '../../src/transports/choose-ways.ts'

const configured = [{ name: 'main' }, { name: 'backup' }, { name: 'ses' }]

test('a newsletter that says nothing goes by all ways, with their own weights', () => {
  expect(chooseWays(configured, { slug: 'weekly', transports: null })).toEqual(
    configured.map((way) => ({ way, weight: null })),
  )
})

test('one that names some goes by those alone, in its order and by its weights', () => {
  const transports = [
    { name: 'ses', weight: 3 },
    { name: 'main', weight: 1 },
  ]
  expect(chooseWays(configured, { slug: 'weekly', transports })).toEqual([
    { way: { name: 'ses' }, weight: 3 },
    { way: { name: 'main' }, weight: 1 },
  ])
})

test('one that names what is not configured is told what is, and what to do', () => {
  const transports = [{ name: 'gone', weight: 1 }]
  expect(() => chooseWays(configured, { slug: 'weekly', transports })).toThrow(
    /weekly goes by the transport gone.*main, backup, ses.*newsletter edit weekly --transports/,
  )
})

test("a campaign is made with its newsletter's ways, the first of them as the one that is shown", () => {
  const way = (transportId: string, name: string, kind = 'smtp') => ({
    transportId,
    config: { name, kind },
  })
  const post = { ...way('1', 'main'), others: [way('2', 'backup'), way('3', 'ses')] } as unknown
  const transports = [
    { name: 'ses', weight: 3 },
    { name: 'main', weight: 1 },
  ]
  const slug = 'weekly'
  expect(waysOf(post as Post, { slug, transports })).toEqual({
    ...{ transportId: '3', otherTransportIds: ['1'] },
    weights: new Map([
      ['3', 3],
      ['1', 1],
    ]),
  })
  expect(waysOf(post as Post, { slug, transports: null })).toEqual({
    ...{ transportId: '1', otherTransportIds: ['2', '3'], weights: new Map() },
  })
  // Where nobody is mailed there is one way for all.
  const caught = { ...way('9', 'catcher', 'catcher'), others: [] } as unknown
  expect(waysOf(caught as Post, { slug, transports })).toEqual({ transportId: '9' })
})
