export type ReportedRecipient = {
  /** RFC 3464 2.3.2 wants one; not given: of somebody else, as forwarded mail has it. */
  finalRecipient?: string
  originalRecipient?: string
  action?: string
  status?: string
  diagnostic?: string
}

/** A delivery report as RFC 3464 draws it, of a server that we made up. */
export function report(
  recipients: readonly ReportedRecipient[],
  options: { returned?: readonly string[] } = {},
): Buffer {
  const groups = recipients.map((recipient) =>
    [
      recipient.originalRecipient && `Original-Recipient: rfc822;${recipient.originalRecipient}`,
      `Final-Recipient: rfc822; ${recipient.finalRecipient ?? 'somebody@elsewhere.test'}`,
      recipient.action && `Action: ${recipient.action}`,
      recipient.status && `Status: ${recipient.status}`,
      recipient.diagnostic && `Diagnostic-Code: ${recipient.diagnostic}`,
    ].filter(Boolean),
  )
  return Buffer.from(
    [
      'From: Mail Delivery System <mailer-daemon@relay.test>',
      'To: somebody@bounce.test',
      'Subject: Undelivered mail returned to sender',
      'Auto-Submitted: auto-replied',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status; boundary="=_cut"',
      '',
      '--=_cut',
      'Content-Type: text/plain; charset=us-ascii',
      '',
      'The mail below could not be delivered.',
      '--=_cut',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; relay.test',
      ...groups.flatMap((lines) => ['', ...lines]),
      '',
      '--=_cut',
      'Content-Type: text/rfc822-headers',
      '',
      'Subject: First',
      ...(options.returned ?? ['Message-ID: <m-x@weekly.example>']),
      '',
      '--=_cut--',
      '',
    ].join('\r\n'),
  )
}

/** A complaint as RFC 5965 draws it, of a provider that we made up. */
export function complaint(options: { type?: string; headers: readonly string[] }): Buffer {
  return Buffer.from(
    [
      'From: Complaints <feedback@far.test>',
      'To: fbl@bounce.test',
      'Subject: FW: First',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=feedback-report; boundary="=_cut"',
      '',
      '--=_cut',
      'Content-Type: text/plain; charset=us-ascii',
      '',
      'A reader pressed the button.',
      '--=_cut',
      'Content-Type: message/feedback-report',
      '',
      `Feedback-Type: ${options.type ?? 'abuse'}`,
      'User-Agent: Loop/1.0',
      'Version: 1',
      '',
      '--=_cut',
      'Content-Type: text/rfc822-headers',
      '',
      'From: Weekly <editor@weekly.example>',
      'Subject: First',
      ...options.headers,
      '',
      '--=_cut--',
      '',
    ].join('\r\n'),
  )
}
