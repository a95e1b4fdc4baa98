/** For a bare address: `https://www.a.example/x` → `a.example`. */
export function hostOf(href: string): string {
  const mail = /^mailto:([^?]+)/i.exec(href)?.[1]
  if (mail) return mail
  return URL.canParse(href) ? new URL(href).host.replace(/^www\./, '') || href : href
}
