/**
 * A day as the newsletter's language writes it. It is a day in the calendar, not an instant: no zone moves it.
 * @param date YYYY-MM-DD
 */
export function showDate(date: string | null, language: string): string | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date ?? '')
  if (!parts) return null
  const [year = 0, month = 1, day = 1] = parts.slice(1).map(Number)
  return new Intl.DateTimeFormat(knownLanguage(language), {
    dateStyle: 'long',
    timeZone: 'UTC',
  }).format(Date.UTC(year, month - 1, day))
}

function knownLanguage(language: string): string {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? 'en'
  } catch {
    return 'en'
  }
}
