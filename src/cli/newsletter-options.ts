import { PostriderError } from '../errors.ts'

/** By which option each field of a newsletter is given, where it is not called the same. */
const OPTIONS: Readonly<Record<string, string>> = {
  name: '--name',
  fromName: '--from',
  fromAddress: '--from',
  replyTo: '--reply-to',
  postalAddress: '--postal',
  description: '--description',
  language: '--language',
  timeZone: '--time-zone',
  brandColor: '--color',
  'theme.logo.url': '--logo',
  'theme.logo.width': '--logo-size, the width',
  'theme.logo.height': '--logo-size, the height',
  'theme.logo.darkUrl': '--logo-dark',
  'theme.width': '--width',
  notifyAddress: '--notify',
  transports: '--transports',
  pauseHardPercent: '--pause-hard',
  pauseComplaintPercent: '--pause-complaints',
  pauseBlockPercent: '--pause-blocks',
  inactiveAfter: '--inactive-after',
}

/** Does it; what is wrong with a field is said of the option that was typed. @throws PostriderError */
export async function byOptions<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    const place = error instanceof PostriderError ? (error.place ?? '') : ''
    const option = Object.hasOwn(OPTIONS, place) ? OPTIONS[place] : undefined
    if (!(error instanceof PostriderError) || option === undefined) throw error
    const words = error.message.replace(/^[\w.]+: /, '')
    throw new PostriderError(error.code, `${option}: ${words}`, { place, cause: error })
  }
}
