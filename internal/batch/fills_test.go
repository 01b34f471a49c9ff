package batch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
	"inlay/internal/recorder"
)

const fillsSecret = "0123456789abcdef"

// withSecret is Fills(h) of an environment that has the secret.
func withSecret(h http.Handler) http.Handler { return Handler(h, fillsSecret) }

// batchRequest is a request from who has the secret.
func batchRequest(url string, body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, url, body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+fillsSecret)
	return r
}

// postBatch sends a batch to a server.
func postBatch(t *testing.T, server *httptest.Server, body string) *http.Response {
	t.Helper()
	r := batchRequest(server.URL+Path, strings.NewReader(body))
	r.RequestURI = ""
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	return res
}

// postFills sends a batch as JSON to Fills(h) and gives back the recorded response.
func postFills(h http.Handler, body string) *httptest.ResponseRecorder {
	r := batchRequest(Path, strings.NewReader(body))
	w := httptest.NewRecorder()
	withSecret(h).ServeHTTP(w, r)
	return w
}

// runFills runs srcs as a batch and gives back their frames by index.
func runFills(t *testing.T, h http.HandlerFunc, srcs ...string) []frame {
	t.Helper()
	w := postFills(h, `{"fills":[{"src":"`+strings.Join(srcs, `"},{"src":"`)+`"}]}`)
	require.Equal(t, 200, w.Code, "%s", w.Body)
	require.Equal(t, framesType, w.Header().Get("Content-Type"))
	d := newFrameDecoder(len(srcs), maxFrameBody)
	frames, err := decodeFrames(d, w.Body.Bytes(), 1<<20)
	require.NoError(t, err)
	require.NoError(t, d.End())
	slices.SortFunc(frames, func(a, b frame) int { return a.Index - b.Index })
	return frames
}

func TestBatchRunsEachFillAsAGetWithItsFieldsAndNoOthers(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]*http.Request{}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[r.RequestURI] = r
	})
	r := batchRequest("http://shop.example"+Path, strings.NewReader(`{"fills":[
		{"src":"/a?x=1&y=%2F","fields":[["cookie","a=1"],["Accept-Language"," de "],["cookie","b=2"]]},
		{"src":"/b%2Fc"},
		{"src":"/c"},
		{"src":"/page","document":true},
		{"src":"/varies","document":true,"fields":[["accept","text/html;q=0.5, */*"]]}],"later":true}`))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("Cookie", "secret=1")
	withSecret(h).ServeHTTP(httptest.NewRecorder(), r)

	require.Len(t, seen, 5)
	assert.Equal(t, []string{"text/html"}, seen["/page"].Header["Accept"], "a page of the origin is asked for as one")
	assert.Equal(t, []string{"text/html;q=0.5, */*"}, seen["/varies"].Header["Accept"], "unless it varies on that")
	a, b, c := seen["/a?x=1&y=%2F"], seen["/b%2Fc"], seen["/c"]
	require.NotNil(t, a)
	assert.Equal(t, "GET", a.Method)
	assert.Equal(t, "/a", a.URL.Path)
	assert.Equal(t, "x=1&y=%2F", a.URL.RawQuery)
	assert.Equal(t, "shop.example", a.Host)
	capable := []string{`inlay="ESI/1.0"`}
	assert.Equal(t, http.Header{"Cookie": {"a=1", "b=2"}, "Accept-Language": {"de"}, "Surrogate-Capability": capable}, a.Header)
	body, err := io.ReadAll(a.Body)
	assert.NoError(t, err)
	assert.Empty(t, body)
	assert.Equal(t, "/b/c", b.URL.Path)
	assert.Equal(t, "/b%2Fc", b.URL.EscapedPath())
	assert.Equal(t, http.Header{"Surrogate-Capability": capable}, b.Header)
	assert.Equal(t, b.Header, c.Header)
}

// Of a page of the origin that is kept the other fields go out too; of a fragment nobody wants them.
func TestADocumentComesWithAllFieldsOfItsAnswer(t *testing.T) {
	h := withSecret(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["x-lower"] = []string{"1", "2"}
		w.Header().Set("Link", "</a.css>; rel=preload")
		w.Header().Set("Inlay-Failure", "panic")
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("Location", "/elsewhere")
		w.Header().Set("ETag", `"a"`)
		w.Header()["bad name"] = []string{"x"}
		if r.URL.Path == "/panic" {
			panic("x")
		}
	}))
	for fill, want := range map[string]string{
		`"src":"/a","document":true`:     "200\netag: \"a\"\nlocation: /elsewhere\nset-cookie: 1\nlink: </a.css>; rel=preload\nx-lower: 1, 2\n",
		`"src":"/a","document":false`:    "200\netag: \"a\"\nlocation: /elsewhere\nset-cookie: 1\n",
		`"src":"/panic","document":true`: "500\ncontent-type: text/plain; charset=utf-8\ninlay-failure: panic\n",
	} {
		body := postFills(h, `{"fills":[{`+fill+`}]}`).Body.Bytes()
		assert.Equal(t, want, string(body[framePrefix:framePrefix+readUint32(body[8:])]), fill)
	}
}

func TestFinishedFillIsSentWhileAnotherStillRuns(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(withSecret(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-release
		}
		io.WriteString(w, "<p>"+r.URL.Path)
	})))
	defer server.Close()
	res := postBatch(t, server, `{"fills":[{"src":"/slow"},{"src":"/fast"}]}`)
	defer res.Body.Close()

	d := newFrameDecoder(2, 1<<10)
	var got []string
	buf := make([]byte, 1<<10)
	for len(got) < 2 {
		n, err := res.Body.Read(buf)
		require.NoError(t, d.Push(buf[:n], func(f *frame) {
			got = append(got, string(f.Body))
			if len(got) == 1 {
				close(release) // only what arrived lets the slow one go on
			}
		}))
		if err != nil {
			break
		}
	}
	assert.Equal(t, []string{"<p>/fast", "<p>/slow"}, got)
}

func TestHandlerThatDoesNotFinishFailsItsOwnFillOnly(t *testing.T) {
	var logged bytes.Buffer
	before := log.Writer()
	log.SetOutput(&logged)
	defer log.SetOutput(before)
	frames := runFills(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/invalid" {
			w.WriteHeader(99)
		}
		io.WriteString(w, "<p>begun")
		switch r.URL.Path {
		case "/panic":
			panic("secret of the handler")
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/goexit":
			runtime.Goexit()
		}
	}, "/panic", "/abort", "/goexit", "/good", "/invalid")

	for i, text := range []string{"the handler panicked; its log says with what\n", "the handler aborted its answer\n", "the handler ended its goroutine\n"} {
		assert.Equal(t, failurePanic, frames[i].Failure)
		assert.Equal(t, 500, frames[i].Answer.Status)
		assert.Equal(t, text, string(frames[i].Body))
	}
	assert.Empty(t, frames[3].Failure)
	assert.Equal(t, "<p>begun", string(frames[3].Body))
	assert.Equal(t, failurePanic, frames[4].Failure)
	assert.Contains(t, logged.String(), "panic in the handler of the fill /panic: secret of the handler")
	assert.Contains(t, logged.String(), "invalid WriteHeader code 99")
	assert.NotContains(t, logged.String(), "abort")
}

func TestPanicGoesToTheServersOwnLog(t *testing.T) {
	var logged bytes.Buffer
	server := httptest.NewUnstartedServer(withSecret(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh") })))
	server.Config.ErrorLog = log.New(&logged, "", 0)
	server.Start()
	res := postBatch(t, server, `{"fills":[{"src":"/a"}]}`)
	_, err := io.Copy(io.Discard, res.Body)
	require.NoError(t, err)
	res.Body.Close()
	server.Close()
	assert.Contains(t, logged.String(), "panic in the handler of the fill /a: oh")
}

// TestAnswerIsAsNetHTTPWouldSendIt runs handlers both through a server and through a batch.
func TestAnswerIsAsNetHTTPWouldSendIt(t *testing.T) {
	handlers := map[string]http.HandlerFunc{
		"/nothing":  func(w http.ResponseWriter, r *http.Request) {},
		"/implicit": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<p>x") },
		"/text":     func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "just text") },
		"/json": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, "<p>x")
		},
		"/no-type": func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = nil
			io.WriteString(w, "<p>x")
		},
		"/encoded": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			io.WriteString(w, "<p>x")
		},
		"/twice": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(404)
			w.WriteHeader(200)
			io.WriteString(w, "<p>x")
		},
		"/hints": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "</a>; rel=preload")
			w.WriteHeader(103)
			w.WriteHeader(201)
			io.WriteString(w, "<p>x")
		},
		"/late": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "<p>x")
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Add("Set-Cookie", "a=b")
		},
		"/early-flush": func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			w.Header().Set("Vary", "Cookie")
			io.WriteString(w, "<p>x")
		},
		"/split-flush": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "<!")
			_ = http.NewResponseController(w).Flush()
			io.WriteString(w, "doctype html>")
		},
		"/split": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "<!")
			io.WriteString(w, "doctype html>")
		},
		"/fields": func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Vary"] = []string{"Cookie", "Accept-Language"}
			w.Header()["set-cookie"] = []string{"a=b"}
			w.Header().Set("Age", " 7 ")
			w.Header().Set("Retry-After", "1\n2")
			w.Header().Set("Cache-Control", "max-age=5")
		},
		"/no-content": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204); io.WriteString(w, "x") },
		"/not-modified": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(304)
		},
		"/length": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "4")
			io.WriteString(w, "<p>x")
		},
		"/bad-length": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "-4")
			io.WriteString(w, "<p>x")
		},
		"/long": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, strings.Repeat("<p>x", 5000)) },
		"/file": func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "a.html", time.Time{}, strings.NewReader("<p>x"))
		},
		"/redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/a", http.StatusFound) },
		"/error":    func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusServiceUnavailable) },
	}
	mux := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handlers[r.URL.Path](w, r) })
	server := httptest.NewUnstartedServer(withSecret(mux))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	defer server.Close()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path := range handlers {
		t.Run(path[1:], func(t *testing.T) {
			res, err := client.Get(server.URL + path)
			require.NoError(t, err)
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			require.NoError(t, err)
			want := answer.Answer{
				Status: res.StatusCode, Size: len(body),
				ContentType: res.Header.Get("Content-Type"), ContentEncoding: res.Header.Get("Content-Encoding"),
				CacheControl: res.Header.Get("Cache-Control"), Vary: strings.Join(res.Header["Vary"], ", "),
				Age: res.Header.Get("Age"), RetryAfter: res.Header.Get("Retry-After"), SetCookie: len(res.Header["Set-Cookie"]) > 0,
			}
			f := runFills(t, mux, path)[0]
			assert.Empty(t, f.Failure)
			if res.StatusCode != 200 && res.StatusCode != 404 && res.StatusCode != 410 { // which can be no fragment: nobody needs the body, nor the type that is told from it
				body, want.Size, want.ContentType = nil, 0, f.Answer.ContentType
			}
			assert.Equal(t, want, f.Answer)
			assert.Equal(t, string(body), string(f.Body))
		})
	}
}

func TestWritesThatNetHTTPRefusesAreRefused(t *testing.T) {
	frames := runFills(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/204":
			w.WriteHeader(204)
			_, err := io.WriteString(w, "x")
			assert.ErrorIs(t, err, http.ErrBodyNotAllowed)
			_, err = w.Write(nil)
			assert.NoError(t, err)
		case "/over":
			w.Header().Set("Content-Length", "2")
			_, err := w.Write([]byte("<p>"))
			assert.ErrorIs(t, err, http.ErrContentLength)
			_, err = w.Write([]byte("ok"))
			assert.NoError(t, err)
		}
	}, "/204", "/over")
	assert.Equal(t, 204, frames[0].Answer.Status)
	assert.Equal(t, "ok", string(frames[1].Body))
}

func TestAnswerShorterThanDeclaredIsTruncated(t *testing.T) {
	frames := runFills(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "<p>")
	}, "/a")
	assert.Equal(t, failureTruncated, frames[0].Failure)
	assert.Equal(t, "the handler wrote 3 of the 10 bytes that it declared\n", string(frames[0].Body))
}

// What a handler said before it failed may be that the fragment is not for others; and of a status that is no fragment's the
// body is no matter.
func TestWhatAHandlerSaidBeforeItFailedComesWithItsFrame(t *testing.T) {
	frames := runFills(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "private")
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		switch r.URL.Path {
		case "/short":
			w.Header().Set("Content-Length", "10")
			io.WriteString(w, "<p>")
		case "/panic":
			io.WriteString(w, "<p>")
			panic(http.ErrAbortHandler)
		case "/exit":
			io.WriteString(w, "<p>")
			runtime.Goexit()
		case "/large":
			w.Write(make([]byte, maxFrameBody+1))
		case "/nothing":
			panic(http.ErrAbortHandler)
		}
	}, "/short", "/panic", "/exit", "/large", "/nothing")
	for _, f := range frames {
		assert.NotEmpty(t, f.Failure)
		assert.Equal(t, 500, f.Answer.Status)
		assert.Equal(t, f.Index != 4, f.Answer.SetCookie, f.Index)
		assert.Equal(t, f.Index != 4, f.Answer.CacheControl == "private", f.Index)
	}
	frames = runFills(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/short":
			w.Header().Set("Content-Length", "10")
			w.WriteHeader(404)
			io.WriteString(w, "<p>")
		case "/redirect":
			w.Header().Set("Location", "/x")
			w.WriteHeader(302)
			w.Write(make([]byte, maxFrameBody))
		case "/endless":
			w.WriteHeader(410)
			for n := 0; ; n++ {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					assert.Error(t, r.Context().Err())
					return
				}
			}
		}
	}, "/short", "/redirect", "/endless")
	for i, status := range []int{404, 302, 410} {
		assert.Empty(t, frames[i].Failure)
		assert.Equal(t, status, frames[i].Answer.Status)
		assert.Empty(t, frames[i].Body)
	}
	assert.Equal(t, "/x", frames[1].Location)
}

func TestSwitchingProtocolsFailsTheFill(t *testing.T) {
	frames := runFills(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(101) }, "/a")
	assert.Equal(t, failureTruncated, frames[0].Failure)
}

func TestAnswerOverTheLimitIsStoppedAndFailsItsOwnFillOnly(t *testing.T) {
	frames := runFills(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/good" {
			w.Write(make([]byte, maxFrameBody))
			return
		}
		chunk := make([]byte, 1<<20)
		for {
			if _, err := w.Write(chunk); err != nil {
				assert.ErrorIs(t, err, recorder.ErrTooLarge)
				assert.Error(t, r.Context().Err())
				return
			}
		}
	}, "/endless", "/good")
	assert.Equal(t, failureTooLarge, frames[0].Failure)
	assert.Len(t, frames[1].Body, maxFrameBody)
}

func TestHeaderTooLargeForAFrameFailsItsOwnFillOnly(t *testing.T) {
	frames := runFills(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large" {
			w.Header().Set("Vary", strings.Repeat("v", maxFrameHead))
		}
	}, "/large", "/good")
	assert.Equal(t, failureTooLarge, frames[0].Failure)
	assert.Empty(t, frames[1].Failure)
}

func TestBatchThatIsNotOfTheFormRunsNothing(t *testing.T) {
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a handler ran") })
	many := `{"fills":[` + strings.Repeat(`{"src":"/a"},`, maxFills) + `{"src":"/a"}]}`
	for _, c := range []struct {
		body   string
		status int
		text   string
	}{
		{``, 400, "unexpected end"},
		{`{`, 400, "unexpected end"},
		{`[]`, 400, "is not of the form"},
		{`null`, 400, "0 fills"},
		{`{}`, 400, "0 fills"},
		{`{"fills":[]}`, 400, "0 fills"},
		{many, 400, "65 fills"},
		{`{"fills":[{"src":1}]}`, 400, "is not of the form"},
		{`{"fills":[{"src":"/a","fields":[[1,2]]}]}`, 400, "is not of the form"},
		{`{"fills":[{"src":"/a","fields":{"a":"b"}}]}`, 400, "is not of the form"},
		{`{"fills":[{"src":"/a"}]} x`, 400, "is not of the form"},
		{`{"fills":[{"src":"/` + strings.Repeat("a", maxFillsBytes) + `"}]}`, 413, "262144 bytes"},
	} {
		w := postFills(h, c.body)
		assert.Equal(t, c.status, w.Code, "%.40q", c.body)
		assert.Contains(t, w.Body.String(), c.text, "%.40q", c.body)
	}
	for _, contentType := range []string{"", "text/plain", "multipart/form-data", "application/json/x"} {
		r := batchRequest(Path, strings.NewReader(`{"fills":[{"src":"/a"}]}`))
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		withSecret(h).ServeHTTP(w, r)
		assert.Equal(t, 415, w.Code, "%q", contentType)
	}
	r := batchRequest(Path, io.MultiReader(strings.NewReader(`{"fills":[`), failingReader{}))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	withSecret(h).ServeHTTP(w, r)
	assert.Equal(t, 400, w.Code)
	assert.Contains(t, w.Body.String(), "broke off")
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("reset") }

func TestFillThatCannotBeAskedFailsAlone(t *testing.T) {
	var ran sync.Map
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ran.Store(r.RequestURI, true) })
	bad := []string{
		`{"src":""}`, `{"src":"a"}`, `{"src":"http://other/a"}`, `{"src":"//other/a"}`, `{"src":"/\\other"}`, `{"src":"/a b"}`,
		`{"src":"/a#b"}`, `{"src":"/é"}`, `{"src":"/a\nb"}`, `{"src":"/%zz"}`, `{"src":"*"}`,
		`{"src":"/a","fields":[["cookie"]]}`, `{"src":"/a","fields":[["cookie","a","b"]]}`, `{"src":"/a","fields":[null]}`,
		`{"src":"/a","fields":[["","a"]]}`, `{"src":"/a","fields":[["a b","a"]]}`, `{"src":"/a","fields":[["a","b\r\nc: d"]]}`,
	}
	w := postFills(h, `{"fills":[`+strings.Join(bad, ",")+`,{"src":"/good"}]}`)
	require.Equal(t, 200, w.Code, "%s", w.Body)
	frames, err := decodeFrames(newFrameDecoder(len(bad)+1, 1<<10), w.Body.Bytes(), 1<<20)
	require.NoError(t, err)
	require.Len(t, frames, len(bad)+1)
	for _, f := range frames {
		if f.Index == len(bad) {
			assert.Equal(t, 200, f.Answer.Status)
			continue
		}
		assert.Equal(t, failureBadRequest, f.Failure, "%s", bad[f.Index])
		assert.Equal(t, 400, f.Answer.Status)
	}
	count := 0
	ran.Range(func(any, any) bool { count++; return true })
	assert.Equal(t, 1, count)
}

func TestBatchThatIsGivenUpEndsItsFillsAndHoldsNobody(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan error)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
		ended <- r.Context().Err()
	})
	ctx, cancel := context.WithCancel(t.Context())
	r := batchRequest(Path, strings.NewReader(`{"fills":[{"src":"/a"}]}`)).WithContext(ctx)
	r.Header.Set("Content-Type", "application/json")
	go func() {
		<-begun
		cancel()
	}()
	// The handler is still stuck in its send when the batch returns.
	withSecret(h).ServeHTTP(httptest.NewRecorder(), r)
	assert.ErrorIs(t, <-ended, context.Canceled)
}

type brokenWriter struct{ http.ResponseWriter }

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestBatchWhoseReaderHasGoneEndsTheOtherFills(t *testing.T) {
	ended := make(chan error)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
			ended <- r.Context().Err()
		}
	})
	r := batchRequest(Path, strings.NewReader(`{"fills":[{"src":"/slow"},{"src":"/fast"}]}`))
	r.Header.Set("Content-Type", "application/json")
	withSecret(h).ServeHTTP(brokenWriter{httptest.NewRecorder()}, r)
	assert.ErrorIs(t, <-ended, context.Canceled)
}

func TestFillsOfABatchRunAllAtOnce(t *testing.T) {
	var all sync.WaitGroup
	all.Add(maxFills)
	srcs := make([]string, maxFills)
	for i := range srcs {
		srcs[i] = "/" + strconv.Itoa(i)
	}
	frames := runFills(t, func(w http.ResponseWriter, r *http.Request) {
		all.Done()
		all.Wait() // ends only if each has begun
		io.WriteString(w, r.URL.Path)
	}, srcs...)
	for i, f := range frames {
		assert.Equal(t, srcs[i], string(f.Body))
	}
}

func TestOtherRequestsPassUntouched(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Seen", r.Method+" "+r.URL.Path+" "+string(body))
	})
	for _, c := range []struct {
		method, path, announce string
	}{
		{"POST", "/a", ""}, {"GET", "/_inlays/fills", ""},
		{"GET", "/a", "1"},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader("body"))
		if c.announce != "" {
			r.Header.Set("Inlay-Fill", c.announce)
		}
		w := httptest.NewRecorder()
		withSecret(h).ServeHTTP(w, r)
		assert.Equal(t, c.method+" "+c.path+" body", w.Header().Get("Seen"))
		assert.Equal(t, c.announce, w.Header().Get("Inlay-Fills"))
	}
}

// TestBatchAnswersOverAWriterWithoutFlush: the writer of a Worker starts the response with the first Write.
func TestBatchAnswersOverAWriterWithoutFlush(t *testing.T) {
	recorder := httptest.NewRecorder()
	r := batchRequest(Path, strings.NewReader(`{"fills":[{"src":"/a"}]}`))
	r.Header.Set("Content-Type", "application/json")
	withSecret(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(make([]byte, 100<<10))
	})).ServeHTTP(struct{ http.ResponseWriter }{recorder}, r)
	frames, err := decodeFrames(newFrameDecoder(1, 1<<20), recorder.Body.Bytes(), 1<<20)
	require.NoError(t, err)
	require.Len(t, frames, 1)
	assert.Len(t, frames[0].Body, 100<<10)
}

func FuzzFills(f *testing.F) {
	f.Add(`{"fills":[{"src":"/a?x=1","fields":[["cookie","a=b"]]},{"src":"/b"}]}`)
	f.Add(`{"fills":[{"src":"//a"},{"src":"/%00","fields":[["host","x"]]}]}`)
	f.Add(`{"fills":[]}`)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RequestURI) })
	f.Fuzz(func(t *testing.T, body string) {
		w := postFills(h, body)
		if w.Code != 200 {
			require.Contains(t, []int{400, 413}, w.Code)
			return
		}
		frames, err := decodeFrames(newFrameDecoder(maxFills, maxFrameBody), w.Body.Bytes(), 1<<20)
		require.NoError(t, err)
		require.NotEmpty(t, frames)
		for _, f := range frames {
			if f.Failure == "" {
				require.True(t, strings.HasPrefix(string(f.Body), "/") && !strings.HasPrefix(string(f.Body), "//"), "%q", f.Body)
			}
		}
	})
}

func TestVisitorsHostComesWithAFillOfABatch(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Host+" "+r.Header.Get("X-Forwarded-Host")+strings.Join(r.Header["X-Forwarded-Proto"], ","))
	})
	for member, want := range map[string]string{
		`"host":"shop.example:8080"`:               "shop.example:8080 shop.example:8080",
		`"host":""`:                                "example.com ", // the batch's own
		`"proto":"https"`:                          "example.com https",
		`"proto":"http"`:                           "example.com http",
		`"proto":"ftp"`:                            "",
		`"proto":"https\nX-Evil: b"`:               "",
		`"fields":[["x-forwarded-proto","https"]]`: "",
		`"host":"a b"`:                             "",
		`"host":"a@b"`:                             "",
		`"host":"a/b"`:                             "",
		`"host":"a\nX-Evil: b"`:                    "",
		`"fields":[["x-forwarded-host","shop.example"]]`: "",
		`"fields":[["host","shop.example"]]`:             "",
	} {
		w := postFills(h, `{"fills":[{"src":"/a",`+member+`},{"src":"/b"}]}`)
		require.Equal(t, 200, w.Code)
		frames, err := decodeFrames(newFrameDecoder(2, maxFrameBody), w.Body.Bytes(), 1<<20)
		require.NoError(t, err)
		for _, f := range frames {
			switch {
			case f.Index == 1:
				assert.Equal(t, "example.com ", string(f.Body), "another fill has none of it: %s", member)
			case want == "":
				assert.Equal(t, failureBadRequest, f.Failure, member)
			default:
				assert.Equal(t, want, string(f.Body), member)
			}
		}
	}
}
