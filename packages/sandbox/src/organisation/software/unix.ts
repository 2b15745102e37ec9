import type { Product } from "./product.js";

/** What runs on the Linux servers and the Macs of the generated organisation. */
export const unixProducts: readonly Product[] = [
  {
    key: "linux",
    os: "Linux",
    name: "",
    company: "",
    version: "",
    directory: "/usr/bin",
    programs:
      "bash|sh|ls|cat|grep|sed|awk|find|ps|top|df|du|tar|gzip|rsync|ssh|scp|curl|wget|vim|less|sudo|su|id|whoami|uname|hostname|ip|ss|systemctl|journalctl|apt-get|dpkg|python3|perl|git|make|gcc|docker|node|java|psql|pg_dump|logrotate|crontab|date|sleep|chmod|chown|mkdir|rm|cp|mv|tail|head|sort|uniq|wc|xargs|tee|env|run-parts|unattended-upgrade",
    libraries:
      "/lib/x86_64-linux-gnu/libc.so.6|/lib/x86_64-linux-gnu/libpthread.so.0|/lib64/ld-linux-x86-64.so.2|/lib/x86_64-linux-gnu/libcrypto.so.3|/lib/x86_64-linux-gnu/libssl.so.3|/lib/x86_64-linux-gnu/libselinux.so.1|/lib/x86_64-linux-gnu/libz.so.1|/lib/x86_64-linux-gnu/libsystemd.so.0",
  },
  {
    key: "linux-daemons",
    os: "Linux",
    name: "",
    company: "",
    version: "",
    directory: "/usr/sbin",
    programs:
      "sshd|cron|rsyslogd|chronyd|nginx|dockerd|/lib/systemd/systemd|/lib/systemd/systemd-journald|/lib/systemd/systemd-logind|/lib/systemd/systemd-resolved|/usr/lib/postgresql/15/bin/postgres|/usr/bin/containerd|/usr/bin/dbus-daemon|/usr/sbin/agetty|/usr/sbin/ip6tables",
  },
  {
    key: "mac",
    os: "OSX",
    name: "macOS",
    company: "Apple Inc.",
    version: "14.2",
    publisher: "Software Signing",
    issuer: "Apple Code Signing Certification Authority",
    directory: "/usr/bin",
    programs:
      "/sbin/launchd|/usr/libexec/xpcproxy|/usr/sbin/cfprefsd|/usr/libexec/trustd|/usr/libexec/nsurlsessiond|/usr/sbin/mDNSResponder|/usr/libexec/opendirectoryd|/System/Library/CoreServices/loginwindow.app/Contents/MacOS/loginwindow|/System/Library/CoreServices/Finder.app/Contents/MacOS/Finder|/System/Library/CoreServices/Dock.app/Contents/MacOS/Dock|/System/Library/Frameworks/CoreServices.framework/Versions/A/Frameworks/Metadata.framework/Versions/A/Support/mdworker_shared|/System/Applications/Utilities/Terminal.app/Contents/MacOS/Terminal|/usr/bin/login|/bin/zsh|/bin/ls|/bin/cat|/usr/bin/git|/usr/bin/ssh|/usr/bin/curl|/usr/bin/python3|/usr/bin/osascript|/usr/bin/defaults|/usr/sbin/softwareupdate|/usr/bin/clang|/usr/bin/make|/usr/bin/grep|/bin/ps",
    libraries: "/usr/lib/libSystem.B.dylib|/usr/lib/dyld|/usr/lib/libobjc.A.dylib|/usr/lib/libc++.1.dylib",
  },
  {
    key: "mac-apps",
    os: "OSX",
    name: "",
    company: "",
    version: "",
    publisher: "Developer ID Application",
    issuer: "Developer ID Certification Authority",
    directory: "/Applications",
    programs:
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome|/Applications/Slack.app/Contents/MacOS/Slack|/Applications/Visual Studio Code.app/Contents/MacOS/Electron|/Applications/zoom.us.app/Contents/MacOS/zoom.us|/Applications/Microsoft Outlook.app/Contents/MacOS/Microsoft Outlook",
  },
];
