// Package instance is the Go side of an instance of app.wasm; its other side are worker/go.mjs and
// worker/app-instances.mjs. An instance lives for one batch of fills, or for one request that no page answers; where instances are kept,
// for one batch after another (worker/app-pool.mjs).
package instance
