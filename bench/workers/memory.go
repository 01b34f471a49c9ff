package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"inlay/bench/workers/result"
)

const (
	memoryBudget = 48 << 20
	memoryToken  = "0123456789abcdef0123456789abcdef"
)

// memory looks how many pages are there whole after each of so many was asked for twice, what that is charged, and what it takes: of
// core.wasm's memory and of JavaScript's under Node, which collects before it looks; of workerd's process as it is.
func memory(p *places, o *origin, budget int, counts ...int) (*result.Memory, error) {
	found := &result.Memory{Budget: budget}
	for _, n := range counts {
		row := result.Kept{Pages: n}
		if err := memoryInNode(p, budget, n, &row.Node); err != nil {
			return nil, err
		}
		if err := memoryInWorkerd(p, o, budget, n, &row); err != nil {
			return nil, err
		}
		found.Rows = append(found.Rows, row)
	}
	return found, nil
}

func memoryInNode(p *places, budget, n int, into *result.Taken) error {
	node := exec.Command(p.node, "workers/memory.mjs", filepath.Join(p.out, "pages.bin"), strconv.Itoa(budget), strconv.Itoa(n))
	var message bytes.Buffer
	node.Stderr = &message
	output, err := node.Output()
	if err != nil {
		return fmt.Errorf("workers/memory.mjs: %w\n%s", err, message.Bytes())
	}
	return json.Unmarshal(output, into)
}

func memoryInWorkerd(p *places, o *origin, budget, n int, into *result.Kept) error {
	w, err := p.startWorkerd([]string{"INLAY_ORIGIN=" + o.URL, "INLAY_TOKEN=" + memoryToken, "INLAY_MAX_BYTES=" + strconv.Itoa(budget)}, nil, "inlay")
	if err != nil {
		return err
	}
	defer w.stop()
	addr := w.addrs["inlay"]
	before, err := newLoad(addr, "/page/before", nil, 1)
	if err != nil {
		return err
	}
	defer before.close()
	if _, _, err := before.run(200); err != nil {
		return fmt.Errorf("%w\n%s", err, w.log.Bytes())
	}
	if into.Before, err = w.memory("VmRSS"); err != nil {
		return err
	}
	paths := make([]string, 0, 2*n)
	for i := range n {
		path := "/page/" + strconv.Itoa(i)
		paths = append(paths, path, path)
	}
	l, err := newLoads(addr, paths, nil, 1)
	if err != nil {
		return err
	}
	defer l.close()
	if _, _, err := l.run(len(paths)); err != nil {
		return fmt.Errorf("%w\n%s", err, w.log.Bytes())
	}
	if into.After, err = w.memory("VmRSS"); err != nil {
		return err
	}
	client := &http.Client{Timeout: time.Minute}
	defer client.CloseIdleConnections()
	ask := func(method, path string) (*http.Response, []byte, error) {
		r, err := http.NewRequest(method, "http://"+addr+path, nil)
		if err != nil {
			return nil, nil, err
		}
		r.Header.Set("User-Agent", agent)
		r.Header.Set("Authorization", "Bearer "+memoryToken)
		resp, err := client.Do(r)
		if err != nil {
			return nil, nil, err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return resp, body, err
	}
	// HEAD starts no fills, so it looks and changes nothing.
	for i := 0; i < len(paths); i += 2 {
		resp, _, err := ask(http.MethodHead, paths[i])
		if err != nil {
			return err
		}
		if status := resp.Header.Get("Cache-Status"); status != "" && !strings.Contains(status, "fwd=") {
			into.Whole++
		}
	}
	_, body, err := ask(http.MethodGet, "/_inlay/stats")
	if err != nil {
		return err
	}
	var stats struct {
		Bytes int `json:"cache_bytes"`
	}
	if err := json.Unmarshal(body, &stats); err != nil {
		return fmt.Errorf("/_inlay/stats: %w: %s", err, body)
	}
	into.Charged = stats.Bytes
	return nil
}
