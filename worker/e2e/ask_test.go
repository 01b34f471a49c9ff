package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// browse asks as a browser does.
func browse(t *testing.T, url string) *http.Response {
	t.Helper()
	response := request(t, http.MethodGet, url, nil, "Sec-Fetch-Dest", "document", "Accept-Encoding", "gzip, br")
	if response.Header.Get("Content-Encoding") == "gzip" { // a native server's
		response.Body = &unzipped{ReadCloser: response.Body}
	}
	return response
}

// unzipped is a body that comes in gzip, as it comes.
type unzipped struct {
	io.ReadCloser
	reader *gzip.Reader // nil: nothing has been read
}

func (u *unzipped) Read(p []byte) (n int, err error) {
	if u.reader == nil {
		if u.reader, err = gzip.NewReader(u.ReadCloser); err != nil {
			return 0, err
		}
	}
	return u.reader.Read(p)
}

// request asks with header fields given as name, value, name, value. Compressed answers come as they are.
func request(t *testing.T, method, url string, body io.Reader, fields ...string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	require.NoError(t, err)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func read(t *testing.T, resp *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

// readUntil reads on until the body contains mark.
func readUntil(t *testing.T, body *bufio.Reader, mark string) string {
	t.Helper()
	var seen bytes.Buffer
	for !strings.Contains(seen.String(), mark) {
		b, err := body.ReadByte()
		require.NoError(t, err, "waiting for %q after %q", mark, seen.String())
		seen.WriteByte(b)
	}
	return seen.String()
}

func instances(t *testing.T, resp *http.Response) int {
	t.Helper()
	n, err := strconv.Atoi(resp.Header.Get("Inlay-App-Instances"))
	require.NoError(t, err, "the debug header is there")
	return n
}
