//go:build js

package main

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"syscall/js"
	"time"

	"github.com/syumai/workers/cloudflare"
)

// running are handlers that use what the runtime gives: time, variables, the log, JavaScript.
var running = map[string]http.HandlerFunc{
	"time":       clocks,
	"variables":  variables,
	"log":        logs,
	"outlive":    outlive,
	"wait-until": waitUntil,
	"globals":    globals,
	"echo":       echo,
	"host": func(w http.ResponseWriter, r *http.Request) {
		say(w, "%s, forwarded for %s", r.Host, r.Header.Get("X-Forwarded-Host"))
	},
	"trace": func(w http.ResponseWriter, r *http.Request) {
		say(w, "traced as %s with %s", r.Header.Get("Traceparent"), r.Header.Get("Tracestate"))
	},
	"megabyte": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(megabyte()[:1<<20])
	},
	"not-found": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no such thing", http.StatusNotFound) },
	"content": func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "a.txt", time.Unix(1e9, 0), strings.NewReader("content of a file"))
	},
}

func clocks(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	<-time.After(30 * time.Millisecond)
	ticks := time.NewTicker(10 * time.Millisecond)
	for range 3 {
		<-ticks.C
	}
	ticks.Stop()
	fired := make(chan bool)
	time.AfterFunc(10*time.Millisecond, func() { close(fired) })
	<-fired
	took := time.Since(begun)
	random := make([]byte, 8)
	_, err := rand.Read(random)
	say(w, "took as long as it should: %v; random: %v", took > 60*time.Millisecond && took < 10*time.Second, err == nil)
}

func variables(w http.ResponseWriter, _ *http.Request) {
	say(w, "%q %q %q", cloudflare.Getenv("PLAIN"), cloudflare.Getenv("SECRET"), cloudflare.Getenv("MISSING"))
}

func logs(w http.ResponseWriter, _ *http.Request) {
	slog.Info("asked", "for", "socks")
	slog.Warn("slow", "ms", 1200)
	slog.New(slog.NewTextHandler(os.Stderr, nil)).Error("failed", "status", 503)
	slog.New(slog.NewJSONHandler(os.Stdout, nil)).Error("failed in JSON", "status", 504)
	fmt.Println("printed ümlauts")
	fmt.Print("a line without an end")
	println("by the runtime")
	say(w, "logged")
}

// outlive answers before what it has begun is done.
func outlive(w http.ResponseWriter, r *http.Request) {
	url := r.FormValue("url")
	go func() {
		time.Sleep(20 * time.Millisecond)
		resp, err := http.Get(url)
		slog.Info("outlived", "got", summary(resp, err))
	}()
	say(w, "answered")
}

func waitUntil(w http.ResponseWriter, r *http.Request) {
	url := r.FormValue("url")
	cloudflare.WaitUntil(func() {
		time.Sleep(300 * time.Millisecond)
		resp, err := http.Get(url)
		slog.Info("waited", "got", summary(resp, err))
	})
	say(w, "answered")
}

// globals calls functions of the global object that need it as their receiver, in the ways that packages do.
func globals(w http.ResponseWriter, _ *http.Request) {
	global := js.Global()
	var said []string
	check := func(name string, ok bool) { said = append(said, fmt.Sprintf("%s:%v", name, ok)) }
	wait := func(promise js.Value) (value js.Value, ok bool) {
		done := make(chan bool, 1)
		then := js.FuncOf(func(_ js.Value, args []js.Value) any { value = args[0]; done <- true; return nil })
		catch := js.FuncOf(func(js.Value, []js.Value) any { done <- false; return nil })
		promise.Call("then", then, catch)
		return value, <-done
	}
	called := make(chan bool, 2)
	call := js.FuncOf(func(js.Value, []js.Value) any { called <- true; return nil })
	global.Call("setTimeout", call, 1)
	global.Call("queueMicrotask", call)
	check("setTimeout", <-called)
	check("queueMicrotask", <-called)
	global.Call("clearTimeout", global.Call("setTimeout", call, 1e6))
	check("structuredClone", global.Call("structuredClone", map[string]any{"a": 1}).Get("a").Int() == 1)
	check("atob", global.Call("atob", global.Call("btoa", "text")).String() == "text")
	check("crypto", len(global.Get("crypto").Call("randomUUID").String()) == 36)
	digest, ok := wait(global.Get("crypto").Get("subtle").Call("digest", "SHA-256", global.Get("TextEncoder").New().Call("encode", "x")))
	check("subtle", ok && digest.Get("byteLength").Int() == 32)
	_, ok = wait(global.Get("caches").Get("default").Call("match", "http://nowhere.test/"))
	check("caches", ok)
	_, ok = wait(global.Get("scheduler").Call("wait", 1))
	check("scheduler", ok)
	listener := js.FuncOf(func(js.Value, []js.Value) any { return nil })
	global.Call("addEventListener", "unhandledrejection", listener)
	global.Call("removeEventListener", "unhandledrejection", listener)
	check("addEventListener", true)
	check("websocket", global.Get("WebSocketPair").New().Get("0").InstanceOf(global.Get("WebSocket")))
	check("performance", global.Get("performance").Call("now").Type() == js.TypeNumber)
	check("itself", global.Equal(global.Get("globalThis")) && global.Get("self").Equal(global))
	global.Set("ours", "kept")
	check("set", global.Get("ours").String() == "kept")
	check("static", global.Get("Promise").Call("resolve", 1).InstanceOf(global.Get("Promise")))
	say(w, "%s", strings.Join(said, " "))
}

// echo tells what came of a request.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	say(w, "%s %s%s host=%s agent=%q accept=%q body=%d %x %v", r.Method, r.URL.Path, r.URL.RawQuery, r.Host,
		r.UserAgent(), r.Header.Get("Accept"), len(body), sha256.Sum256(body), err)
}
