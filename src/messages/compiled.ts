/**
 * Where a value will stand, and so how it is escaped. `attribute` and `plain` also take whole URLs of ours.
 */
export type Place = 'text' | 'attribute' | 'url-path' | 'url-query' | 'plain' | 'header'

export type MergeHole = { hole: 'merge'; source: string; place: Place }
export type LinkHole = { hole: 'unsubscribe-url' | 'web-url' | 'address'; place: Place }
export type Hole = MergeHole | LinkHole

/** Text that goes out as it is, or a hole to be filled for one reader. */
export type Piece = string | Hole

/** Made once per campaign; plain JSON, stored in `campaigns.message`. */
export type CompiledMessage = {
  version: 1
  subject: Piece[]
  html: Piece[]
  text: Piece[]
  language: string
}
