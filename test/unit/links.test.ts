import { describe, expect, it } from 'vitest'
import { newKeys, parseKeys } from '../../src/key-file.ts'
import {
  confirmUrl,
  openConfirmToken,
  openUnsubscribeToken,
  unsubscribeUrl,
} from '../../src/links.ts'
import { createSecrets } from '../../src/secrets.ts'

const secrets = createSecrets(parseKeys(newKeys(), 'test'))
const newsletterId = '7'
const subscriberId = '9223372036854775807'
const base = 'https://letters.example/news'
const tokenOf = (url: string) => url.slice(url.lastIndexOf('/') + 1)

describe('signed links', () => {
  it('carry what they are about, below PUBLIC_URL', () => {
    const url = unsubscribeUrl(secrets, base, { newsletterId, subscriberId })
    expect(url).toMatch(/^https:\/\/letters\.example\/news\/u\/[A-Za-z0-9_-]{44}$/)
    expect(openUnsubscribeToken(secrets, tokenOf(url))).toEqual({ newsletterId, subscriberId })
    const confirm = confirmUrl(secrets, base, { newsletterId, subscriberId, confirmId: '3' })
    expect(openConfirmToken(secrets, tokenOf(confirm))).toEqual({
      newsletterId,
      subscriberId,
      confirmId: '3',
    })
  })

  it('open their own purpose and nothing else', () => {
    const leave = tokenOf(unsubscribeUrl(secrets, base, { newsletterId, subscriberId }))
    const confirm = tokenOf(
      confirmUrl(secrets, base, { newsletterId, subscriberId, confirmId: '3' }),
    )
    expect(openConfirmToken(secrets, leave)).toBeNull()
    expect(openUnsubscribeToken(secrets, confirm)).toBeNull()
    const mail = secrets.mint('unsubscribe-mail', [7n, 9n]).toString('base64url')
    expect(openUnsubscribeToken(secrets, mail)).toBeNull()
  })

  it('have one spelling: a token that is cut, longer, changed or padded is none', () => {
    const token = tokenOf(unsubscribeUrl(secrets, base, { newsletterId, subscriberId }))
    const changed = `${token.slice(0, 10)}${token[10] === 'A' ? 'B' : 'A'}${token.slice(11)}`
    const bad = [
      token.slice(0, -1),
      `${token}A`,
      changed,
      `${token}=`,
      `${token}.`,
      ` ${token}`,
      '',
      '\0',
    ]
    for (const each of bad) expect(openUnsubscribeToken(secrets, each)).toBeNull()
  })

  it('of a key that is gone, or of somebody else, open nothing', () => {
    const other = createSecrets(parseKeys(newKeys(), 'test'))
    const token = tokenOf(unsubscribeUrl(secrets, base, { newsletterId, subscriberId }))
    expect(openUnsubscribeToken(other, token)).toBeNull()
  })
})
