/** What of Debian's packages images leave out, as the slim images of Docker Hub do. */
/** Paths as packages have them, before / and /usr are merged. */
const unwanted = [
  /^usr\/share\/doc\/(?![^/]+\/copyright$)/,
  /^usr\/share\/(man|info|locale|lintian|menu|bug|doc-base|bash-completion|gdb)\//,
  // converters between character sets: 8 MB that nothing in a C.UTF-8 system opens
  /\/gconv\//,
  /^(usr\/)?sbin\/(ldconfig|iconvconfig|zic)$/,
  /^usr\/bin\/(iconv|locale|localedef|zdump|pldd|tzselect|bashbug)$/,
  /^usr\/share\/base-files\//,
  /^(etc\/terminfo|usr\/share\/tabset)\//,
  /^lib\/terminfo\/.\/(?!(linux|xterm|xterm-256color|vt100|dumb|screen)$)/,
];

/** False for manuals, translations and the like. Copyright files stay. */
export function isNeeded(path: string): boolean {
  return !unwanted.some((pattern) => pattern.test(path));
}
