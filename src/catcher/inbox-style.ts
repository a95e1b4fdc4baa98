/** The palette, type and steps of the project's look, on the system's own faces. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --page: #f6f7f9; --ink: #1f2328; --quiet: #59636e; --line: #d8dee4;
  --accent: #0b6e4f; --accent-text: #ffffff; --soft: #e7f3ee;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181d; --page: #0e1013; --ink: #e6e9ed; --quiet: #9aa4af; --line: #2b3138;
    --accent: #58c49a; --accent-text: #0e1013; --soft: #16271f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.65 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei",
    "Noto Sans CJK SC", sans-serif;
}
a { color: var(--accent); }
a:focus-visible, input:focus-visible, button:focus-visible {
  outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px;
}
h1 { font-size: 20px; line-height: 1.4; margin: 0; }
h1 a { color: inherit; text-decoration: none; }
h1.title { font-size: 28px; line-height: 1.3; margin: 32px 0 16px; overflow-wrap: anywhere; }
h2 { font-size: 18px; line-height: 1.45; margin: 0 0 8px; }
p { margin: 0; }
.quiet, footer { color: var(--quiet); }
.quiet { font-size: 14px; }
.wide { max-width: 1080px; margin: 0 auto; padding: 0 32px; }
.narrow { max-width: 560px; margin: 0 auto; padding: 80px 20px; }
.bar { background: var(--paper); border-bottom: 1px solid var(--line); }
.bar-inner { display: flex; flex-wrap: wrap; gap: 12px 24px; align-items: center; justify-content: space-between; padding-top: 12px; padding-bottom: 12px; min-height: 68px; }
.bar nav, .back { display: flex; gap: 20px; }
.bar nav a, .bar nav span, .back { min-height: 44px; display: inline-flex; align-items: center; text-decoration: none; }
.off { color: var(--quiet); opacity: .6; }
form { display: flex; gap: 8px; }
input, button { font: inherit; min-height: 44px; border-radius: 8px; border: 1px solid var(--line); padding: 0 14px; }
input { background: var(--page); color: var(--ink); width: 260px; min-width: 0; }
input::placeholder { color: var(--quiet); opacity: 1; }
button { background: var(--accent); border-color: var(--accent); color: var(--accent-text); font-weight: 600; cursor: pointer; }
.rows { list-style: none; margin: 20px 0; padding: 0; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.rows li + li { border-top: 1px solid var(--line); }
.rows a {
  display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 4fr) 136px 72px; gap: 0 20px; align-items: baseline;
  padding: 10px 20px; color: inherit; text-decoration: none; min-height: 44px;
}
.rows a:hover { background: var(--soft); }
.rows a:focus-visible { outline-offset: -2px; }
.subject { font-weight: 600; }
.subject, .to { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.to, .when, .size { color: var(--quiet); font-size: 14px; }
.when, .size { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.more { text-align: center; }
.more a { display: inline-flex; min-height: 44px; align-items: center; }
footer { font-size: 13px; line-height: 1.6; padding: 8px 0 40px; }
.empty { padding: 80px 20px; text-align: center; }
.empty pre { display: inline-block; text-align: left; margin: 16px 0 0; }
.envelope { margin: 0 0 28px; display: grid; gap: 4px; }
.envelope div { display: grid; grid-template-columns: 88px minmax(0, 1fr); gap: 12px; }
.path { color: var(--quiet); font-size: 14px; line-height: 1.8; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
.tabs { display: flex; gap: 4px; border-bottom: 1px solid var(--line); margin-bottom: 20px; }
.tabs a { padding: 0 16px; min-height: 44px; display: inline-flex; align-items: center; color: var(--quiet); text-decoration: none; border-bottom: 3px solid transparent; margin-bottom: -1px; }
.tabs a:hover { color: var(--ink); }
.tabs a[aria-current] { color: var(--ink); font-weight: 600; border-bottom-color: var(--accent); }
.tools { display: flex; gap: 20px; margin: -8px 0 12px; font-size: 14px; }
.tools a { min-height: 44px; display: inline-flex; align-items: center; }
iframe { display: block; border: 1px solid var(--line); border-radius: 8px; background: #ffffff; height: calc(100vh - 120px); min-height: 480px; margin: 0 auto 40px; }
iframe.full { width: 100%; }
iframe.phone { width: 362px; max-width: 100%; }
pre {
  background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 16px 20px; margin: 0 0 40px;
  font: 14px/1.6 ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono", "Noto Sans Mono CJK SC", monospace;
  white-space: pre-wrap; overflow-wrap: anywhere;
}
@media (max-width: 720px) {
  .wide { padding-left: 20px; padding-right: 20px; }
  .tools .width { display: none; }
  form { width: 100%; }
  input { flex: 1; width: auto; }
  h1.title { font-size: 24px; margin-top: 24px; }
  .rows { margin: 16px -8px; }
  .rows a { grid-template-columns: minmax(0, 1fr) auto; padding: 10px 14px; gap: 0 12px; }
  .subject { grid-column: 1 / 3; }
  .size { display: none; }
  .tabs a { padding: 0 10px; }
}
`
