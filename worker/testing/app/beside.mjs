// A Worker that a service binding leads to.

export default { fetch: (request) => new Response(`beside, at ${new URL(request.url).pathname}`) };
