// @ts-check
// The site's 404.html, for no-app.mjs; empty where there is none. What inlay build puts in its place has the site's.

export const page = "";
