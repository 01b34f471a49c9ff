package redis

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// A fragment is a string: for how many milliseconds it was to be kept, in eight bytes, and then its own. What is left of them tells how
// long it has lain there by the server's clock, so that nobody's clocks need agree.

// longest is how long anything is kept at most.
const longest = 365 * 24 * time.Hour

// Put is of [edge.Tier]. What is to be kept for more than a year is kept for a year.
func (s *Store) Put(ctx context.Context, name string, b []byte, keep time.Duration) error {
	keep = min(max(keep, time.Millisecond), longest).Truncate(time.Millisecond)
	value := append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(b)), uint64(keep.Milliseconds())), b...)
	if err := s.client.Do(ctx, "SET", s.prefix+"f:"+name, value, "PX", keep.Milliseconds()).Err(); err != nil {
		return fmt.Errorf("inlay/edge/redis: a fragment could not be put: %w", err)
	}
	return nil
}

// Get is of [edge.Tier].
func (s *Store) Get(ctx context.Context, name string) ([]byte, time.Duration, error) {
	var value *goredis.StringCmd
	var left *goredis.DurationCmd
	// In one step: the time that is left of another value would make this one younger than it is.
	_, err := s.client.TxPipelined(ctx, func(p goredis.Pipeliner) error {
		value, left = p.Get(ctx, s.prefix+"f:"+name), p.PTTL(ctx, s.prefix+"f:"+name)
		return nil
	})
	if errors.Is(err, goredis.Nil) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("inlay/edge/redis: a fragment could not be got: %w", err)
	}
	b, err := value.Bytes()
	if err != nil || len(b) < 8 {
		return nil, 0, err // somebody else's
	}
	age := time.Duration(-1) // somebody has made it stay for ever, so nothing tells its age
	if left.Val() > 0 {
		age = max(time.Duration(binary.BigEndian.Uint64(b))*time.Millisecond-left.Val(), 0)
	}
	return b[8:], age, nil
}
