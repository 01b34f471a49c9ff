package browsertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// webkitBrowser is WebKitGTK's MiniBrowser, driven over WebDriver (https://www.w3.org/TR/webdriver2/) by WebKitWebDriver,
// on an X server of its own.
type webkitBrowser struct {
	session   string // its URL
	installed string
}

func startWebKit() (browser, func(), error) {
	browsers, _ := filepath.Glob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser")
	if len(browsers) == 0 {
		return nil, nil, errors.New("there is no MiniBrowser of WebKitGTK; Debian has it in the package webkit2gtk-driver")
	}
	var processes []*process
	w := &webkitBrowser{}
	end := func() {
		if w.session != "" {
			ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
			_ = w.call(ctx, http.MethodDelete, "", nil, nil)
			stop()
		}
		for i := len(processes) - 1; i >= 0; i-- {
			processes[i].end()
		}
	}
	failed := func(err error) (browser, func(), error) {
		end()
		return nil, nil, err
	}
	start := func(cmd *exec.Cmd) (*process, error) {
		p, err := startProcess(cmd)
		if err == nil {
			processes = append(processes, p)
		}
		return p, err
	}

	// The X server finds a free number by itself, and writes it to the file that is its third.
	read, write, err := os.Pipe()
	if err != nil {
		return failed(err)
	}
	defer read.Close()
	server := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1024x768x24", "-nolisten", "tcp")
	server.ExtraFiles = []*os.File{write}
	_, err = start(server)
	_ = write.Close()
	if err != nil {
		return failed(fmt.Errorf("%w; Debian has it in the package xvfb", err))
	}
	var number int
	_ = read.SetReadDeadline(time.Now().Add(patience))
	if _, err := fmt.Fscanf(read, "%d", &number); err != nil {
		return failed(fmt.Errorf("Xvfb tells no display: %w", err))
	}

	port, err := freePort()
	if err != nil {
		return failed(err)
	}
	driver := exec.Command("WebKitWebDriver", fmt.Sprintf("--port=%d", port))
	driver.Env = append(os.Environ(), fmt.Sprintf("DISPLAY=:%d", number),
		"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1", // its sandbox needs rights that a container does not give; pages are the test's
		"WEBKIT_DISABLE_COMPOSITING_MODE=1", "LIBGL_ALWAYS_SOFTWARE=1", "NO_AT_BRIDGE=1")
	if _, err = start(driver); err != nil {
		return failed(fmt.Errorf("%w; Debian has it in the package webkit2gtk-driver", err))
	}
	var session struct {
		SessionID    string
		Capabilities struct{ BrowserVersion string }
	}
	address := fmt.Sprintf("http://127.0.0.1:%d/session", port)
	wanted := object{"capabilities": object{"alwaysMatch": object{
		"browserName": "MiniBrowser", "pageLoadStrategy": "none",
		"webkitgtk:browserOptions": object{"binary": browsers[0], "args": []string{"--automation"}},
	}}}
	for deadline := time.Now().Add(patience); ; {
		ctx, stop := bounded()
		err = call(ctx, http.MethodPost, address, wanted, &session)
		stop()
		var refused *net.OpError
		if err == nil || !errors.As(err, &refused) || time.Now().After(deadline) {
			break
		}
		time.Sleep(10 * time.Millisecond) // until the driver listens
	}
	if err != nil {
		return failed(err)
	}
	w.session, w.installed = address+"/"+session.SessionID, session.Capabilities.BrowserVersion
	return w, end, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// call is a command of WebDriver and its value.
func call(ctx context.Context, method, url string, params, value any) error {
	var body bytes.Buffer
	if params != nil {
		if err := json.NewEncoder(&body).Encode(params); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, url, &body)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var all struct{ Value json.RawMessage }
	if err := json.NewDecoder(answer.Body).Decode(&all); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, url, all.Value)
	}
	if value == nil {
		return nil
	}
	return json.Unmarshal(all.Value, value)
}

func (w *webkitBrowser) version(context.Context) (string, error) { return w.installed, nil }

// tab is the one window that there is.
func (w *webkitBrowser) tab(noJS bool) (driver, error) {
	if noJS {
		return nil, fmt.Errorf("scripts are not switched off in WebKit here")
	}
	return w, nil
}

func (w *webkitBrowser) call(ctx context.Context, method, path string, params, value any) error {
	return call(ctx, method, w.session+path, params, value)
}

func (w *webkitBrowser) open(ctx context.Context, url string) error {
	_, err := w.evaluate(ctx, leaveFor(url))
	return err
}

func (w *webkitBrowser) html(ctx context.Context) (string, error) {
	return w.evaluate(ctx, wholeDocument)
}

func (w *webkitBrowser) evaluate(ctx context.Context, expression string) (string, error) {
	var answer struct{ Value, Failure *string }
	err := w.call(ctx, http.MethodPost, "/execute/async", object{
		"script": "let done=arguments[0];" + asText(expression) + ".then(Value=>done({Value}),e=>done({Failure:String(e)}))", "args": []any{},
	}, &answer)
	if err != nil {
		return "", err
	}
	if answer.Value == nil {
		return "", fmt.Errorf("exception: %v", *answer.Failure)
	}
	return *answer.Value, nil
}

// png fails. WebKitGTK on an X server without a screen to keep time with paints a page that goes on loading now and then
// only, and WebDriver's own screenshot waits for the page's end; so what is seen in WebKit is its document.
func (w *webkitBrowser) png(context.Context) ([]byte, error) {
	return nil, errors.New("WebKit makes no screenshots here")
}
