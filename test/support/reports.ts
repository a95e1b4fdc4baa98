export type ReportedRecipient = {
  /** RFC 3464 2.3.2 wants one; not given: of somebody else, as forwarded mail has it. */
  finalRecipient?: string
  originalRecipient?: string
  action?: string
  status?: string
  diagnostic?: string
}

/** A delivery report as RFC 3464 draws it, of a server that we made up. */
export function report(recipients: readonly ReportedRecipient[]): Buffer {
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
      'Message-ID: <m-x@weekly.example>',
      '',
      '--=_cut--',
      '',
    ].join('\r\n'),
  )
}
