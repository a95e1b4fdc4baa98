// biome-ignore lint/performance/noBarrelFile: goes when its last importer asks src/links.ts, which the outbox may ask too
export { confirmUrl, openConfirmToken, openUnsubscribeToken, unsubscribeUrl } from '../links.ts'
