package edge

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"inlay/internal/answer"
	"inlay/internal/engine"
	"inlay/internal/purgelog"
)

// What the engine asks about the purge log. Each call has a goroutine of its own and an end, whatever the log does.

func (n nativeHost) Poll(_ engine.RequestID, poll engine.PollID, log string, seq uint64) {
	h, ended := n.h, make(chan struct{})
	h.polling = ended
	h.work.Add(1)
	go func() {
		defer h.work.Done()
		defer close(ended)
		ctx, cancel := context.WithTimeout(h.alive, engine.PollTimeout)
		defer cancel()
		a, err := bounded(ctx, func(ctx context.Context) (LogAnswer, error) { return h.options.Log.Since(ctx, log, seq) })
		answer, err := h.answered(a, err)
		h.log.poll.note(h, "poll the purge log", err)
		h.event(func() { h.engine.Polled(poll, answer, h.now()) })
	}()
}

func (n nativeHost) Purge(id engine.RequestID, p engine.Purge) {
	h, ended := n.h, make(chan struct{})
	h.purges[id] = ended
	h.work.Add(1)
	go func() {
		defer h.work.Done()
		defer close(ended)
		ctx, cancel := context.WithTimeout(h.alive, engine.PurgeTimeout)
		defer cancel()
		answer, err := h.tell(ctx, p.Log, p.Seq, p.Subjects)
		h.event(func() {
			delete(h.purges, id)
			if err == nil { // else it is not known whether the log has it, which is logged
				h.engine.Told(p.Subjects, answer, p.Asked, h.now())
			}
		})
	}()
}

// tell tells the purge log, in as many parts as it takes.
func (h *Handler) tell(ctx context.Context, log string, seq uint64, subjects []string) (answer *purgelog.Answer, err error) {
	for part := range slices.Chunk(subjects, maxSubjects) {
		a, e := bounded(ctx, func(ctx context.Context) (LogAnswer, error) { return h.options.Log.Purge(ctx, log, seq, part) })
		if answer, err = h.answered(a, e); err != nil {
			break
		}
	}
	h.log.purge.note(h, "tell the purge log", err)
	return answer, err
}

func (h *Handler) answered(a LogAnswer, err error) (*purgelog.Answer, error) {
	if err == nil && a.ID == "" {
		err = errors.New("it has answered without an identity")
	}
	if err != nil {
		return nil, err
	}
	return a.inner(), nil
}

// passWait is how long the answer to a request that was passed on may wait for the purge log.
const passWait = time.Second

// passed purges what the head of an origin's answer says has changed (RFC 9875), and waits for the log to have it.
func (h *Handler) passed(ctx context.Context, c *conn, header http.Header) {
	groups, tags := joined(header, "Cache-Group-Invalidation"), ""
	if name := h.options.Config.PurgeField; name != "" {
		tags = joined(header, name)
	}
	if groups == "" && tags == "" {
		return
	}
	var told chan struct{}
	over := answer.Purged(groups, h.options.Config.PurgeField, tags)
	h.event(func() {
		h.engine.PassEnd(c.id, over, h.now())
		told = h.purges[c.id]
	})
	if len(over) == 0 {
		h.options.Logger.Warn("inlay: an answer purges nothing, as its field names nothing; groups are strings in quotes",
			"Cache-Group-Invalidation", groups[:min(len(groups), 200)], "tags", tags[:min(len(tags), 200)], "request", c.exchange.id)
	}
	if told == nil {
		return
	}
	timer := time.NewTimer(passWait)
	defer timer.Stop()
	select {
	case <-told:
	case <-timer.C:
	case <-ctx.Done():
	}
}

func joined(header http.Header, name string) string { return strings.Join(header.Values(name), ", ") }
