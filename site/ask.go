package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
)

// asker sends GET of a path to the upstream. It is the one part of the site that
// a Worker does in another way than a server.
type asker func(ctx context.Context, path string) (*http.Response, error)

// delayField is how the upstream says how long it was told to take, in
// milliseconds.
const delayField = "Upstream-Delay"

// lines gives the lines of a document from the upstream, and the small print
// that says how it came by them. Its error is fs.ErrNotExist where there is no
// such document.
func (ask asker) lines(ctx context.Context, name string) (lines []string, note string, err error) {
	answer, err := ask(ctx, (&url.URL{Path: "/" + name}).EscapedPath())
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		return nil, "", err
	case answer.StatusCode == http.StatusNotFound:
		return nil, "", fs.ErrNotExist
	case answer.StatusCode != http.StatusOK:
		return nil, "", errors.New("the upstream answered: " + strings.TrimSpace(string(text)))
	}
	note = `<p class="note">The upstream behind this list is simulated to take ` + answer.Header.Get(delayField) + " ms.</p>\n"
	return strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' }), note, nil
}
