package edge

import (
	"context"
	"log"
	"net/http"
	"os"

	"inlay/internal/batch"
	"inlay/internal/config"
)

// FillsPath is where an origin takes fills in batches: /_inlay/fills.
const FillsPath = batch.Path

// Fills lets an origin take fills in batches, from whoever has the secret of the environment's variable
// INLAY_FILLS_SECRET. Unset, or no secret by the rules of [ParseConfig] (which is logged), there are no batches: fills come
// one by one. See [FillsWith].
func Fills(h http.Handler) http.Handler {
	secret, err := config.ReadSecret(os.LookupEnv, "INLAY_FILLS_SECRET")
	if err != nil {
		log.Printf("edge: fills are not taken in batches: %v", err)
	}
	return FillsWith(h, secret)
}

// FillsWith lets an origin take fills in batches from whoever has the secret; an empty one is nobody's. It wraps the
// handler that answers the fragments: POST to [FillsPath] with Authorization: Bearer and the secret runs each fill of the
// batch through h, as GET of its src with its declared fields and no others, all at once, and streams each answer back as
// soon as its handler has finished. A handler that panics, answers with more than 8 MiB or breaks off fails its own fill
// only. The requests have the Host and the context of the batch's.
//
// No other request for a path below /_inlay, in any spelling, reaches h: it is answered with 404, or 401 where only the
// secret is wrong. Every other goes to h as it is, and if it carries Inlay-Fill: 1 and there is a secret, its response has
// Inlay-Fills: 1 besides: so does a remote origin announce that it takes batches.
//
// What h sees and what becomes of what it does are as with net/http's server: an implicit 200, one WriteHeader, a
// Content-Type told from the first bytes where h sets none, http.ErrBodyNotAllowed and http.ErrContentLength. Two things
// differ: an answer is kept until its handler has finished, so Flush sends nothing yet, and it cannot be hijacked.
func FillsWith(h http.Handler, secret string) http.Handler { return batch.Handler(h, secret) }

// RunFills runs a batch of fills through h as [Fills] does, for a host that has the batch's bytes itself and no HTTP around
// them, as app.wasm has. It begins them in their order, and gives write each frame in one piece, before anything else of the
// same goroutine can happen; no two calls of write are at once, and the bytes are write's to keep. It returns when all have
// finished or ctx is done, whose error it then returns; a batch that is not of the form is an error too, and nothing of it
// was run.
func RunFills(ctx context.Context, h http.Handler, body []byte, write func(frame []byte)) error {
	return batch.Run(ctx, h, body, write)
}
