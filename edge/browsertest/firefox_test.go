package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// firefoxBrowser is one Firefox, driven over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which it speaks
// itself.
type firefoxBrowser struct {
	mu        sync.Mutex
	conn      net.Conn
	last      int
	installed string
}

func startFirefox() (browser, func(), error) {
	path := os.Getenv("FIREFOX")
	if path == "" {
		var err error
		if path, err = exec.LookPath("firefox-esr"); err != nil {
			return nil, nil, fmt.Errorf("firefox-esr is not on the PATH, and FIREFOX does not name it: %w", err)
		}
	}
	dir, err := os.MkdirTemp("", "inlay-firefox-")
	if err != nil {
		return nil, nil, err
	}
	p, err := startProcess(exec.Command(path, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", dir))
	if err != nil {
		removeAll(dir)
		return nil, nil, err
	}
	f := &firefoxBrowser{}
	end := func() {
		if f.conn != nil {
			ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
			_ = f.call(ctx, "browser.close", object{}, nil)
			stop()
			_ = f.conn.Close()
		}
		p.end()
		removeAll(dir)
	}
	address, err := p.says("WebDriver BiDi listening on ")
	if err != nil {
		end()
		return nil, nil, err
	}
	ctx, stop := bounded()
	defer stop()
	f.conn, _, _, err = ws.Dial(ctx, address+"/session")
	if err == nil {
		var session struct {
			Capabilities struct{ BrowserVersion string }
		}
		err = f.call(ctx, "session.new", object{"capabilities": object{}}, &session)
		f.installed = session.Capabilities.BrowserVersion
	}
	if err != nil {
		end()
		return nil, nil, err
	}
	return f, end, nil
}

func (f *firefoxBrowser) version(context.Context) (string, error) { return f.installed, nil }

type object map[string]any

// call is a command and its result.
func (f *firefoxBrowser) call(ctx context.Context, method string, params object, result any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	deadline, _ := ctx.Deadline()
	if err := f.conn.SetDeadline(deadline); err != nil {
		return err
	}
	f.last++
	command, err := json.Marshal(object{"id": f.last, "method": method, "params": params})
	if err != nil {
		return err
	}
	if err := wsutil.WriteClientText(f.conn, command); err != nil {
		return err
	}
	for {
		message, err := wsutil.ReadServerText(f.conn)
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		var answer struct {
			ID             int
			Error, Message string
			Result         json.RawMessage
		}
		switch err := json.Unmarshal(message, &answer); {
		case err != nil:
			return err
		case answer.ID != f.last:
			continue // an event, or what came too late for its caller
		case answer.Error != "":
			return fmt.Errorf("%s: %s: %s", method, answer.Error, answer.Message)
		case result == nil:
			return nil
		}
		return json.Unmarshal(answer.Result, result)
	}
}

func (f *firefoxBrowser) tab(noJS bool) (driver, error) {
	if noJS {
		return nil, fmt.Errorf("scripts are not switched off in Firefox here")
	}
	ctx, stop := bounded()
	defer stop()
	tab := &firefoxTab{f: f}
	return tab, f.call(ctx, "browsingContext.create", object{"type": "tab"}, &tab.created)
}

// firefoxTab is a browsing context.
type firefoxTab struct {
	f       *firefoxBrowser
	created struct{ Context string }
}

func (f *firefoxTab) open(ctx context.Context, url string) error {
	_, err := f.evaluate(ctx, leaveFor(url))
	return err
}

func (f *firefoxTab) html(ctx context.Context) (string, error) { return f.evaluate(ctx, wholeDocument) }

func (f *firefoxTab) evaluate(ctx context.Context, expression string) (string, error) {
	var answer struct {
		Type             string
		Result           struct{ Value json.RawMessage }
		ExceptionDetails struct{ Text string }
	}
	err := f.f.call(ctx, "script.evaluate", object{
		"expression": asText(expression), "target": object{"context": f.created.Context}, "awaitPromise": true,
	}, &answer)
	if err != nil {
		return "", err
	}
	if answer.Type != "success" {
		return "", fmt.Errorf("exception: %s", answer.ExceptionDetails.Text)
	}
	return textOf(answer.Result.Value)
}

func (f *firefoxTab) png(ctx context.Context) ([]byte, error) {
	var answer struct{ Data []byte } // encoding/json decodes base64
	err := f.f.call(ctx, "browsingContext.captureScreenshot", object{"context": f.created.Context}, &answer)
	return answer.Data, err
}

// leaveFor begins a navigation. The drivers' own commands do not return before the first byte of the page's body has come,
// and tell that a navigation has begun, not that its document is there. So the old document is marked, and not taken for
// the new one.
func leaveFor(url string) string {
	return `(self.inlayLeaving=1,location.href=` + quote(url) + `)`
}

const wholeDocument = `(()=>{if(self.inlayLeaving||location.protocol=="about:")throw Error("the new document is not there");` +
	`let d=document.doctype;return(d?"<!DOCTYPE "+d.name+">":"")+document.documentElement.outerHTML})()`
