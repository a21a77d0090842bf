// Two texts side by side, the words that went and the words that came marked.

const TOKEN = /\s*(?:[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_])/gu;
const CELLS = 1_500_000; // beyond this the middle is marked as a whole
const ALIKE = 0.3; // below this share of common words a patchwork explains nothing

const tokens = (text) => text.slice(0, 40000).match(TOKEN) ?? [];
const bare = (token) => token.trimStart();

// Returns [left, right], each a list of [text, marked].
export function compared(before, after) {
  const left = tokens(before);
  const right = tokens(after);
  let head = 0;
  while (head < left.length && head < right.length && bare(left[head]) === bare(right[head])) head += 1;
  let tail = 0;
  while (tail < left.length - head && tail < right.length - head
    && bare(left[left.length - 1 - tail]) === bare(right[right.length - 1 - tail])) tail += 1;
  const common = middle(left.slice(head, left.length - tail).map(bare), right.slice(head, right.length - tail).map(bare));
  return [stretches(left, head, tail, common.map(([one]) => one)), stretches(right, head, tail, common.map(([, other]) => other))];
}

function stretches(all, head, tail, kept) {
  const same = new Set(kept.map((place) => place + head));
  const found = [];
  all.forEach((token, place) => {
    const marked = place >= head && place < all.length - tail && !same.has(place);
    const last = found.at(-1);
    if (last && last[1] === marked) last[0] += token;
    else found.push([token, marked]);
  });
  return found;
}

// The places of a longest common subsequence.
function middle(left, right) {
  const [n, m] = [left.length, right.length];
  if (!n || !m || n * m > CELLS) return [];
  const lengths = Array.from({ length: n + 1 }, () => new Uint16Array(m + 1));
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let j = m - 1; j >= 0; j -= 1) {
      lengths[i][j] = left[i] === right[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const pairs = [];
  for (let i = 0, j = 0; i < n && j < m;) {
    if (left[i] === right[j]) pairs.push([i++, j++]);
    else if (lengths[i + 1][j] >= lengths[i][j + 1]) i += 1;
    else j += 1;
  }
  return pairs.length / Math.max(n, m) < ALIKE ? [] : pairs;
}
