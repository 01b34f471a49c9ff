package devserver

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// printer writes whole lines to the terminal, whoever they are of.
type printer struct {
	mu sync.Mutex
	to io.Writer
}

func (p *printer) line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = io.WriteString(p.to, text+"\n")
}

func (p *printer) printf(format string, args ...any) { p.line(fmt.Sprintf(format, args...)) }

// Write is for those who write whole lines.
func (p *printer) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.to.Write(text)
}

// lastLines keeps the end of what a program wrote.
type lastLines struct {
	mu    sync.Mutex
	lines []string
}

const keptLines = 30

func (l *lastLines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) == keptLines {
		l.lines = append(l.lines[:0], l.lines[1:]...)
	}
	l.lines = append(l.lines, line)
}

func (l *lastLines) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = nil
}

func (l *lastLines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimSpace(strings.Join(l.lines, "\n"))
}
