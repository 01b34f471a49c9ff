//go:build js

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall/js"
	"time"

	"github.com/syumai/workers/cloudflare"
)

// keeping are handlers that leave something behind in their instance: what an instance that is kept has to notice, or to bear.
var keeping = map[string]http.HandlerFunc{
	// What package variables do.
	"count": func(w http.ResponseWriter, _ *http.Request) { say(w, "count %d", counted.Add(1)) },
	"user": func(w http.ResponseWriter, r *http.Request) {
		before := lastUser
		lastUser = r.FormValue("url")
		say(w, "now %s, before %s", lastUser, before)
	},
	// What is the batch's own.
	"context": func(w http.ResponseWriter, r *http.Request) {
		lasts := js.Global().Get("context").Get("ctx")
		same := lastContext.Equal(lasts)
		lastContext = lasts
		say(w, "%q, the context of another request: %v, count %d", cloudflare.Getenv("PLAIN"), same, counted.Add(1))
	},
	// Goroutines and timers.
	"leave-blocked": func(w http.ResponseWriter, _ *http.Request) {
		go func() { <-context.Background().Done() }()
		say(w, "count %d", counted.Add(1))
	},
	"leave-ticking": func(w http.ResponseWriter, _ *http.Request) {
		go func() {
			for range time.Tick(10 * time.Millisecond) {
				ticks.Add(1)
			}
		}()
		say(w, "count %d", counted.Add(1))
	},
	"leave-after": func(w http.ResponseWriter, _ *http.Request) {
		go func() { <-time.After(time.Minute) }()
		say(w, "count %d", counted.Add(1))
	},
	"leave-func": func(w http.ResponseWriter, _ *http.Request) {
		after(1500*time.Millisecond, func() { fired.Add(1) })
		say(w, "count %d, fired %d", counted.Add(1), fired.Load())
	},
	"wait-for-func": func(w http.ResponseWriter, _ *http.Request) {
		begun := time.Now()
		for fired.Load() == 0 && time.Since(begun) < 7*time.Second {
			time.Sleep(5 * time.Millisecond)
		}
		say(w, "count %d, fired %d", counted.Add(1), fired.Load())
	},
	"fired": func(w http.ResponseWriter, _ *http.Request) {
		say(w, "count %d, fired %d", counted.Add(1), fired.Load())
	},
	"leave-ask": leaveAsk,
	"leave-call": func(w http.ResponseWriter, _ *http.Request) {
		// No goroutine waits for it; its request's context lives on until it has come.
		js.Global().Call("setTimeout", js.FuncOf(func(js.Value, []js.Value) any {
			fmt.Println("a rest of a batch runs")
			return nil
		}), 3000)
		js.Global().Get("context").Get("ctx").Call("waitUntil", js.Global().Get("scheduler").Call("wait", 3200))
		say(w, "count %d", counted.Add(1))
	},
	"wait-count": func(w http.ResponseWriter, _ *http.Request) {
		cloudflare.WaitUntil(func() { time.Sleep(5 * time.Second) })
		say(w, "count %d", counted.Add(1))
	},
	// What is of the request that made it.
	"keep-body": keepBody,
	// What wears an instance out.
	"leak-values": func(w http.ResponseWriter, _ *http.Request) {
		for range 2000 {
			leaked = append(leaked, js.Global().Get("Object").New())
		}
		say(w, "count %d", counted.Add(1))
	},
	"leak-memory": func(w http.ResponseWriter, _ *http.Request) {
		waste = append(waste, make([]byte, 12<<20))
		for i := range waste[len(waste)-1] {
			waste[len(waste)-1][i] = 1
		}
		say(w, "count %d", counted.Add(1))
	},
	"goroutines": func(w http.ResponseWriter, _ *http.Request) {
		var all sync.WaitGroup
		for range 100 {
			all.Go(runtime.Gosched)
		}
		all.Wait()
		say(w, "count %d", counted.Add(1))
	},
	"slow-count": func(w http.ResponseWriter, r *http.Request) {
		ms, _ := strconv.Atoi(r.FormValue("url"))
		time.Sleep(time.Duration(ms) * time.Millisecond)
		say(w, "count %d", counted.Add(1))
	},
	"ask-count": func(w http.ResponseWriter, r *http.Request) {
		resp, err := http.Get(r.FormValue("url"))
		say(w, "%s, count %d", summary(resp, err), counted.Add(1))
	},
}

var (
	counted, ticks, fired atomic.Int64
	lastUser              = "nobody"
	lastContext           js.Value
	leaked                []js.Value
	waste                 [][]byte
	body                  io.ReadCloser
	after                 = func(d time.Duration, f func()) { time.AfterFunc(d, f) }
)

// leaveAsk asks and does not wait for the answer.
func leaveAsk(w http.ResponseWriter, r *http.Request) {
	url := r.FormValue("url")
	go func() {
		resp, err := http.Get(url)
		if err == nil {
			_ = resp.Body.Close()
		}
	}()
	say(w, "count %d", counted.Add(1))
}

// keepBody begins to read an answer, and reads on when it is called again.
func keepBody(w http.ResponseWriter, r *http.Request) {
	if body == nil {
		resp, err := http.Get(r.FormValue("url"))
		if err != nil {
			say(w, "error: %v", err)
			return
		}
		body = resp.Body
	}
	first := make([]byte, 1)
	_, err := io.ReadFull(body, first)
	say(w, "read %s, %v, count %d", first, err, counted.Add(1))
}
