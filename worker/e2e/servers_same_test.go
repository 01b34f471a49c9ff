package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/worker/e2e/harness"
)

// Everything that is no page of inlay's, through inlay as without it.

// mayDiffer are the fields of answers that are of a connection, or of a moment, and Host, by which PHP's own server tells what it
// was asked under; docs/in-front-of-a-site.md lists them.
var mayDiffer = []string{"Connection", "Keep-Alive", "Transfer-Encoding", "Date", "Host"}

// said is what a visitor sees of an answer, as a text: status, header fields and body. A host is HOST: in header fields it has
// to be the one that the visitor asked; bodies are the server's, which may write its own. What a session is called is left out.
func said(t *testing.T, direct *realServer, base, method, path string, body []byte, fields ...string) string {
	t.Helper()
	host := hostOf(t, base)
	for i := range fields {
		fields[i] = strings.ReplaceAll(fields[i], "HOST", host)
	}
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	resp := request(t, method, base+path, content, fields...)
	text := read(t, resp)
	var b strings.Builder
	fmt.Fprintln(&b, resp.StatusCode)
	var names []string
	for name := range resp.Header {
		notModified := resp.StatusCode == http.StatusNotModified && name == "Content-Type" // which Go's server leaves out
		if !slices.Contains(mayDiffer, name) && !notModified {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range resp.Header[name] {
			fmt.Fprintln(&b, name+": "+unlike(name, strings.ReplaceAll(value, host, "HOST")))
		}
	}
	if resp.Header.Get("Content-Encoding") == "gzip" && text != "" {
		unzipped, err := gzip.NewReader(strings.NewReader(text))
		require.NoError(t, err)
		plain, err := io.ReadAll(unzipped)
		require.NoError(t, err)
		text = string(plain)
	}
	text = parts.ReplaceAllString(strings.NewReplacer(host, "HOST", hostOf(t, direct.URL), "HOST").Replace(text), "--PART")
	if len(text) > 1000 {
		text = fmt.Sprintf("%d bytes %x", len(text), sha256.Sum256([]byte(text)))
	}
	return b.String() + "\n" + text
}

var (
	sessions = regexp.MustCompile(`^(sid|PHPSESSID)=([^;]+)`)
	expiries = regexp.MustCompile(`(?i)expires=[^;]+`)
	parts    = regexp.MustCompile(`--\d{20}`) // nginx counts what it cuts into parts
	boundary = regexp.MustCompile(`(; boundary=)\d{20}$`)
)

// unlike masks what is another in each answer.
func unlike(name, value string) string {
	if name == "Expires" && strings.HasSuffix(value, " GMT") {
		return "THEN" // an hour from now, as nginx has it
	}
	if name != "Set-Cookie" {
		return boundary.ReplaceAllString(value, "${1}PART")
	}
	return expiries.ReplaceAllString(sessions.ReplaceAllString(value, "$1=SESSION"), "expires=THEN")
}

// upload is a form with a file of some megabytes.
func upload(t *testing.T) (body []byte, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	require.NoError(t, w.SetBoundary("as-it-is-in-this-test"))
	require.NoError(t, w.WriteField("note", "fünf & sechs"))
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="photo.jpg"`}, "Content-Type": {"image/jpeg"},
	})
	require.NoError(t, err)
	_, err = part.Write(bytes.Repeat([]byte("\x00\xff\r\n--as-it"), 300_000))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes(), w.FormDataContentType()
}

// onReal runs a test with each of the servers, and each way through inlay to it.
func onReal(t *testing.T, names []string, test func(t *testing.T, direct *realServer, s *harness.Server)) {
	t.Helper()
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct := realServers[name](t)
			for way, s := range direct.through() {
				t.Run(way, func(t *testing.T) { test(t, direct, s) })
			}
		})
	}
}

func TestServersSayThroughInlayWhatTheySayWithout(t *testing.T) {
	t.Parallel()
	file, kind := upload(t)
	form := []byte(url.Values{"who": {"Ada & co"}, "text": {"two\r\nlines, + and % and ü"}}.Encode())
	const urlencoded = "application/x-www-form-urlencoded"
	type ask struct {
		method, path string
		body         []byte
		fields       []string
	}
	files := []ask{
		{"GET", "/", nil, nil},
		{"GET", "/files/style.css", nil, nil},
		{"GET", "/files/style.css", nil, []string{"Range", "bytes=100-199"}},
		{"GET", "/files/style.css", nil, []string{"Range", "bytes=4000-"}},
		{"GET", "/files/style.css", nil, []string{"Range", "bytes=999999-"}},
		{"GET", "/files/style.css", nil, []string{"If-Modified-Since", "Sun, 06 Nov 2044 08:49:37 GMT"}},
		{"GET", "/redirect/relative", nil, nil},
		{"GET", "/redirect/absolute", nil, nil},
		{"GET", "/redirect/elsewhere", nil, nil},
		{"GET", "/nowhere", nil, []string{"Accept", "text/html"}},
	}
	apps := append(slices.Clip(files), []ask{
		{"GET", "/form", nil, nil},
		{"POST", "/form", form, []string{"Content-Type", urlencoded}},
		{"POST", "/upload", file, []string{"Content-Type", kind}},
		{"GET", "/account", nil, nil},
		{"POST", "/login", []byte("who=Ada&password=no"), []string{"Content-Type", urlencoded}},
		{"POST", "/login", []byte("who=Ada&password=open+sesame"), []string{"Content-Type", urlencoded}},
		{"GET", "/echo?q=a%20b%26c&q=%E2%82%AC&empty", nil, nil},
		{"GET", "/echo?q=a+b%2Bc", nil, []string{"Cookie", "a=b; c=d"}},
		{"PUT", "/echo", []byte(`{"a":1}`), []string{"Content-Type", "application/json"}},
		{"PATCH", "/echo", []byte(`[]`), []string{"Content-Type", "application/json-patch+json"}},
		{"DELETE", "/echo", nil, nil},
		{"OPTIONS", "/echo", nil, nil},
		{"GET", "/text", nil, nil},
		{"GET", "/text", nil, []string{"Accept-Encoding", "gzip"}},
		{"GET", "/text", nil, []string{"Accept-Encoding", "br;q=0, gzip;q=1"}},
		{"GET", "/big", nil, nil},
		{"GET", "/error", nil, nil},
	}...)
	ofNginx := append(slices.Clip(files), []ask{
		{"GET", "/folder", nil, nil},
		{"GET", "/folder/", nil, nil},
		{"GET", "/text.txt", nil, []string{"Accept-Encoding", "gzip"}},
		{"GET", "/big.bin", nil, nil},
		{"GET", "/big.bin", nil, []string{"Range", "bytes=10000000-10000099,0-9"}},
		{"POST", "/", []byte("x"), nil},
		{"GET", "/files/", nil, nil},
	}...)
	for name, asks := range map[string][]ask{"PHP": apps, "Express": apps, "nginx": ofNginx} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct := realServers[name](t)
			ways := direct.through()
			for _, a := range asks {
				compare := func(method string, fields []string) {
					what := fmt.Sprint(method, " ", a.path, " ", fields)
					without := said(t, direct, direct.URL, method, a.path, a.body, slices.Clone(fields)...)
					for way, s := range ways {
						assert.Equal(t, without, said(t, direct, s.URL, method, a.path, a.body, slices.Clone(fields)...), "%s of %s, by %s", what, name, way)
					}
				}
				compare(a.method, a.fields)
				if a.method != http.MethodGet {
					continue
				}
				compare(http.MethodHead, a.fields)
				if etag := request(t, http.MethodGet, direct.URL+a.path, nil).Header.Get("Etag"); etag != "" {
					compare(http.MethodGet, append(slices.Clip(a.fields), "If-None-Match", etag))
					compare(http.MethodGet, append(slices.Clip(a.fields), "If-None-Match", `"another"`, "If-Range", etag))
				}
			}
		})
	}
}

// A visitor logs in, is sent on, is known, and logs out.
func TestVisitorsLogInThroughInlay(t *testing.T) {
	t.Parallel()
	onReal(t, []string{"PHP", "Express"}, func(t *testing.T, _ *realServer, s *harness.Server) {
		login := request(t, http.MethodPost, s.URL+"/login", strings.NewReader("who=Ada&password=open+sesame"), "Content-Type", "application/x-www-form-urlencoded")
		require.Equal(t, http.StatusSeeOther, login.StatusCode)
		require.Equal(t, "/account", login.Header.Get("Location"))
		session := ""
		for _, cookie := range login.Cookies() {
			if cookie.Name != "seen" {
				session = cookie.Name + "=" + cookie.Value
			}
		}
		assert.Len(t, login.Cookies(), len(login.Header.Values("Set-Cookie")), "each cookie has a line of its own")
		assert.Contains(t, read(t, request(t, http.MethodGet, s.URL+"/account", nil, "Cookie", "seen=1; "+session)), "Good morning, Ada")
		assert.Equal(t, http.StatusFound, request(t, http.MethodGet, s.URL+"/account", nil).StatusCode, "nobody else is")
		request(t, http.MethodPost, s.URL+"/logout", nil, "Cookie", session)
		assert.Equal(t, http.StatusFound, request(t, http.MethodGet, s.URL+"/account", nil, "Cookie", session).StatusCode)
	})
}

// What a server sends bit by bit arrives bit by bit: each next bit is sent only once the one before was seen.
func TestServersStreamThroughInlay(t *testing.T) {
	t.Parallel()
	onReal(t, []string{"PHP", "Express"}, func(t *testing.T, direct *realServer, s *harness.Server) {
		gate := regexp.MustCompile(`\W`).ReplaceAllString(t.Name(), "-")
		stream := request(t, http.MethodGet, s.URL+"/stream?gate="+gate, nil)
		body := bufio.NewReader(stream.Body)
		readUntil(t, body, "<p>first</p>")
		direct.open(gate)
		readUntil(t, body, "<p>last</p>")

		events := request(t, http.MethodGet, s.URL+"/events?gate="+gate, nil, "Accept", "text/event-stream")
		assert.Equal(t, "text/event-stream", strings.Split(events.Header.Get("Content-Type"), ";")[0])
		body = bufio.NewReader(events.Body)
		for i := 1; i <= 3; i++ {
			readUntil(t, body, fmt.Sprintf("data: {\"n\":%d}\n\n", i))
			direct.open(fmt.Sprintf("%s-%d", gate, i))
		}
		rest, err := io.ReadAll(body)
		require.NoError(t, err)
		assert.Empty(t, rest)
	})
}

func TestWebSocketsOfExpressThroughInlay(t *testing.T) {
	t.Parallel()
	onReal(t, []string{"Express"}, func(t *testing.T, _ *realServer, s *harness.Server) {
		conn := s.Dial()
		_, err := fmt.Fprintf(conn, "GET /socket HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", s.Addr())
		require.NoError(t, err)
		reader := bufio.NewReader(conn)
		resp, err := http.ReadResponse(reader, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
		assert.Equal(t, webSocketAccept("dGhlIHNhbXBsZSBub25jZQ=="), resp.Header.Get("Sec-WebSocket-Accept"))
		for _, text := range []string{"hello", "again"} {
			_, err = conn.Write(maskedFrame(text))
			require.NoError(t, err)
			got, err := readFrame(reader)
			require.NoError(t, err)
			assert.Equal(t, "you said "+text, string(got))
		}
		refused := request(t, http.MethodGet, s.URL+"/socket", nil)
		assert.NotEqual(t, http.StatusSwitchingProtocols, refused.StatusCode)
	})
}
