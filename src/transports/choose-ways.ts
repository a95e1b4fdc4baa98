import type { WayChoice } from '../../db/types.ts'
import { PostriderError } from '../errors.ts'

/**
 * Of the configured ways those that a newsletter's campaigns take, in its order. Pure.
 * @param choice null: all of them, with their own weights
 * @throws PostriderError bad-configuration: one that it names is not configured
 */
export function chooseWays<T>(
  configured: readonly (T & Readonly<{ name: string }>)[],
  { slug, transports: choice }: Readonly<{ slug: string; transports: readonly WayChoice[] | null }>,
): { way: T; weight: number | null }[] {
  if (choice === null) return configured.map((way) => ({ way, weight: null }))
  return choice.map(({ name, weight }) => {
    const way = configured.find((each) => each.name === name)
    if (way !== undefined) return { way, weight }
    const known = configured.map((each) => each.name).join(', ')
    throw new PostriderError(
      'bad-configuration',
      `${slug} goes by the transport ${name}, and SMTP_URL names ${known}: add it there with ?name=${name}, or change \`postrider newsletter edit ${slug} --transports\``,
      { place: 'SMTP_URL' },
    )
  })
}
