/** The palette, type and steps of the project's look, on the system's own faces. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --page: #f6f7f9; --ink: #1f2328; --quiet: #59636e; --line: #d8dee4;
  --accent: #0b6e4f; --soft: #e7f3ee; --error: #b3261e; --error-soft: #fdf0ee; --warn: #7a5200; --warn-soft: #fdf6e3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181d; --page: #0e1013; --ink: #e6e9ed; --quiet: #9aa4af; --line: #2b3138;
    --accent: #58c49a; --soft: #16271f; --error: #ff8a80; --error-soft: #2a1817; --warn: #e5b567; --warn-soft: #261f12;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html, body { height: 100%; }
body {
  margin: 0; display: flex; flex-direction: column; background: var(--page); color: var(--ink);
  font: 16px/1.65 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei",
    "Noto Sans CJK SC", sans-serif;
}
h1, h2, p, dl, dd, ol, pre { margin: 0; padding: 0; }
h1 { font-size: 16px; line-height: 1.4; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
h2 { font-size: 14px; line-height: 1.4; font-weight: 600; color: var(--quiet); }
a { color: var(--accent); }
.quiet { color: var(--quiet); font-size: 13px; line-height: 1.6; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 6px; }
main:focus-visible { outline: none; }
button {
  font: inherit; font-size: 14px; min-height: 36px; padding: 0 12px; border: 0; border-radius: 8px; background: none;
  color: var(--quiet); cursor: pointer; white-space: nowrap;
}
button:hover { color: var(--ink); }
button[aria-current], button[aria-pressed="true"] { background: var(--soft); color: var(--ink); font-weight: 600; }
button:disabled { opacity: .45; cursor: default; }

.bar {
  display: flex; align-items: center; justify-content: space-between; gap: 8px 24px; padding: 8px 20px;
  background: var(--paper); border-bottom: 1px solid var(--line);
}
.file { min-width: 0; flex: 1 1 0; }
.file p { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.views, .looks { display: flex; gap: 2px; }
.looks { flex: 1 1 0; justify-content: flex-end; }
.count { font-variant-numeric: tabular-nums; }
.count.errors { color: var(--error); }
.count.warnings { color: var(--warn); }

.inbox {
  display: flex; align-items: baseline; gap: 20px; padding: 10px 20px; background: var(--paper);
  border-bottom: 1px solid var(--line); font-size: 14px;
}
.inbox .from { font-weight: 600; white-space: nowrap; max-width: 220px; overflow: hidden; text-overflow: ellipsis; }
.inbox .line { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--quiet); }
.inbox .line b { color: var(--ink); font-weight: 600; }
.inbox #preheader:not(:empty)::before { content: " — "; }
.inbox .quiet, .inbox a { white-space: nowrap; font-size: 13px; }
.banner { padding: 10px 20px; background: var(--error-soft); color: var(--error); border-bottom: 1px solid var(--line); font-weight: 600; font-size: 14px; overflow-wrap: anywhere; }

.work { flex: 1; min-height: 0; display: flex; }
main { flex: 1; min-width: 0; display: grid; gap: 16px; padding: 16px 20px; overflow: auto; }
main[data-view="all"] { grid-template-columns: repeat(3, minmax(0, 1fr)); grid-auto-rows: minmax(320px, 1fr); }
main:not([data-view="all"]) { grid-template-rows: minmax(0, 1fr); }
.pane { min-width: 0; min-height: 0; display: flex; flex-direction: column; gap: 6px; }
main:not([data-view="all"]) .pane > h2 { display: none; }
.scroll {
  flex: 1; min-height: 0; overflow: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--paper);
  overscroll-behavior: contain;
}
.frame .scroll { background: #f6f7f9; scrollbar-gutter: stable; }
.frame.night .scroll { background: #0e1013; }
.sheet { position: relative; margin: 0 auto; overflow: hidden; transform-origin: 0 0; }
iframe { position: absolute; inset: 0 auto auto 0; border: 0; transform-origin: 0 0; background: #ffffff; }
.night iframe { background: #0e1013; }
.next { visibility: hidden; }
.stale .sheet { opacity: .5; }

pre, .lines { font: 13px/1.6 ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono", "Noto Sans Mono CJK SC", monospace; }
.text .scroll pre { padding: 20px; min-width: 76ch; white-space: pre; }
main:not([data-view="all"]) .text .scroll pre { width: 76ch; margin: 0 auto; font-size: 14px; box-sizing: content-box; }
main[data-view="all"] .text pre { font-size: 12px; }
.headers .scroll pre { padding: 20px; white-space: pre-wrap; overflow-wrap: anywhere; }
.lines { list-style: none; padding: 12px 0; }
.lines li { display: grid; grid-template-columns: 56px minmax(0, 1fr); scroll-margin: 80px; }
.lines .no { color: var(--quiet); text-align: right; padding-right: 16px; user-select: none; font-variant-numeric: tabular-nums; }
.lines code { font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; padding-right: 20px; min-height: 1.6em; }
main:not([data-view="all"]) .lines { font-size: 14px; }
.lines .has-error { background: var(--error-soft); }
.lines .has-warning { background: var(--warn-soft); }
.lines .here { box-shadow: inset 3px 0 var(--accent); }
.lines .note { grid-column: 2; font: 13px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans CJK SC", sans-serif; padding: 2px 20px 6px 0; }
.error > .mark, .note.error { color: var(--error); }
.warning > .mark, .note.warning { color: var(--warn); }
@media (prefers-reduced-motion: no-preference) {
  .lines .new code { animation: new 1.6s ease-out; }
  @keyframes new { from { background: var(--soft); } }
}

aside { width: 340px; flex: none; overflow: auto; background: var(--paper); border-left: 1px solid var(--line); padding: 16px 0; }
aside h2 { padding: 0 20px 8px; }
aside ol { list-style: none; }
aside li button {
  display: grid; grid-template-columns: 20px minmax(0, 1fr); gap: 0 8px; width: 100%; text-align: left; padding: 10px 20px;
  border-radius: 0; white-space: normal; font-size: 14px; line-height: 1.55; color: var(--ink);
}
aside li button:hover, aside li.here button { background: var(--page); }
aside li + li { border-top: 1px solid var(--line); }
aside .mark { font-weight: 700; }
aside .where { display: block; color: var(--quiet); font-size: 13px; }
aside .more { display: block; color: var(--quiet); font-size: 13px; line-height: 1.6; }
aside .what { overflow-wrap: anywhere; }
aside .none { padding: 8px 20px; }

dialog { border: 1px solid var(--line); border-radius: 12px; background: var(--paper); color: var(--ink); padding: 24px; max-width: 420px; }
dialog::backdrop { background: rgb(14 16 19 / .4); }
dialog div { display: grid; grid-template-columns: 72px 1fr; gap: 12px; padding: 4px 0; }
dialog form { margin-top: 16px; text-align: right; }
kbd { font: 13px/1.6 ui-monospace, Menlo, Consolas, monospace; border: 1px solid var(--line); border-radius: 6px; padding: 1px 6px; }

@media (max-width: 1180px) {
  .bar { flex-wrap: wrap; }
  .file { flex-basis: 100%; display: flex; gap: 16px; align-items: baseline; }
  .views, .looks { flex: 0 1 auto; }
  main[data-view="all"] { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  aside { width: 300px; }
}
@media (max-width: 760px) {
  html, body { height: auto; }
  .bar { padding: 8px 12px; position: sticky; top: 0; z-index: 2; }
  .views, .looks { overflow-x: auto; max-width: 100%; justify-content: flex-start; }
  button { min-height: 44px; }
  .inbox { flex-wrap: wrap; gap: 2px 16px; padding: 10px 12px; }
  .inbox .line { flex-basis: 100%; }
  .banner { padding: 10px 12px; }
  .inbox a { min-height: 44px; display: inline-flex; align-items: center; }
  .work { flex-direction: column; }
  main { padding: 12px; overflow: visible; }
  main[data-view="all"] { grid-template-columns: minmax(0, 1fr); grid-auto-rows: 70vh; }
  main:not([data-view="all"]) { grid-template-rows: 80vh; }
  aside { order: -1; width: auto; max-height: 40vh; border-left: 0; border-bottom: 1px solid var(--line); }
  aside h2, aside .none { padding-left: 12px; }
  aside li button { padding-left: 12px; padding-right: 12px; }
}
`
