const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
/** A longer text is too long whatever its width, and segmenting keeps a copy of it for each character. */
const MEASURED = 400

/** A CJK character and an emoji take two, a mark on another none. */
export function columnsOf(text: string): number {
  const segments = new Intl.Segmenter().segment(text.slice(0, MEASURED))
  let columns = Math.max(0, text.length - MEASURED)
  for (const { segment } of segments) columns += WIDE.test(segment) ? 2 : 1
  return columns
}
