import type { Palette, Theme } from '../../../emails/theme.ts'

/** Red for errors, at least 4.5 : 1 on its paper. */
const ERROR = { light: '#b3261e', dark: '#ff9a91' }

const variables = (palette: Palette, error: string): string =>
  [
    ...Object.entries(palette).map(([name, value]) => `--${name}:${value}`),
    `--error:${error}`,
  ].join(';')

/** The one style sheet of a reader's page: no inline styles, so that the policy can name it by its hash. */
export function pageStyle(theme: Theme): string {
  return [
    `:root{color-scheme:light dark;${variables(theme.light, ERROR.light)}}`,
    `@media(prefers-color-scheme:dark){:root{${variables(theme.dark, ERROR.dark)}}}`,
    BASE.replaceAll('FONT', theme.font).replaceAll('LEADING', theme.lineHeight),
  ].join('')
}

const BASE = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:var(--page);color:var(--ink);
font:16px/LEADING FONT;overflow-wrap:break-word}
header,main,footer{width:100%;max-width:624px;margin:0 auto;padding:0 32px}
header{min-height:60px;padding-top:16px}
main{margin-top:16px;background:var(--paper);border-radius:12px;padding-top:40px;padding-bottom:40px}
footer{padding-top:24px;padding-bottom:40px;margin-bottom:auto;color:var(--quiet);font-size:13px;line-height:1.6}
h1,h2,p,ul,form{margin:0}
h1{font-size:28px;line-height:1.3;letter-spacing:-.01em;text-wrap:balance}
h2{margin-top:40px;font-size:20px;line-height:1.4}
h1+p,h1+form{margin-top:16px}
p+p{margin-top:12px}
.quiet{color:var(--quiet)}
.small{font-size:13px;line-height:1.6;color:var(--quiet)}
a{color:var(--accent);text-underline-offset:.18em;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
.name{display:inline-flex;align-items:center;min-height:44px;font-weight:700;color:var(--ink);text-decoration:none}
.name:hover{text-decoration:underline}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:4px}
form{margin-top:24px}
label{display:block;font-weight:600}
input[type=email]{display:block;width:100%;min-height:48px;margin-top:8px;padding:8px 14px;font:inherit;
color:var(--ink);background:var(--paper);border:1px solid var(--quiet);border-radius:8px}
input[type=email]:focus-visible{outline-offset:1px;border-radius:8px}
input[aria-invalid=true]{border:2px solid var(--error);padding:7px 13px}
.button{display:inline-flex;align-items:center;justify-content:center;min-height:48px;margin-top:20px;padding:10px 24px;
font:inherit;font-weight:600;line-height:1.4;color:var(--accentText);background:var(--accent);border:1px solid transparent;
border-radius:8px;cursor:pointer;text-decoration:none;text-align:center}
.button:hover{filter:brightness(1.08)}
form .small,p.after{margin-top:16px}
.act .button{margin-top:0}
.text-link{display:inline-flex;align-items:center;min-height:44px}
.alert{margin-bottom:24px;padding:14px 16px;border:1px solid var(--error);border-left-width:4px;border-radius:8px}
.alert strong{color:var(--error)}
.wrong{margin-top:8px;color:var(--error);font-weight:600}
.trap{position:absolute;left:-9999px;width:1px;height:1px;overflow:hidden}
.issues{list-style:none;margin-top:12px;padding:0}
.issues li{border-top:1px solid var(--line)}
.issues a{display:flex;flex-wrap:wrap;gap:0 16px;justify-content:space-between;min-height:44px;padding:12px 0;
color:var(--ink);text-decoration:none}
.issues a:hover .title{text-decoration:underline}
.issues .title{flex:1 1 240px;font-weight:600}
.issues time{color:var(--quiet);font-size:13px;line-height:1.9;font-variant-numeric:tabular-nums}
.description{white-space:pre-line}
@media(max-width:480px){
header,main,footer{padding-left:20px;padding-right:20px}
header{min-height:44px;padding-top:0}
main{border-radius:0;padding-top:28px;padding-bottom:32px}
form .button,.button.wide{width:100%}
}
@media(forced-colors:active){.button{border-color:ButtonText}}
@media print{body{background:none;color:#000}header,main,footer{padding:0;max-width:none}form,.button,footer{display:none}}
`
