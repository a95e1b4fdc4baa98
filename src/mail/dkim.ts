import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { createTransport } from 'nodemailer'
import { PostriderError } from '../errors.ts'

/** Signs a whole message. */
export type Signer = (bytes: Buffer) => Promise<Buffer>

/**
 * RFC 6376 5.4.1, what RFC 8058 section 4 requires (List-Unsubscribe and its -Post), and what providers group
 * complaints by. There is never an `l=`: whoever can append to a signed body can replace it.
 */
const SIGNED_FIELDS = [
  'From',
  'Sender',
  'Reply-To',
  'To',
  'Cc',
  'Subject',
  'Date',
  'Message-ID',
  'In-Reply-To',
  'References',
  'MIME-Version',
  'Content-Type',
  'Content-Transfer-Encoding',
  'List-Id',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'Feedback-ID',
  'Precedence',
  'Auto-Submitted',
].join(':')

/** 2048 bits: more does not fit into one UDP answer with its neighbours, less is refused by large providers. */
const KEY_BITS = 2048

/** The public key is SPKI in DER, as a DNS record has it. */
export function makeDkimKey(): { privateKeyPem: string; publicKeyBase64: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: KEY_BITS,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  })
  return { privateKeyPem: privateKey, publicKeyBase64: publicKey.toString('base64') }
}

/** The TXT record for a key (RFC 6376 3.6.1). DNS splits the value into strings of 255 octets; most panels do it. */
export function dkimRecord(
  domain: string,
  selector: string,
  publicKeyBase64: string,
): { name: string; value: string } {
  return {
    name: `${selector}._domainkey.${domain}`,
    value: `v=DKIM1; k=rsa; p=${publicKeyBase64}`,
  }
}

/**
 * @throws PostriderError bad-configuration if the key is no RSA key; the library would send unsigned
 */
export function createDkimSigner(options: {
  domain: string
  selector: string
  privateKeyPem: string
}): Signer {
  checkKey(options.privateKeyPem)
  const signing = createTransport({
    streamTransport: true,
    buffer: true,
    dkim: {
      domainName: options.domain,
      keySelector: options.selector,
      privateKey: options.privateKeyPem,
      headerFieldNames: SIGNED_FIELDS,
    },
  })
  return async (bytes) => {
    // What is signed is what goes over the wire, where every line ends in CRLF.
    const raw = withLineEnds(bytes)
    const { message } = await signing.sendMail({ envelope: { from: '', to: ['x@x.invalid'] }, raw })
    const signed = message as Buffer
    if (signed.length <= raw.length) throw new Error('the message was not signed')
    return signed
  }
}

function checkKey(pem: string): void {
  try {
    if (createPrivateKey(pem).asymmetricKeyType === 'rsa') return
  } catch (cause) {
    throw new PostriderError('bad-configuration', 'the DKIM key is no private key in PEM', {
      cause,
    })
  }
  throw new PostriderError('bad-configuration', 'the DKIM key is no RSA key')
}

function withLineEnds(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1')
  return /\r(?!\n)|(?<!\r)\n/.test(text)
    ? Buffer.from(text.replace(/\r\n|\r|\n/g, '\r\n'), 'latin1')
    : bytes
}
