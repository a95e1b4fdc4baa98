/** An empty `from` is the null sender of reports. */
export type Envelope = Readonly<{ from: string; to: string }>
