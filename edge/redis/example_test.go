package redis_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"inlay/edge"
	"inlay/edge/redis"
)

// share gives a site's server what all of its processes share.
func share(o *edge.Options) error {
	store, err := redis.Open(os.Getenv("REDIS_URL"), redis.Options{Prefix: "shop:"})
	if err != nil {
		return err
	}
	o.Log, o.Lower = store, store
	return nil
}

// published is what a webhook of a CMS calls.
func published(ctx context.Context, h *edge.Handler, product string) error {
	_, err := h.PurgeEverywhere(ctx, edge.Purge{Tags: []string{"product:" + product}})
	return err
}

// Each process of a site opens the same Redis, and gives it to its handler twice: as the log of what was purged, and as the place
// where fragments lie that one process has filled for all.
func ExampleOpen() {
	store, err := redis.Open("redis://127.0.0.1:6379/0", redis.Options{Prefix: "shop:"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	h, err := edge.NewHandler(edge.Options{Origin: http.NotFoundHandler(), Log: store, Lower: store})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Println(h.Shutdown(ctx))
	// Output: <nil>
}

var _, _ = share, published
