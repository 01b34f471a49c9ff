// The header fields of the answers: the one that a page needs, and those that inlay sends of its own, with values of the
// same size. Here they cost nothing to make.

export const plain = { "content-type": "text/html; charset=utf-8" };

export const asInlay = {
  ...plain,
  "etag": '"0123456789abcdef0123456789abcdef"',
  "cache-control": "private, no-cache",
  "cache-status": [0, 1, 2, 3, 4].map((i) => `inlay/part${i};hit`).join(", "),
};
