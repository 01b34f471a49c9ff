package remedy

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"inlay/internal/answer"
)

func TestEachReasonHasARemedy(t *testing.T) {
	for r := answer.StatusError; r <= answer.LostError; r++ {
		failure := answer.FillError{Reason: r}
		assert.NotEmpty(t, Of(r.String(), failure.Error()), "%v", r)
	}
	assert.Empty(t, Of("", ""))
}

func TestTheRemedyIsForTheCause(t *testing.T) {
	for _, c := range []struct{ reason, text, want string }{
		{"connect", "the handler of /f panicked: boom", "the log's trace"},
		{"connect", "http://127.0.0.1:1/f: dial tcp 127.0.0.1:1: connect: connection refused", "Start the origin"},
		{"connect", "http://127.0.0.1:1/certificate/7: dial tcp 127.0.0.1:1: connect: connection refused", "Start the origin"},
		{"connect", "http://127.0.0.1:1/panicked: dial tcp 127.0.0.1:1: connect: connection refused", "Start the origin"},
		{"connect", "https://origin.example/f: tls: failed to verify certificate: x509: certificate has expired", "Give the origin a certificate"},
		{"connect", "http://127.0.0.1:1/f: EOF", "ended the connection"},
		{"connect", "http://127.0.0.1:1/f: read tcp 127.0.0.1:2->127.0.0.1:1: read: connection reset by peer", "ended the connection"},
		{"connect", `http://127.0.0.1:1/f: net/http: HTTP/1.x transport connection broken: malformed MIME header line: "a"`, "in HTTP"},
		{"refused", `the answer varies on "private-mode", which the slot does not declare in its vary`, "the slot's vary"},
		{"refused", `the answer is "text/no-store"; a fragment is text/html`, "JSON is for scripts"},
		{"refused", "edge: page /, line 1, slot a: the host private.example of its src is not in INLAY_ALLOW_HOSTS; add it there", "Add the host"},
		{"status", "the origin answered 404; a fragment needs 200", "the slot's src"},
		{"status", "the origin answered 500; a fragment needs 200", "the origin's own log"},
		{"status", "the origin answered 302; a fragment needs 200, or a redirect to the same scheme, host and port, five at most", "in a circle"},
		{"refused", "the answer is application/json; a fragment is text/html", "JSON is for scripts"},
		{"refused", "the answer has Cache-Control: private; drop it and declare", "Take private out"},
		{"refused", "the answer varies on cookie, which the slot does not declare in its vary", "the slot's vary"},
		{"markup", "</div> at byte 5 ends what is no longer open", "at that byte"},
	} {
		assert.Contains(t, Of(c.reason, c.text), c.want, c.text)
	}
}

func TestWorkersSayTheSame(t *testing.T) {
	text, err := os.ReadFile("../../worker/remedies.mjs")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^  (\[".*"\]),$`).FindAllStringSubmatch(string(text), -1)
	require.Len(t, rows, len(remedies))
	for i, row := range rows {
		var theirs [3]string
		require.NoError(t, json.Unmarshal([]byte(row[1]), &theirs))
		assert.Equal(t, remedies[i], theirs)
	}
}
