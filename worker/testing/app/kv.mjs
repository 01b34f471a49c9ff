// What a KV namespace asks its service in bare workerd, in memory.

const values = new Map();

export default {
  async fetch(request) {
    const key = decodeURIComponent(new URL(request.url).pathname.slice(1));
    switch (request.method) {
      case "PUT":
        values.set(key, await request.arrayBuffer());
        return new Response(null);
      case "DELETE":
        values.delete(key);
        return new Response(null);
      default:
        return values.has(key) ? new Response(values.get(key)) : new Response(null, { status: 404 });
    }
  },
};
