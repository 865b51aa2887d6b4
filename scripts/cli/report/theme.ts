/**
 * The colours. Every pair that has to be told apart has a contrast of 3 (shapes) or 4.5 (text), in both schemes, and a test
 * measures them in a browser. No meaning rests on colour alone: heights, hatching, outlines and words say the same.
 */

const LIGHT = `
  --page: #f4f6f9; --surface: #ffffff; --raised: #ffffff; --ink: #161b26; --soft: #525c6e; --rule: #dfe4ec; --line: #79839a;
  --link: #1d4fc4; --focus: #9a12b3; --shade: rgb(20 30 60 / 14%);
  --pending: #7b8496; --running: #c9dcfd; --running-line: #2f66dd; --registered: #12803c; --draining: #ad5600; --alarm: #cf1f2e;
  --area: #e3edfe; --calls: #7b8496; --event: #8a93a5;
`;

const DARK = `
  --page: #0c1017; --surface: #131924; --raised: #1d2534; --ink: #e8edf6; --soft: #a5b0c4; --rule: #273145; --line: #74809a;
  --link: #8fb8ff; --focus: #f3a6ff; --shade: rgb(0 0 0 / 55%);
  --pending: #8d97ab; --running: #1b376f; --running-line: #6fa3ff; --registered: #43d17c; --draining: #fbb040; --alarm: #ff8087;
  --area: #182745; --calls: #8d97ab; --event: #7d889d;
`;

export const THEME = `
:root { color-scheme: light dark; ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root { ${DARK} } }
`;
