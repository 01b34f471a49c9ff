// Package e2e tests the Worker as it is run: in the workerd that Cloudflare runs, in wrangler dev, and behind nginx,
// over HTTP, with connections that break, origins that lie and isolates that crash. What the engine decides is tested
// in internal/engine, with a clock of the test's own; here is what only a real runtime shows. Natively the same pages
// are served beside it where the two have to agree.
//
//	./build.sh build --test                    # once; so that tools and packages are there
//	go test ./worker/e2e -run TakenOver -v     # one of them
//	go test ./worker/e2e                       # all, about four minutes on two cores
//
// It needs what build.sh installs (the npm packages), and nginx and Caddy for proxy_test.go; Linux, because memory and time of
// a workerd are read from /proc.
//
//	testdata/site/       the site that is served: five fragments on a page. What lies in the repository's site/ does not matter,
//	                     save to example_test.go
//	harness/             starts and ends the servers; docs and worker_test.go use it as well
//	origin_test.go       an origin that a test holds back, counts and spoils
//	ask_test.go          requests, and reading a body as it comes
//	pages_test.go        Workers with pages of a test's own
//	worker_test.go       the page of testdata/site; the other files are each about one promise, which its name says
//	isolates_*_test.go   several isolates, with a purge log, a data centre's cache and KV: isolates_world_test.go has what they share
//	runtime_test.go      Go handlers in app.wasm, with the sites of worker/testing
//	build_*_test.go      what build.sh promises
package e2e
