package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"inlay/bench/workers/result"
)

// starters are the Workers whose first answer is timed.
var starters = []struct{ name, what, path string }{
	{"constant", "one constant Uint8Array", "/page/1"},
	{"map", "JavaScript with a Map; its first page is cold", "/page/1"},
	{"stock", "syumai/workers, Go", "/page/1"},
	{"inlay-bare", "inlay, a site without Go: one page, fragments from a remote origin; its first page is cold", "/page/1"},
	{"inlay-many", "the same with 300 pages of 10 KiB", "/page/1"},
	{"inlay", "the same of 5 pages with the example site's app.wasm beside it, which answers nothing here", "/page/1"},
	{"site", "inlay, the example site: another page, fragments from app.wasm; its first page is cold", "/pkg/net/http"},
}

func start(p *places, o *origin, starts int) (*result.Start, error) {
	found := &result.Start{}
	var err error
	if found.Files, err = weigh(p); err != nil {
		return nil, err
	}
	for range starts {
		if err := instances(p, found); err != nil {
			return nil, err
		}
	}
	for _, s := range starters {
		found.Processes = append(found.Processes, result.Process{Name: s.name, What: s.what})
	}
	for range starts {
		for i, s := range starters {
			if err := startOnce(p, o, s.name, s.path, &found.Processes[i]); err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return found, nil
}

// instances adds what a fresh Node needs to make the Wasm modules ready.
func instances(p *places, into *result.Start) error {
	node := exec.Command(p.node, "workers/instances.mjs")
	var message bytes.Buffer
	node.Stderr = &message
	output, err := node.Output()
	if err != nil {
		return fmt.Errorf("workers/instances.mjs: %w\n%s", err, message.Bytes())
	}
	var once []result.Instance
	if err := json.Unmarshal(output, &once); err != nil {
		return err
	}
	if into.Instances == nil {
		into.Instances = make([]result.Instance, len(once))
	}
	for i := range once {
		all := &into.Instances[i]
		all.Name = once[i].Name
		all.Compile = append(all.Compile, once[i].Compile...)
		all.First = append(all.First, once[i].First...)
		all.Next = append(all.Next, once[i].Next...)
	}
	return nil
}

// startOnce times a fresh workerd's first answer.
func startOnce(p *places, o *origin, name, path string, into *result.Process) error {
	env := []string{"INLAY_ORIGIN=" + o.URL}
	if name == "site" {
		env = []string{"SITE_DELAY_MS=0"}
	}
	begin := time.Now()
	w, err := p.startWorkerd(env, nil, name)
	if err != nil {
		return err
	}
	defer w.stop()
	listening := time.Since(begin)
	ready, err := w.cpu()
	if err != nil {
		return err
	}
	l, err := newLoad(w.addrs[name], path, nil, 1)
	if err != nil {
		return err
	}
	defer l.close()
	c := l.conns[0]
	asked := time.Now()
	if _, err := c.Write(l.next()); err != nil {
		return err
	}
	if err := c.SetDeadline(asked.Add(time.Minute)); err != nil {
		return err
	}
	if _, err := c.r.Peek(1); err != nil {
		return fmt.Errorf("%w\n%s", err, w.log.Bytes())
	}
	first := time.Since(asked)
	ran, err := w.cpu()
	if err != nil {
		return err
	}
	response, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return err
	}
	if _, err := c.body.ReadFrom(response.Body); err != nil {
		return err
	}
	last := time.Since(asked)
	if response.StatusCode != http.StatusOK || !bytes.HasSuffix(bytes.TrimSpace(c.body.Bytes()), []byte("</html>")) {
		return fmt.Errorf("status %d: %.300q\n%s", response.StatusCode, c.body.Bytes(), w.log.Bytes())
	}
	into.Listen = append(into.Listen, millis(listening))
	into.FirstByte = append(into.FirstByte, millis(first))
	into.Sum = append(into.Sum, millis(listening+first))
	into.ListenCPU = append(into.ListenCPU, millis(ready))
	into.FirstCPU = append(into.FirstCPU, millis(ran-ready))
	into.LastByte = append(into.LastByte, millis(last))
	return nil
}

// weigh gives the sizes of what a deployment of inlay consists of, and of the stock Worker's module.
func weigh(p *places) (files []result.File, err error) {
	build := filepath.Join(p.root, "build")
	scripts, err := filepath.Glob(filepath.Join(build, "*.*js"))
	if err != nil || len(scripts) == 0 {
		return nil, errors.Join(err, errors.New("there are no scripts in build/"))
	}
	slices.Sort(scripts)
	for _, f := range []struct {
		name  string
		paths []string
	}{
		{"core.wasm", []string{filepath.Join(build, "core.wasm")}},
		{"app.wasm, of the example site", []string{filepath.Join(build, "app.wasm")}},
		{"glue, " + strconv.Itoa(len(scripts)) + " scripts", scripts},
		{"pages.bin, of the example site", []string{filepath.Join(build, "pages.bin")}},
		{"the stock Worker's app.wasm", []string{filepath.Join(p.out, "stock", "app.wasm")}},
	} {
		file := result.File{Name: f.name}
		for _, path := range f.paths {
			raw, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			var small bytes.Buffer
			z, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
			if err != nil {
				return nil, err
			}
			if _, err := z.Write(raw); err != nil {
				return nil, err
			}
			if err := z.Close(); err != nil {
				return nil, err
			}
			file.Raw += len(raw)
			file.Gzipped += small.Len()
		}
		files = append(files, file)
	}
	return files, nil
}
