package batch

import (
	"context"
	"net/http"
	"runtime"
	"sync"
)

// Run runs a batch of fills through h as [Handler] does, for a host that has the batch's bytes itself and no HTTP around
// them, as app.wasm has. It begins them in their order, and gives write each frame in one piece, before anything else of the
// same goroutine can happen; no two calls of write are at once, and the bytes are write's to keep. It returns when all have
// finished or ctx is done, whose error it then returns; a batch that is not of the form is an error too, and nothing of it
// was run.
func Run(ctx context.Context, h http.Handler, body []byte, write func(frame []byte)) error {
	b, refused := parseBatch(body)
	if refused != nil {
		return refused
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	outer := &http.Request{Host: appHost}
	var writing sync.Mutex
	ended := make(chan struct{}, len(b.Fills)) // a fill that nobody waits for any more can still end
	for i := range b.Fills {
		go runFill(ctx, h, outer, i, &b.Fills[i], func(f frame) {
			writing.Lock()
			defer func() {
				writing.Unlock()
				ended <- struct{}{}
			}()
			if ctx.Err() == nil {
				write(append(appendFrame(nil, &f), f.Body...))
			}
		})
		runtime.Gosched() // else the last begins first, in Wasm's one thread
	}
	for range b.Fills {
		select {
		case <-ended:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// appHost is the Host of the requests that app.wasm gets for fills: a fragment depends on no visitor's.
const appHost = "app.inlay.internal"
