package instance

import (
	"context"
	"log"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall/js"

	"github.com/syumai/workers"

	"inlay/edge"
	"inlay/internal/notfound"
)

// Serve tells JavaScript how to run fills and requests through the origin. It never returns: the instance goes when nothing
// can call it any more, and not with its answer, so that what a handler gave to cloudflare.WaitUntil ends too.
func Serve(origin http.Handler) {
	offer(js.Global().Get("context").Get("binding"), origin)
	workers.ServeNonBlock(whole(notfound.Tell(origin)))
	workers.Ready()
	select {}
}

// offer sets what JavaScript calls. A batch at a time is run.
//
//   - runFills(batch, write, done): write gets the bytes of each frame as soon as its handler has finished; done gets an empty
//     text at the end, or why the batch was refused.
//   - cancelFills() ends the contexts of the batch in progress.
//   - goroutines() and goroutineStacks() tell what is left of batches.
func offer(binding js.Value, origin http.Handler) {
	array := js.Global().Get("Uint8Array")
	cancel := func() {}
	binding.Set("runFills", js.FuncOf(func(_ js.Value, args []js.Value) any {
		batch := make([]byte, args[0].Length())
		js.CopyBytesToGo(batch, args[0])
		write, done := args[1], args[2]
		ctx, end := context.WithCancel(context.Background())
		cancel = end
		go func() {
			defer end()
			err := edge.RunFills(ctx, origin, batch, func(frame []byte) {
				bytes := array.New(len(frame))
				js.CopyBytesToJS(bytes, frame)
				write.Invoke(bytes)
			})
			if err != nil {
				done.Invoke(err.Error())
				return
			}
			done.Invoke("")
		}()
		return nil
	}))
	binding.Set("cancelFills", js.FuncOf(func(js.Value, []js.Value) any {
		cancel()
		return nil
	}))
	binding.Set("goroutines", js.FuncOf(func(js.Value, []js.Value) any { return runtime.NumGoroutine() }))
	binding.Set("goroutineStacks", js.FuncOf(func(js.Value, []js.Value) any {
		stacks := make([]byte, 8<<10)
		return strings.ToValidUTF8(string(stacks[:runtime.Stack(stacks, true)]), "")
	}))
}

// whole is what net/http's server does for a handler and syumai/workers v0.32.0 does not. It puts header fields together
// again that were taken apart at each comma: a User-Agent of "Mozilla/5.0 (…) (KHTML, like Gecko)" would otherwise end at
// "(KHTML". And a handler that panics or ends its goroutine ends its own answer and nothing else.
func whole(h http.Handler) http.Handler {
	binding := js.Global().Get("context").Get("binding")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, parts := range r.Header {
			if len(parts) > 1 {
				r.Header[name] = []string{strings.Join(parts, ",")}
			}
		}
		r.Host = r.Header.Get("Host")
		r.Header.Del("Host")
		returned := false
		defer func() {
			if returned {
				return
			}
			text := "the handler ended its goroutine"
			switch v := recover(); {
			case v == http.ErrAbortHandler:
				text = "the handler aborted its answer"
			case v != nil:
				text = "the handler panicked; its log says with what"
				log.Printf("panic in the handler of %s %s: %v\n%s", r.Method, r.URL.Path, v, debug.Stack())
			}
			binding.Call("breakOff", text)
		}()
		h.ServeHTTP(w, r)
		returned = true
	})
}
