const GIVEN_NAMES = [
  'Ada',
  'Lin',
  '晓雨',
  'Marta',
  '子涵',
  'Tomás',
  'Ines',
  '若溪',
  'Noor',
  'Jonas',
] as const

/** What a reader's address does at the catcher, by the word in it. */
const TROUBLES = [
  { word: 'refuse', readers: 5 },
  { word: 'defer', readers: 5 },
  { word: 'bounce', readers: 2 },
] as const

/** The CSV of the 200 readers that the demo imports: 5 are refused, 5 deferred first, 2 bounce later. */
export function demoReaders(total: number): string {
  const words = TROUBLES.flatMap(({ word, readers }) => Array<string>(readers).fill(word))
  const lines = Array.from({ length: total }, (_, index) => {
    const number = String(index + 1).padStart(3, '0')
    const name = GIVEN_NAMES[index % GIVEN_NAMES.length]
    return `${words[index] ?? 'reader'}-${number}@readers.test,${name}`
  })
  return `email,first_name\n${lines.join('\n')}\n`
}
