#!/usr/bin/env bash
# Installs from Debian's packages what some tests need beyond npm packages. Starts nothing, and changes nothing where
# all of it is there already.
set -euo pipefail

packages=(redis-server postfix dovecot-imapd dovecot-pop3d chromium python3 python3-dkim fonts-noto-cjk faketime)

if ! command -v apt-get >/dev/null; then
  echo "test:setup knows Debian's apt-get only. Install these by hand: ${packages[*]}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "All there: ${packages[*]}"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Not root, and no sudo: cannot install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi

# Debian's packages start their daemons when they are installed, unless this says no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi

apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
"${apt[@]}" update
# Tests bring configurations of their own: no mail system is set up.
echo 'postfix postfix/main_mailer_type select No configuration' |
  "${as_root[@]}" debconf-set-selections
"${apt[@]}" install --no-install-recommends "${missing[@]}"
