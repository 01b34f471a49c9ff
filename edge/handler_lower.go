package edge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"inlay/internal/config"
	"inlay/internal/engine"
)

// What the engine asks about what lies below. To the engine it is a data centre's cache: a store that shows at once what was
// put there.

// lower is Options.Lower, with what keeps it from holding anything up.
type lower struct {
	tier   Tier
	prefix string        // of names
	slots  chan struct{} // as many as there may be calls in progress, those that have outlived their time too
	rests  atomic.Int64  // until when it is left alone, in nanoseconds since 1970
}

const (
	maxLowerCalls = 256
	getTimeout    = 500 * time.Millisecond
	putTimeout    = 2 * time.Second
	lowerRest     = time.Second // after a call that took too long: the next would too
)

// reachBeyond prepares for Options.Log and Options.Lower.
func (h *Handler) reachBeyond() error {
	o := &h.options
	o.Config.Log, o.Config.Tiers = o.Log != nil, 0
	switch c := &o.Config; {
	case o.Log == nil && o.Lower != nil:
		return errors.New("edge: Options.Lower needs Options.Log: without it nobody would know which of the fragments there were purged")
	case o.Log != nil && (c.LeaseSoft < 0 || c.LeaseSoft > c.Lease || c.Outage < 0):
		return fmt.Errorf("edge: Config.LeaseSoft is %v, Config.Lease %v and Config.Outage %v; the first may be no more than the second, and none negative", c.LeaseSoft, c.Lease, c.Outage)
	case o.Lower == nil:
		return nil
	}
	// Another origin, or one that is told something else, fills other fragments, of whatever build.
	from := fmt.Sprintf("\n%s\n%q", o.Config.Origin, o.Config.FillFields)
	build := o.Build
	if o.Config.Outlive {
		build = "any"
	} else if build == "" {
		program, err := programSum()
		if err != nil {
			return fmt.Errorf("edge: the program's file cannot be read, so its version is not known; set Options.Build: %w", err)
		}
		build = program
	}
	sum := sha256.Sum256([]byte(build + from))
	o.Config.Tiers = uint8(config.DataCenter)
	h.lower = lower{tier: o.Lower, prefix: hex.EncodeToString(sum[:8]) + ":", slots: make(chan struct{}, maxLowerCalls)}
	return nil
}

// programSum is the digest of the program that runs.
var programSum = sync.OnceValues(func() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	return hex.EncodeToString(sum.Sum(nil)), err
})

func (n nativeHost) Find(id engine.RequestID, fill engine.FillID, f engine.Find) {
	h := n.h
	if h.options.Tracer != nil {
		h.traceFill(id, fill)
	}
	ctx, cancel := context.WithTimeout(h.alive, engine.FindTimeout)
	h.fills[fill] = cancel
	var polling chan struct{}
	if f.AwaitView {
		polling = h.polling
	}
	h.work.Add(1)
	go func() {
		defer h.work.Done()
		defer cancel()
		h.find(ctx, fill, f, polling)
	}()
}

// find looks for a fragment below, once the poll in progress has ended if that is given.
func (h *Handler) find(ctx context.Context, fill engine.FillID, f engine.Find, polling chan struct{}) {
	if polling != nil {
		patience, cancel := context.WithTimeout(ctx, engine.PollTimeout)
		select {
		case <-polling:
		case <-patience.Done():
		}
		cancel()
	}
	began := h.now()
	var found []byte
	var age time.Duration
	if f.Tiers != 0 {
		found, age = h.get(ctx, f.Name)
	}
	h.event(func() {
		if h.fills[fill] == nil {
			h.traceFillEnds(fill, nil, true)
			return // it was stopped
		}
		delete(h.fills, fill)
		taken := found != nil && h.engine.Found(fill, config.DataCenter, age, &blob{bytes: found}, len(found), h.now())
		h.traceFound(fill, began, f.Tiers, found != nil, taken)
		if !taken {
			h.engine.NotFound(fill, h.now())
		}
	})
}

// get gives what lies below under a name; nil if there is nothing, or it cannot be got.
func (h *Handler) get(ctx context.Context, name string) (bytes []byte, age time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, getTimeout)
	defer cancel()
	type value struct {
		bytes []byte
		age   time.Duration
	}
	v, err := callLower(ctx, &h.lower, func(ctx context.Context) (v value, err error) {
		v.bytes, v.age, err = h.lower.tier.Get(ctx, h.lower.prefix+name)
		return v, err
	})
	h.log.get.note(h, "get from what lies below", err)
	return v.bytes, v.age
}

func (n nativeHost) Put(_ engine.FillID, p engine.Put[*blob]) {
	h, bytes := n.h, p.Blob.text()
	h.work.Add(1)
	go func() {
		defer h.work.Done()
		ctx, cancel := context.WithTimeout(h.alive, putTimeout)
		defer cancel()
		_, err := callLower(ctx, &h.lower, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, h.lower.tier.Put(ctx, h.lower.prefix+p.Name, bytes, max(p.Keep, time.Millisecond))
		})
		h.log.put.note(h, "put into what lies below", err)
	}()
}

// errRests says that a call was not made, because one shortly before it took too long.
var errRests = errors.New("it is left alone for a second, since it did not answer in time")

// callLower makes a call, unless there are too many for all of the time that ctx has.
func callLower[T any](ctx context.Context, l *lower, f func(context.Context) (T, error)) (v T, err error) {
	if time.Now().UnixNano() < l.rests.Load() {
		return v, errRests
	}
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return v, ctx.Err()
	}
	v, err = bounded(ctx, func(ctx context.Context) (T, error) {
		defer func() { <-l.slots }()
		return f(ctx)
	})
	if errors.Is(err, context.DeadlineExceeded) {
		l.rests.Store(time.Now().Add(lowerRest).UnixNano())
	}
	return v, err
}
