package redis

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"

	goredis "github.com/redis/go-redis/v9"

	"inlay/edge"
)

// The log is two keys that lie on one server of a cluster: a hash with the identity, the run_id of the server, the number and the
// floor; and a sorted set of subjects by mark, which begins with the identity, so that neither can be lost without the other
// noticing. Marks are the set's scores: exact up to 2^53.

//go:embed log.lua
var logScript string

// script asks and tells: with no subjects it writes only if the log must begin anew.
var script = goredis.NewScript(logScript)

// Since is of [edge.PurgeLog].
func (s *Store) Since(ctx context.Context, id string, since uint64) (edge.LogAnswer, error) {
	return s.ask(ctx, id, since, nil)
}

// Purge is of [edge.PurgeLog].
func (s *Store) Purge(ctx context.Context, id string, since uint64, subjects []string) (edge.LogAnswer, error) {
	if len(subjects) == 0 || slices.Contains(subjects, "") {
		return edge.LogAnswer{}, errors.New("inlay/edge/redis: a purge that names nothing")
	}
	return s.ask(ctx, id, since, subjects)
}

func (s *Store) ask(ctx context.Context, id string, since uint64, subjects []string) (a edge.LogAnswer, err error) {
	args := make([]any, 0, 4+len(subjects))
	args = append(args, id, strconv.FormatUint(since, 10), rand.Text(), s.subjects)
	for _, subject := range subjects {
		args = append(args, subject)
	}
	keys := []string{s.prefix + "{log}:state", s.prefix + "{log}:marks"}
	said, err := script.Run(ctx, s.client, keys, args...).StringSlice()
	if err != nil {
		return a, fmt.Errorf("inlay/edge/redis: the purge log: %w", err)
	}
	if a, err = read(said); err != nil {
		return edge.LogAnswer{}, fmt.Errorf("inlay/edge/redis: the purge log at %q is none of inlay's: %w", keys[0], err)
	}
	return a, nil
}

// read takes an answer of the script apart: identity, number, floor, then subjects and marks.
func read(said []string) (a edge.LogAnswer, err error) {
	if len(said) < 3 || len(said)%2 != 1 || said[0] == "" {
		return a, fmt.Errorf("it says %.200q", said)
	}
	a.ID = said[0]
	a.Seq, err = strconv.ParseUint(said[1], 10, 64)
	if err != nil {
		return a, err
	}
	if a.Floor, err = strconv.ParseUint(said[2], 10, 64); err != nil {
		return a, err
	}
	for rest := said[3:]; len(rest) > 0; rest = rest[2:] {
		seq, err := strconv.ParseUint(rest[1], 10, 64)
		if err != nil {
			return a, err
		}
		a.Changes = append(a.Changes, edge.LogChange{Seq: seq, Subject: rest[0]})
	}
	return a, nil
}
