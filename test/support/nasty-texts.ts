// Names and values that have broken pages: markup, scripts, directions, invisible and combining marks, and sizes.

const MARKUP = [
  '<img src=x onerror=alert(1)>', '<script>alert(1)</script>', '"><svg onload=alert(1)>', '</title><script>alert(1)</script>', 'javascript:alert(1)',
  '<iframe srcdoc="<script>alert(1)</script>">', '${alert(1)}', '{{constructor.constructor("alert(1)")()}}', '<a href="javascript:alert(1)">x</a>', '<style>*{display:none}</style>',
  '<!--', '-->', ']]>', '<plaintext>', '<base href=//elsewhere.example>', '<meta http-equiv=refresh content=0>', '&lt;b&gt;', '&#x3C;b&#x3E;', '%3Cscript%3E', '\\u003cscript\\u003e',
  "' onmouseover='alert(1)", '" autofocus onfocus="alert(1)', '`-alert(1)-`', '<object data=x>', '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
]
const PROGRAMS = [
  "'; DROP TABLE streams; --", '=1+1', '=cmd|"/c calc"!A1', '@SUM(1+1)', '+1', '-1', '../../etc/passwd', '..\\..\\windows', 'CON', 'NUL',
  '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'undefined', 'NaN', 'true', '[object Object]', '0',
  'file:///etc/passwd', 'http://[::1]/', '//elsewhere.example', '#/settings', '?profile=other', '%00', '%s%s%n', '{}', '[]', '$(reboot)',
]
const WRITING = [
  '\u202Egnirts a', '\u202Dleft\u202C', '\u2066isolate', '\u2067right', '\u200Finvisible', '\u200Bzero width', '\uFEFFmark', '\u00ADsoft\u00ADhyphen', 'a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308', 'Z\u0351\u036B\u0343\u036A\u0302\u036B\u033D\u034F\u0334\u0319\u0324\u031E\u0349\u035A\u032F\u031E\u0320\u034DA\u036B\u0357',
  'نبض المدينة', 'שלום עולם', 'مرحبا <b>', '日本語の名前', '한국어', 'ไทย', '\u{1F9D8}\u200D\u2642\uFE0F', '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}', '\u{1F1EA}\u{1F1FA}', '\u{1F3F4}\u{E0067}\u{E0062}\u{E007F}',
  'ﷺ', '\uFDFD', 'İstanbul', 'ẞtraße', '\u{10FFFF}', '\uE000', 'é vs e\u0301', 'ﬀ', '\u2028line', '\u2029paragraph',
]
const SIZES = [
  'W'.repeat(120), 'i'.repeat(120), '\u{1F9D8}'.repeat(28), 'very-long-unbroken-name-'.repeat(5), 'a b '.repeat(28), '.', '…', '‖', '✓ verified', '1e999',
  '9'.repeat(60), '-0', '0x10', '1,000.5', '١٢٣', '\u00BD', 'Infinity', '1_000', '1'.repeat(100), '~',
]

/** Each a name that may be published: at least one character that is seen, and no control character. */
export const NASTY_NAMES: readonly string[] = [...MARKUP, ...PROGRAMS, ...WRITING, ...SIZES].map((name, i) => `${name} ${i}`)

/** Each of 1 to 64 bytes. */
export const NASTY_VALUES: readonly string[] = [
  '9'.repeat(64), `-${'9'.repeat(63)}`, `0.${'0'.repeat(61)}1`, '1e308', '-1e308', '1e-320', '<img src=x onerror=alert(1)>', '\u202E12.5', '"quoted"', 'a,b', '=1+1', '\u{1F9D8}'.repeat(16), 'NaN', 'Infinity', '1e999', '-0',
]
