package difftest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"inlay/edge"
)

// Trees is another parser at work: a Node process with parse5 in it. It answers in the order in which it is asked, one
// question at a time for each caller, from any goroutine.
type Trees struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader

	mu      sync.Mutex
	waiting chan chan<- treeAnswer
}

type treeQuestion struct {
	Warm     string   `json:"warm"`
	Cold     string   `json:"cold"`
	Ordered  string   `json:"ordered"`
	Unfilled []string `json:"unfilled"`
	Script   string   `json:"script"`
	Subtrees bool     `json:"subtrees,omitempty"`
}

type treeAnswer struct {
	Difference string    `json:"difference"`
	Subtrees   []Subtree `json:"subtrees"`
	err        error
}

// Subtree is an element of a document: where it stands, in UTF-16 units, and the names of the elements around it, the
// outermost first.
type Subtree struct {
	From, To int
	Around   []string
}

// StartTrees starts the process. root is the project's folder, in which npm has put Node and parse5.
func StartTrees(root string) (*Trees, error) {
	node := filepath.Join(root, "node_modules/node/bin/node")
	if _, err := os.Stat(node); err != nil {
		return nil, fmt.Errorf("no Node: %w; run npm ci in the project's folder", err)
	}
	cmd := exec.Command(node, filepath.Join(root, "edge/difftest/trees.mjs"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	t := &Trees{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 1<<20), waiting: make(chan chan<- treeAnswer, 256)}
	go t.read()
	return t, nil
}

// Stop ends the process.
func (t *Trees) Stop() error {
	if err := t.in.Close(); err != nil {
		return err
	}
	return t.cmd.Wait()
}

func (t *Trees) read() {
	for to := range t.waiting {
		var a treeAnswer
		line, err := t.out.ReadBytes('\n')
		if err != nil {
			a.err = errors.New("the Node process of parse5 has ended: " + err.Error())
		} else {
			a.err = json.Unmarshal(line, &a)
		}
		to <- a
	}
}

func (t *Trees) ask(q treeQuestion) (treeAnswer, error) {
	line, err := json.Marshal(q)
	if err != nil {
		return treeAnswer{}, err
	}
	answer := make(chan treeAnswer, 1)
	t.mu.Lock()
	t.waiting <- answer
	_, err = t.in.Write(append(line, '\n'))
	t.mu.Unlock()
	if err != nil {
		return treeAnswer{}, err
	}
	a := <-answer
	return a, a.err
}

// Difference tells how the page is another page when it is streamed and patched, or in order, than when it is composed;
// empty: it is one.
func (t *Trees) Difference(a Answers) (string, error) {
	answer, err := t.ask(treeQuestion{Warm: a.Warm, Cold: a.Cold, Ordered: a.Ordered, Unfilled: a.Unfilled, Script: edge.FallbackScript})
	return answer.Difference, err
}

// Subtrees are the elements of a document that have both their tags.
func (t *Trees) Subtrees(html string) ([]Subtree, error) {
	answer, err := t.ask(treeQuestion{Warm: html, Subtrees: true})
	return answer.Subtrees, err
}
