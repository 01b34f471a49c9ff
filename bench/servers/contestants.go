package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"inlay/bench/workers/content"
)

// contestant is a server with a page of five fragments at /page/ID, and one whose fragments are slow at /cold/ID.
type contestant struct {
	name, what string
	// start runs it in front of the origin, for IDs from 0 to pages-1 of /page/, until it listens.
	start func(p *places, o *origin, pages int) (*process, error)
	// handler is one of net/http: it has no cold page.
	handler bool
	// slow gets fewer requests, since it lets each wait.
	slow bool
}

var contestants = []contestant{
	{name: "inlay", what: "edge.Handler, INLAY_MAX_BYTES=96MiB, its fragments from the origin, as they come", start: ownHandler("inlay")},
	{name: "constant", what: "net/http: writes one constant page, with inlay's header fields", start: ownHandler("constant"), handler: true},
	{name: "go-pages", what: "net/http: a map of whole pages, with inlay's header fields", start: ownHandler("pages"), handler: true},
	{name: "go-fragments", what: "net/http: five look-ups in a map of fragments, joined, with inlay's header fields", start: ownHandler("fragments"), handler: true},
	{name: "nginx", what: "nginx, SSI, with what Debian's nginx.conf says of sending: fragments in its proxy_cache", start: nginxCache(asDebian), slow: true},
	{name: "nginx-read", what: "the same, sendfile off", start: nginxCache(reading)},
	{name: "nginx-whole", what: "the same, and output postponed until the page is whole", start: nginxCache(whole)},
	{name: "nginx-files", what: "the same, its fragments files that are kept open, in place of proxy_cache", start: nginxFiles(whole)},
	{name: "varnish", what: "Varnish, ESI: shell and fragments in its memory", start: varnish},
}

// coded are those that are asked for the page in gzip.
var coded = []contestant{
	{name: "inlay", what: "edge.Handler, its fragments from the origin: the page is kept in gzip", start: ownHandler("inlay")},
	{name: "constant", what: "net/http: writes one constant gzip, with inlay's header fields", start: ownHandler("coded"), handler: true},
	{name: "go-gzhttp", what: "net/http: one constant page, compressed by a middleware, gzhttp of klauspost/compress", start: ownHandler("gzhttp"), handler: true},
	{name: "go-gzip", what: "net/http: the same by compress/gzip, its writers used again", start: ownHandler("gzip"), handler: true},
	{name: "inlay-gzhttp", what: "edge.Handler, `INLAY_COMPRESS=off`, behind gzhttp", start: ownHandler("inlay-gzhttp")},
	{name: "nginx", what: "nginx, SSI, with what Debian's nginx.conf says of sending, and `gzip on`", start: nginxCache(asDebian + " gzip on;")},
	{name: "nginx-whole", what: "the same, sendfile off, and output postponed until the page is whole", start: nginxCache(whole + " gzip on;")},
	{name: "varnish", what: "Varnish, ESI, `beresp.do_gzip`: shell and fragments are in its memory compressed", start: varnishGzip},
}

// ownHandler is one of the program servers/handler.
func ownHandler(serve string) func(*places, *origin, int) (*process, error) {
	return func(p *places, o *origin, pages int) (*process, error) {
		cmd := exec.Command(p.handler, "-serve", serve, "-origin", o.URL, "-pages", strconv.Itoa(pages), "-fields", o.fields)
		cmd.Env = append(os.Environ(), "INLAY_MAX_BYTES=96MiB") // a thousand pages of 20 KiB are in it with their fragments
		s, err := start(cmd)
		if err != nil {
			return nil, err
		}
		if s.addr, err = s.says("listening on "); err != nil {
			s.stop()
			return nil, err
		}
		return s, nil
	}
}

// include is the content's page with an element for each fragment.
func include(element func(slot int) string) string {
	parts := content.Parts()
	var b strings.Builder
	b.WriteString(parts[0])
	for i := range content.Slots {
		b.WriteString(element(i))
		b.WriteString(parts[i+1])
	}
	return b.String()
}

// esi is a page as Varnish takes it, its fragments below speed, which are those of the page with an ID.
func esi(speed, id string) string {
	return include(func(slot int) string { return fmt.Sprintf(`<esi:include src="/%s/%d/%s"/>`, speed, slot, id) })
}

// ssi is a page as nginx takes it, whose fragments are below speed.
func ssi(speed string) string {
	return include(func(slot int) string { return fmt.Sprintf(`<!--#include virtual="/%s/%d/$id" -->`, speed, slot) })
}

// Three ways to send. Where a page has eleven parts, sendfile makes a call and often a packet of each, and tcp_nopush lets the last
// wait for the client's acknowledgement: that is how nginx comes from Debian. What is read into buffers is sent together. And what is
// postponed is sent once, which costs least, but then a cold page's head waits for fragments.
const (
	asDebian = "sendfile on; tcp_nopush on;"
	reading  = "sendfile off;"
	whole    = "sendfile off; postpone_output 32000;"
)

// nginxConfig is nginx as one has it who wants it fast: as many workers as cores, no log, files that stay open, connections that
// stay too, the shell a file. It is told of its folder, of the address that it inherits, of the origin, of how it gets the fragments,
// and of how it sends.
const nginxConfig = `daemon off;
pid %[1]s/pid;
error_log stderr warn;
worker_processes auto;
events { worker_connections 1024; }
http {
	access_log off;
	default_type text/html;
	charset utf-8;
	%[5]s
	keepalive_timeout 10m;
	keepalive_requests 100000000;
	open_file_cache max=20000 inactive=10m;
	open_file_cache_valid 10m;
	client_body_temp_path %[1]s/client_body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	proxy_cache_path %[1]s/cache levels=1:2 keys_zone=fragments:16m max_size=1g inactive=1d use_temp_path=off;
	proxy_cache fragments;
	proxy_cache_lock on;
	proxy_http_version 1.1;
	proxy_set_header Connection "";
	proxy_set_header Accept-Encoding "";
	upstream origin { server %[3]s; keepalive 32; }
	server {
		listen %[2]s;
		root %[1]s/files;
		location ~ ^/page/(?<id>[0-9]+)$ { ssi on; try_files /page.shtml =404; }
		location ~ ^/cold/(?<id>[0-9]+)$ { ssi on; try_files /cold.shtml =404; }
		location /slow/ { proxy_pass http://origin; }
		location /fast/ { %[4]s }
	}
}
`

func nginxFiles(sending string) func(*places, *origin, int) (*process, error) {
	return func(p *places, o *origin, pages int) (*process, error) {
		return nginx(p, o, "", sending, func(files string) error {
			for i := range content.Slots {
				dir := filepath.Join(files, "fast", strconv.Itoa(i))
				if err := os.MkdirAll(dir, 0o755); err != nil {
					return err
				}
				for id := range pages {
					if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(id)), []byte(content.Fragment(i)), 0o644); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
}

func nginxCache(sending string) func(*places, *origin, int) (*process, error) {
	return func(p *places, o *origin, _ int) (*process, error) {
		return nginx(p, o, "proxy_pass http://origin;", sending, nil)
	}
}

// nginx starts one, whose files are made by more besides the shells.
func nginx(p *places, o *origin, fast, sending string, more func(files string) error) (*process, error) {
	dir, err := p.folder("nginx")
	if err != nil {
		return nil, err
	}
	files := filepath.Join(dir, "files")
	if err := os.Mkdir(files, 0o755); err != nil {
		return nil, err
	}
	for name, speed := range map[string]string{"page.shtml": "fast", "cold.shtml": "slow"} {
		if err := os.WriteFile(filepath.Join(files, name), []byte(ssi(speed)), 0o644); err != nil {
			return nil, err
		}
	}
	if more != nil {
		if err := more(files); err != nil {
			return nil, err
		}
	}
	addr, socket, err := listening()
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	config := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(nginxConfig, dir, addr, strings.TrimPrefix(o.URL, "http://"), fast, sending)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return nil, err
	}
	cmd := exec.Command(program("nginx"), "-p", dir, "-e", "stderr", "-c", config)
	cmd.Env = append(os.Environ(), "NGINX=3;")
	cmd.ExtraFiles = []*os.File{socket}
	s, err := start(cmd)
	if err != nil {
		return nil, err
	}
	s.addr = addr
	// The socket takes connections from the beginning; workers are there when the first is answered.
	if err := s.listens(); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// listening is a socket at a free port, for a process that takes it over: nginx does so with those that the variable NGINX names, as
// it does from a nginx that it replaces. No other process can take the port in between.
func listening() (addr string, socket *os.File, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return "", nil, err
	}
	defer file.Close()
	fd, err := syscall.Dup(int(file.Fd()))
	if err != nil {
		return "", nil, err
	}
	syscall.CloseOnExec(fd)
	// Two workers wake up for a connection, and the one that does not get it must not wait in accept. A File that is given to a
	// process is made one that blocks, unless it was one when the File was made.
	socket = os.NewFile(uintptr(fd), "listener")
	return listener.Addr().String(), socket, syscall.SetNonblock(fd, true)
}

// vcl is that of somebody who has ESI where the origin says so. Its last place is for more of what is said of answers.
const vcl = `vcl 4.1;
backend default { .host = "%s"; .port = "%s"; }
sub vcl_backend_response {
	%s
	if (beresp.http.Surrogate-Control ~ "ESI/1.0") {
		unset beresp.http.Surrogate-Control;
		set beresp.do_esi = true;
	}
}
`

// varnish starts one as Debian's package does, but for the size of its memory and how long it keeps connections that nobody uses, and
// threads, since one that has ended is no longer counted.
func varnish(p *places, o *origin, _ int) (*process, error) { return varnishWith(p, o, "") }

func varnishGzip(p *places, o *origin, _ int) (*process, error) {
	return varnishWith(p, o, "set beresp.do_gzip = true;")
}

func varnishWith(p *places, o *origin, more string) (*process, error) {
	dir, err := p.folder("varnish")
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(strings.TrimPrefix(o.URL, "http://"))
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "default.vcl")
	if err := os.WriteFile(config, fmt.Appendf(nil, vcl, host, port, more), 0o644); err != nil {
		return nil, err
	}
	work := filepath.Join(dir, "work")
	s, err := start(exec.Command(program("varnishd"), "-F", "-j", "none", "-n", work, "-f", config, "-a", "127.0.0.1:0",
		"-s", "default,256m", "-p", "timeout_idle=600", "-p", "thread_pool_timeout=1800"))
	if err != nil {
		return nil, err
	}
	if s.addr, err = varnishAddress(s, work); err == nil {
		err = s.listens()
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// varnishAddress asks Varnish which port it got.
func varnishAddress(s *process, work string) (string, error) {
	var said []byte
	for deadline := time.Now().Add(readyWithin); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		var err error
		if said, err = exec.Command("varnishadm", "-n", work, "debug.listen_address").CombinedOutput(); err != nil {
			continue // it is not there yet
		}
		if words := strings.Fields(string(said)); len(words) > 2 && words[len(words)-1] != "0" { // names, the address, the port
			return net.JoinHostPort(words[len(words)-2], words[len(words)-1]), nil
		}
	}
	return "", fmt.Errorf("varnishd does not listen: %s\n%s", said, s.log.String())
}
