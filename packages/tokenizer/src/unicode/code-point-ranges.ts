// Data, not logic. Hugging Face's Rust library froze its properties at Unicode 8 and 9, and its users' ids depend on
// them, so what the engine's own, newer \p{...} classes have gained since is listed here.
// Ranges ascend, in base 36, each "gap" or "gap:extra": start = previous end + gap, end = start + extra.
// test/bert-differential.test.ts compares every code point with the Rust library.

/**
 * What has gained a combining class or a decomposition (NFD or NFKD) after Unicode 9, with code points between that
 * have neither.
 */
export const LATER_THAN_UNICODE_9_RANGES =
  '1kt 4a:1o 8b fy 73:1 am 1nf q2:18 ln:4 45h n3m:3 1k n1 huo:dt 12i:d3 2:3s 6j jv 20:e 1g:3 6:2 3y ' +
  'rf:1 72 5:1 5 4d 2c j 2a ix 2:1 2a bu:1 d0f:7 7 2ex:2 hy:1 icl:z 3sn:1c5 22f 22s:9';

/** What category M has gained after Unicode 9, with code points between that are not in it. */
export const LATER_MARK_RANGES =
  '1kt 4a:1o 8b 70:5 2e 4v:1k 53:d 1n:1 1x 8p k 1mv 6y j4:18 ek 73:4 raq 5v js5:gx 6j:4 26 3n:1 3n 5:1 ' +
  '36 6y 3h:16 3g r2:mz cq:dfi 2sg 1c:8 2l:d irz:1y 3ex:19i';

/** Code points assigned after Unicode 16, which the regular expressions of the Rust library know. */
export const LATER_THAN_UNICODE_16_RANGES =
  '1ov r1 3k 2r7:e 3:b 15i 251 ojc:1 3 2 t gk2:f ce:1 1j:6 29e:p 12k:2 9:8 y:1 2g5:7 g9:17 5:9 ' +
  'fxz:o 3:o 7z:4 4qq:7 zu:l 2q:36 cg8:2 ce:m g:g 4pc:u 2:l 9:1 34p 4f:3 9i:8 ak:3 1f 4 1m 5 t 5 7f ' +
  '10zk:5 4mb:b gsj:3bd';

/**
 * What categories Mn, P, Cc, Cf and Co have gained after Unicode 8, with code points between that are in none of them:
 * mostly those that are not assigned yet.
 */
export const LATER_THAN_UNICODE_8_RANGES =
  'n4:1 2:1 k9 dc 43:2a 7v:1 3c 3o:5 2e 4v:1k c 1b d 3g 1n:1 1x 8p k 4l 2:1 2 9 i a 5 5 5 d 1na:3b ' +
  'ft:18 2r:1 1a:2 hj:5 37s:q o27 49 1m 5a jmv:h1 6f:4 26:b 2p:1 4a 6 33:3 6y 3k:4j ea:c 25 ae:1jk ' +
  '35e:9q6 2f2:de 43:2 isc:1y 3ay:1dh gf:r';
