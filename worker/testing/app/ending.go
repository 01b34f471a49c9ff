//go:build js

package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime"
	"syscall/js"
	"time"
)

// ending are handlers that end their instance, in all the ways that there are, and two that must not.
var ending = map[string]http.HandlerFunc{
	"exit":      func(http.ResponseWriter, *http.Request) { os.Exit(3) },
	"exit-zero": func(http.ResponseWriter, *http.Request) { os.Exit(0) },
	"spin-exit": func(http.ResponseWriter, *http.Request) {
		fmt.Println("spins")
		for begun := time.Now(); time.Since(begun) < 3*time.Second; {
			runtime.KeepAlive(begun)
		}
		os.Exit(3)
	},
	"fatal": func(http.ResponseWriter, *http.Request) { log.Fatal("no configuration") },
	"panic-goroutine": func(http.ResponseWriter, *http.Request) {
		go panic("in a goroutine")
		select {}
	},
	"memory": func(http.ResponseWriter, *http.Request) {
		var kept [][]byte
		for {
			kept = append(kept, make([]byte, 512<<20))
			fmt.Fprintln(os.Stderr, "holds", len(kept), "times 512 MiB")
		}
	},
	"stack": func(http.ResponseWriter, *http.Request) { fmt.Println(deeper(1)) },
	"deadlock": func(http.ResponseWriter, *http.Request) {
		// A function that JavaScript calls must not block: nothing else can run until it returns.
		js.FuncOf(func(js.Value, []js.Value) any { select {} }).Invoke()
	},
	"late-exit": func(http.ResponseWriter, *http.Request) {
		time.Sleep(100 * time.Millisecond)
		os.Exit(4)
	},
	"half-then-exit": func(w http.ResponseWriter, r *http.Request) {
		say(w, "the first half")
		w.(http.Flusher).Flush()
		time.Sleep(100 * time.Millisecond)
		os.Exit(5)
	},
	"length-then-exit": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		say(w, "some of it")
		time.Sleep(100 * time.Millisecond)
		os.Exit(6)
	},
	"goexit":  func(http.ResponseWriter, *http.Request) { runtime.Goexit() },
	"panic":   func(http.ResponseWriter, *http.Request) { panic("in the handler") },
	"abort":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"forever": func(_ http.ResponseWriter, r *http.Request) { <-context.Background().Done() },
	"quick":   func(w http.ResponseWriter, _ *http.Request) { say(w, "quick") },
}

//go:noinline
func deeper(n int) int {
	if n < 0 {
		return n // it never gets there
	}
	return deeper(n+1) + n
}
