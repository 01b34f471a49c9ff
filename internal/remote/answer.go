package remote

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"
)

// oneIsolate is the reach of a site that says nothing of it: a Worker's request reaches one isolate of many.
const oneIsolate = "one isolate"

// answer is what came back.
type answer struct {
	site *url.URL
	name string
	resp *http.Response
	body []byte
}

func (a *answer) read() (err error) {
	a.body, err = io.ReadAll(io.LimitReader(a.resp.Body, maxAnswer))
	return err
}

// unreached says why there is no answer, without the request's URL, which is long.
func (c *Client) unreached(ctx context.Context, timeout time.Duration, err error) error {
	where := c.where()
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s has not answered within %v; see whether it runs, and what stands in front of it", where, timeout)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing listens at %s; start the site, or say where it runs with --url or INLAY_URL", where)
	case errors.As(err, &name):
		return fmt.Errorf("the host of %s is not known (%s); look at the URL, and at the network", where, name.Err)
	case errors.As(err, &certificate):
		return fmt.Errorf("the certificate of %s is not trusted, so nothing was sent: %w; use the host that it is for, or SSL_CERT_FILE for an authority of your own", where, certificate.Err)
	case errors.As(err, &alert), errors.As(err, &record), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return fmt.Errorf("%s does not speak TLS as it should: %w; if it is plain HTTP, write http://", where, err)
	}
	return fmt.Errorf("%s cannot be reached: %w; see whether it runs there", where, err)
}

// refused is the error of an answer that is none of success.
func (a *answer) refused() error {
	where, status := a.site.String(), a.resp.StatusCode
	path := where + "/_inlay/" + a.name
	switch {
	case status == http.StatusOK:
		return nil
	case status >= 300 && status < 400:
		to, err := a.resp.Location()
		if err != nil || to.Host == a.site.Host && to.Scheme == a.site.Scheme {
			return fmt.Errorf("%s answers %d and leads elsewhere; administration is answered in place, so look at what stands in front of it", path, status)
		}
		other := url.URL{Scheme: to.Scheme, Host: to.Host}
		return fmt.Errorf("%s leads to %s, which is not given the token; if that is the site, use --url %[2]s", where, other.String())
	case status == http.StatusUnauthorized && strings.Contains(a.resp.Header.Get("Www-Authenticate"), `realm="inlay"`):
		return fmt.Errorf("%s has another INLAY_TOKEN than this one; take the one that was set there, or set it anew: npx wrangler secret put INLAY_TOKEN", where)
	case status == http.StatusNotFound && a.says("There is nothing here."):
		return fmt.Errorf("administration is off at %s: it has no INLAY_TOKEN; set one: npx wrangler secret put INLAY_TOKEN, in .dev.vars for dev, in the environment of a native server", where)
	case status == http.StatusNotFound && a.says("There is no such path;"):
		return fmt.Errorf("%s was built by an older inlay than this command, and has no /_inlay/%s; deploy it again, built by this one%w", where, a.name, ErrOlder)
	case status == http.StatusNotFound:
		return fmt.Errorf("%s is not there: what answers is no inlay, or an older one; look at the URL, and at the route that leads to the Worker", path)
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		return fmt.Errorf("something in front of %s answers %d, not inlay: %s; let /_inlay/ through there for this machine", where, status, a.excerpt())
	case status == http.StatusInternalServerError && a.says("This site is not configured correctly"), a.says("inlay cannot start."):
		return fmt.Errorf("%s is not configured correctly, and answers nothing: mend the variable that its log names", where)
	case status == http.StatusServiceUnavailable && a.says("The server is shutting down."):
		return fmt.Errorf("%s is shutting down; ask again when it is back", where)
	}
	return fmt.Errorf("%s answers %d: %s", path, status, a.excerpt())
}

func (a *answer) says(text string) bool { return bytes.HasPrefix(a.body, []byte(text)) }

// excerpt is the beginning of what came, for a message: one line, no control characters.
func (a *answer) excerpt() string {
	text := Plain(string(a.body))
	if text == "" {
		return "(nothing)"
	}
	const most = 160
	if len(text) > most {
		text = text[:most]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
		text += "…"
	}
	return text
}

// Plain is a text of the other side's as one line, without what a terminal would act on: control characters, and those that turn the direction
// of what follows or cannot be seen.
func Plain(text string) string {
	text = strings.ToValidUTF8(text, "")
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f && r < 0xa0 || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
	}), " ")
}

// notInlays is the error of an answer of status 200 that administration does not give.
func (a *answer) notInlays() error {
	return fmt.Errorf("%s/_inlay/%s answers what inlay does not: %s; look at the URL, and at what stands in front of it", a.site, a.name, a.excerpt())
}

// changeOnce asks once for a purge or an invalidation.
func (c *Client) changeOnce(ctx context.Context, how, query string) (Change, error) {
	a, err := c.ask(ctx, http.MethodPost, how, query)
	var done struct {
		Purged, Invalidated *int
		Isolates            string
		Log                 int64
		Error               string
	}
	if a == nil || json.Unmarshal(a.body, &done) != nil {
		if err == nil {
			err = a.notInlays()
		}
		return Change{}, err
	}
	if c.Copy != nil {
		if _, wrong := c.Copy.Write(a.body); wrong != nil && err == nil {
			err = wrong
		}
	}
	n := done.Purged
	if how == "invalidate" {
		n = done.Invalidated
	}
	switch {
	case n == nil && err == nil:
		return Change{}, a.notInlays()
	case n == nil:
		return Change{}, err
	case done.Error != "":
		err = fmt.Errorf("%s: %s", c.where(), Plain(done.Error))
		if a.resp.StatusCode == http.StatusServiceUnavailable {
			err = fmt.Errorf("%w; %w", err, ErrNoLog)
		}
	}
	change := Change{Entries: *n, Within: Plain(done.Isolates), Log: done.Log}
	change.Reach, change.Partial = a.reach()
	if change.Within != "" {
		change.Partial = false
	}
	return change, err
}

// reach is whom the answer speaks for. The native server says so; a Worker, which may be of any age, need not.
func (a *answer) reach() (text string, partial bool) {
	if a.resp.Header.Get("Inlay-Reach") == "process" {
		return "one process", false
	}
	return oneIsolate, !Local(a.site)
}
