package devserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"inlay/internal/config"
	"inlay/internal/overlay"
)

// The overlay of a Worker's pages is the server's: in a Worker that is built there is nothing of it. What became of each slot the
// Worker notes while it runs under inlay dev (worker/dev.mjs), for who knows from where it fetches shells; when what of a page went
// by is seen here.

// lookAtWorkers has pages carry the overlay, unless the site's variables say otherwise. from shows the Worker who asks.
func (f *front) lookAtWorkers(from string, vars func() map[string]string) {
	ask := func(ctx context.Context, method, query string, body io.Reader) ([]byte, error) {
		at := f.board.get().upstream
		if at == nil {
			return nil, errors.New("nothing serves the site")
		}
		ctx, cancel := context.WithTimeout(ctx, answersWithin)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, method, at.JoinPath(overlay.VisitPath).String()+query, body)
		if err != nil {
			return nil, err
		}
		r.Header.Set(fromField, from)
		answer, err := f.worker.Do(r)
		if err != nil {
			return nil, err
		}
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(io.LimitReader(answer.Body, 8<<20))
		if err == nil && answer.StatusCode >= 300 {
			err = fmt.Errorf("the Worker has answered %s: %s", answer.Status, strings.TrimSpace(string(text[:min(len(text), 200)])))
		}
		return text, err
	}
	f.overlay = &overlay.Host{
		Book: &overlay.Book{}, Names: f.hosts,
		Look: func(ctx context.Context, v *overlay.Visit) (map[string]json.RawMessage, error) {
			text, err := ask(ctx, http.MethodGet, "?id="+v.ID, nil)
			if err != nil {
				return nil, err
			}
			return takeNotes(v, text)
		},
		Change: func(ctx context.Context, keys []string, soft bool) error {
			subjects := make([]string, len(keys))
			for i, key := range keys {
				if subjects[i] = "key:" + key; soft {
					subjects[i] = "~key:" + key
				}
			}
			text, err := json.Marshal(subjects)
			if err == nil {
				_, err = ask(ctx, http.MethodPost, "", bytes.NewReader(text))
			}
			return err
		},
	}
	f.overlaid = func() bool {
		all := vars()
		if _, said := all["INLAY_DEV"]; !said {
			all["INLAY_DEV"] = "1"
		}
		c, err := config.Parse(func(name string) (string, bool) { value, ok := all[name]; return value, ok })
		return err == nil && c.Overlay
	}
}

// noted is a fill, as worker/dev.mjs notes it; times are in milliseconds since 1970.
type noted struct {
	Slot, Key, Page, To, Visit string
	Began, Ended               int64
	Status                     int
	Reason, Text               string
}

// takeNotes has a visit know what the Worker has noted of it, and gives what is stored under its keys.
func takeNotes(v *overlay.Visit, text []byte) (map[string]json.RawMessage, error) {
	var got struct {
		Said    [][]json.RawMessage
		Fills   []noted
		Entries map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &got); err != nil {
		return nil, errors.New("the Worker does not say what became of the page: its entry has to hand requests to inlay")
	}
	fills := make([]overlay.Fill, len(got.Fills))
	for i, f := range got.Fills {
		fills[i] = overlay.Fill{
			Slot: f.Slot, Key: f.Key, Page: f.Page, To: f.To, Visit: f.Visit, Began: instant(f.Began), Ended: instant(f.Ended),
			Status: f.Status, Reason: f.Reason, Text: f.Text,
		}
	}
	v.Take(fills, func() {
		for _, one := range got.Said {
			take(v, one)
		}
	})
	return got.Entries, nil
}

// take tells a visit one thing that was noted: ["w", bytes], or ["s", [slot, key, status, failure], kind, from, to].
func take(v *overlay.Visit, one []json.RawMessage) {
	number := func(i int) (n int) {
		if i < len(one) {
			_ = json.Unmarshal(one[i], &n) // what is no number counts for 0
		}
		return n
	}
	switch {
	case len(one) < 2:
	case string(one[0]) == `"w"`:
		v.Wrote(number(1))
	default:
		var texts []string
		if json.Unmarshal(one[1], &texts) != nil || len(texts) < 4 {
			return
		}
		kind := number(2)
		v.Shown(overlay.Shown{
			Slot: texts[0], Key: texts[1], Status: texts[2], Failure: texts[3], Pending: kind&1 != 0, InPlace: kind&2 != 0, From: number(3), To: number(4),
		})
	}
}

// instant is a time in milliseconds since 1970; 0 is none.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
