// Package redis lets all processes of a site share a purge log and fragments in a Redis server, or one that speaks like it
// (Valkey). It is a module of its own, so that nobody else depends on a client of Redis.
//
//	store, err := redis.Open("redis://10.0.0.5:6379/0", redis.Options{Prefix: "shop:"})
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer store.Close()
//	handler, err := edge.NewHandler(edge.Options{Pages: pages, Origin: mux, Log: store, Lower: store})
//
// [New] takes a client that the program has already, of one server, of Sentinel or of a cluster.
//
//   - log.go: the purge log, a hash and a sorted set, which two scripts read and write, each in one step.
//   - tier.go: the fragments, a string each, with a time to live.
//
// What may not be in it: anything that knows what a subject or a fragment means.
//
// # When Redis loses something
//
// Redis answers before a write is on disk, and a replica that takes over may lack the last ones. So the log notes the run_id of the
// server that it lies in, and takes a new identity when it finds another: after each restart and each failover, with its data or
// without. It does so too when one of its two keys is gone (FLUSHALL, eviction, an expired snapshot), and when somebody knows of
// a purge that it does not (an older snapshot). All processes then forget what they have: every fragment is asked of its origin
// once more, and none that was purged is served.
//
// What it cannot notice: a master that is cut off from its replicas, and that some processes still reach, while another has taken
// over. Those processes do not hear of purges until it has been told to step down; min-replicas-to-write does not help, since
// asking writes nothing. Who needs the bound in that case too lets all processes reach Redis by one address that moves with
// the master. Servers that hide their run_id from INFO are not noticed to have been restarted.
package redis
