package instance

import (
	"context"
	"log"
	"net/http"
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
	js.Global().Get("context").Get("binding").Set("runFills", runFills(origin))
	workers.ServeNonBlock(whole(notfound.Tell(origin)))
	workers.Ready()
	select {}
}

// runFills is runFills(batch, write, done) of JavaScript: write gets the bytes of each frame as soon as its handler has
// finished; done gets an empty text at the end, or why the batch was refused. It gives a function back that cancels.
func runFills(origin http.Handler) js.Func {
	array := js.Global().Get("Uint8Array")
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		batch := make([]byte, args[0].Length())
		js.CopyBytesToGo(batch, args[0])
		write, done := args[1], args[2]
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			defer cancel()
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
		return js.FuncOf(func(js.Value, []js.Value) any {
			cancel()
			return nil
		})
	})
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
