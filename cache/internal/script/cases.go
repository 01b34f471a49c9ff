package script

// Cases are the behaviours that hold everywhere.
var Cases = []Case{
	{Name: "a hit gives the value itself", Steps: `
		put a one => ok
		get a => fresh one
		get b => miss`},
	{Name: "an empty value is a hit", Steps: `
		put a "" => ok
		get a => fresh`},
	{Name: "a hit does not extend the life", Steps: `
		put a one ttl=10s => ok
		at 9s
		get a => fresh one
		at 10s
		get a => miss`},
	{Name: "at exactly the expiry instant it is expired", Steps: `
		put a one ttl=10s => ok
		at 9.999999999s
		get a => fresh one
		at 10s
		get a => miss`},
	{Name: "a zero TTL means five minutes", Steps: `
		put a one => ok
		at 299s
		get a => fresh one
		at 300s
		get a => miss`},
	{Name: "a zero field means the default's", Options: "ttl=10s swr=5s sie=20s tags=t", Steps: `
		put a one => ok
		at 10s
		get a => stale one
		at 15s
		get a => miss
		onerror a => one
		purge t => 1
		onerror a => none`},
	{Name: "negative windows and empty tags mean none whatever the default", Options: "ttl=10s swr=5s sie=20s tags=t", Steps: `
		put a one swr=-1s sie=-1s tags= => ok
		purge t => 0
		at 10s
		get a => miss
		onerror a => none`},
	{Name: "stale while revalidate, then stale if error, then nothing", Steps: `
		put a one ttl=10s swr=5s sie=20s => ok
		ttl a => 10s
		onerror a => one
		at 10s
		get a => stale one
		ttl a => 0s
		at 14s
		ttl a => -4s
		at 15s
		get a => miss
		ttl a => 0s
		onerror a => one
		at 29.999s
		onerror a => one
		at 30s
		onerror a => none
		onerror b => none`},
	{Name: "stale if error alone never makes a get stale", Steps: `
		put a one ttl=1s sie=1h => ok
		at 2s
		get a => miss
		onerror a => one`},
	{Name: "an empty key is refused", Steps: `
		put "" one => emptykey
		get "" => miss
		begin "" f => joined
		then f w
		got w => error cache: empty key: begin ""
		commit f one => emptykey
		abandon f x
		len => 0`},
	{Name: "a bypass stores nothing and leaves the warm value alone", Steps: `
		put a one => ok
		put a two ttl=-1s => ok
		get a => fresh one
		evicted =>
		put b two ttl=-1s => ok
		get b => miss`},
	{Name: "a replaced value leaves once", Steps: `
		put a one => ok
		put a two => ok
		get a => fresh two
		evicted => a:one
		delete a
		evicted => a:two
		delete a
		evicted =>
		get a => miss`},
	{Name: "what cannot fit is refused and evicts nothing", Options: "max=400", Steps: `
		put a x*100 => ok
		put b x*304 => toolarge
		put a x*304 => toolarge
		get a => fresh xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
		evicted =>
		put c 3 tags=long-enough-that-its-name-and-the-terms-do-not-fit-any-more-into-four-hundred-bytes => toolarge
		len => 1`},
	{Name: "the last byte of the budget can be used", Options: "max=400", Steps: `
		put b x*303 => ok
		len => 1`},
	{Name: "clear takes everything, flights too", Steps: `
		put a one tags=t => ok
		begin b f => leader
		then f w
		clear
		evicted => a:one
		len => 0
		get a => miss
		purge t => 0
		commit f two => closed
		got w => two
		get b => miss`},

	{Name: "a flight has one leader and everyone gets its value once", Steps: `
		begin a f => leader
		then f w1
		begin a g => joined
		then g w2
		got w1 => nothing
		commit f one => ok
		got w1 => one
		got w2 => one
		then g w3
		got w3 => one
		get a => fresh one
		flying => 0`},
	{Name: "TTL counts from the commit, not from the start", Steps: `
		begin a f => leader
		at 60s
		commit f one ttl=10s => ok
		at 69s
		get a => fresh one
		at 70s
		get a => miss`},
	{Name: "errors are shared and never stored", Steps: `
		begin a f => leader
		then f w1
		then f w2
		abandon f broken
		got w1 => error broken
		got w2 => error broken
		get a => miss
		begin a g => leader
		commit g one => ok
		get a => fresh one`},
	{Name: "a settled flight stays settled", Steps: `
		begin a f => leader
		then f w
		commit f one => ok
		commit f two => closed
		abandon f broken
		got w => one
		get a => fresh one
		evicted =>`},
	{Name: "a bypassed commit serves its waiters and stores nothing", Steps: `
		put a warm => ok
		begin a f => leader
		then f w
		commit f one ttl=-1s => ok
		got w => one
		get a => fresh warm
		evicted =>`},
	{Name: "a commit that is too large serves its waiters", Options: "max=400", Steps: `
		begin a f => leader
		then f w
		commit f x*1000 => toolarge
		get a => miss
		evicted =>
		begin a g => leader
		abandon g x`},
	{Name: "delete lets a flight go and a late result overwrites nothing", Steps: `
		begin a old => leader
		then old w1
		delete a
		begin a new => leader
		then new w2
		commit new two => ok
		commit old one => closed
		got w1 => one
		got w2 => two
		get a => fresh two
		evicted =>`},
	{Name: "a deleted flight that ends first stores nothing", Steps: `
		begin a old => leader
		delete a
		begin a new => leader
		commit old one => closed
		get a => miss
		begin a again => joined
		commit new two => ok
		get a => fresh two`},
	{Name: "a put during a flight is replaced by the flight", Steps: `
		begin a f => leader
		put a put => ok
		get a => fresh put
		commit f filled => ok
		get a => fresh filled
		evicted => a:put`},

	{Name: "a purge makes all that carries the tag unusable", Steps: `
		put a one tags=x,y sie=1h => ok
		put b two tags=y => ok
		put c three tags=z => ok
		purge y => 2
		get a => miss
		onerror a => none
		get b => miss
		get c => fresh three
		purge y => 0
		put a new tags=y => ok
		get a => fresh new
		purge y => 1`},
	{Name: "purged values leave on later writes", Steps: `
		put a one tags=t => ok
		put b two tags=t => ok
		purge t => 2
		evicted =>
		len => 2
		put a1 x => ok
		put a2 x => ok
		put a3 x => ok
		put a4 x => ok
		put a5 x => ok
		len => 5`},
	{Name: "an invalidation ends the freshness, and what is stale counts from it", Steps: `
		put a one ttl=10s swr=5s tags=t => ok
		put b two ttl=10s tags=t => ok
		put c three ttl=10s => ok
		at 4s
		invalidate t => 2
		get a => stale one
		get b => miss
		onerror b => none
		get c => fresh three
		at 6s
		ttl a => -2s
		invalidate t => 0
		at 8s999ms
		get a => stale one
		at 9s
		get a => miss
		put a new ttl=10s swr=5s tags=t => ok
		get a => fresh new`},
	{Name: "what has no stale window is gone with an invalidation, but for its failures", Steps: `
		put a one ttl=1h tags=t => ok
		put b two ttl=1h sie=10s tags=t => ok
		at 4s
		invalidate t => 2
		get a => miss
		onerror a => none
		get b => miss
		onerror b => two
		at 13s999ms
		onerror b => two
		at 14s
		onerror b => none`},
	{Name: "an invalidation prolongs nothing", Steps: `
		put a one ttl=1s swr=10s tags=t => ok
		at 9s
		invalidate t => 1
		get a => stale one
		at 11s
		get a => miss`},
	{Name: "a second invalidation, of whichever tag, does not extend the first", Steps: `
		put a one ttl=1h swr=10s tags=s,t => ok
		put b two ttl=1h swr=10s tags=s => ok
		at 1s
		invalidate s => 2
		put c new ttl=1h swr=10s tags=s => ok
		at 5s
		invalidate t => 1
		invalidate s => 1
		invalidate s => 0
		at 10s
		get a => stale one
		get b => stale two
		get c => stale new
		at 11s
		get a => miss
		get b => miss
		get c => stale new
		at 14s
		get c => stale new
		at 15s
		get c => miss`},
	{Name: "more invalidations than are remembered shorten, and never extend", Steps: `
		put a one ttl=1h swr=10s tags=t => ok
		at 1s
		invalidate t => 1
		put b x ttl=1h swr=10s tags=t => ok
		at 2s
		invalidate t => 1
		put c x ttl=1h swr=10s tags=t => ok
		at 3s
		invalidate t => 1
		put d x ttl=1h swr=10s tags=t => ok
		at 4s
		invalidate t => 1
		put e x ttl=1h swr=10s tags=t => ok
		at 5s
		invalidate t => 1
		put f x ttl=1h swr=10s tags=t => ok
		at 6s
		invalidate t => 1
		at 10s999ms
		get a => stale one
		at 11s
		get a => miss
		at 14s999ms
		get e => stale x
		get f => stale x
		at 15s
		get e => miss
		at 15s999ms
		get f => stale x
		at 16s
		get f => miss`},
	{Name: "who knows the tag does not join what began before its purge", Steps: `
		begin a old t => leader
		then old w1
		begin a o2 t => joined
		purge t => 0
		begin a new t => leader
		then new w2
		commit new fresh tags=t => ok
		commit old stale tags=t => closed
		got w1 => stale
		got w2 => fresh
		get a => fresh fresh`},
	{Name: "the same when only who comes later knows it, and when it is an invalidation", Steps: `
		begin a old => leader
		begin b o2 t => leader
		invalidate t => 0
		begin a new t => leader
		begin b n2 => leader
		commit old stale ttl=1h swr=1h => closed
		commit o2 stale ttl=1h swr=1h tags=t => closed
		get a => miss
		commit new fresh => ok
		commit n2 fresh => ok
		get a => fresh fresh
		get b => fresh fresh`},
	{Name: "who knows another tag joins", Steps: `
		begin a f t => leader
		purge s => 0
		begin a g t => joined`},
	{Name: "a flight can be asked whether it was overtaken", Steps: `
		begin a f t => leader
		begin b g => leader
		begin c h => leader
		overtaken f t => false
		purge t => 0
		overtaken f => true
		overtaken g => false
		overtaken g t => true
		overtaken g s => false
		delete c
		overtaken h => true`},
	{Name: "who goes is not told, and the others are", Steps: `
		begin a f => leader
		then f w1
		then f w2
		then f w3
		stop w2 => true
		stop w2 => false
		commit f one => ok
		got w1 => one
		got w2 => nothing
		got w3 => one
		stop w1 => false
		begin b g => leader
		then g x1
		then g x2
		stop x1 => true
		then g x3
		stop x3 => true
		stop x2 => true
		abandon g broken
		got x1 => nothing
		got x2 => nothing
		then g x4
		stop x4 => false
		got x4 => error broken`},
	{Name: "a clock that is set back prolongs nothing", Steps: `
		put a one ttl=2s swr=2s sie=4s => ok
		at -1h
		get a => fresh one
		at -59m58s1ms
		get a => fresh one
		at -59m58s
		get a => stale one
		ttl a => 0s
		at -2h
		get a => stale one
		onerror a => one
		at -1h59m58s
		get a => miss
		onerror a => one
		at -1h59m56s
		onerror a => none
		put b two ttl=2s => ok
		at -1h59m55s
		get b => fresh two
		at -1h59m54s
		get b => miss`},
	{Name: "a purge stops what began before it from being stored", Steps: `
		begin a f => leader
		then f w
		begin b g => leader
		purge t => 0
		commit f one tags=s,t => closed
		got w => one
		get a => miss
		commit g two tags=s => ok
		get b => fresh two
		begin a h => leader
		commit h three tags=t => ok
		get a => fresh three
		purge t => 1`},
	{Name: "an invalidation makes what began before it stale from then on", Steps: `
		begin a f => leader
		at 1s
		invalidate t => 0
		at 2s
		invalidate t => 0
		at 3s
		commit f one tags=t ttl=10s swr=5s => ok
		get a => stale one
		ttl a => -2s
		at 5s
		invalidate t => 0
		at 5s999ms
		get a => stale one
		at 6s
		get a => miss
		begin a f => leader
		invalidate t => 0
		at 12s
		commit f late tags=t ttl=10s swr=5s sie=6s => closed
		commit f late tags=t => closed
		get a => miss
		begin a f => leader
		invalidate t => 0
		commit f none tags=t => closed`},
	{Name: "purge counts what was committed stale", Steps: `
		begin a f => leader
		invalidate t => 0
		commit f one tags=t swr=1s => ok
		invalidate t => 0
		purge t => 1
		get a => miss`},
	{Name: "a refresh whose entry is purged is not joined any more", Steps: `
		put a one ttl=1s swr=1h tags=t => ok
		at 2s
		begin a old => leader
		then old w1
		begin a o2 => joined
		purge t => 1
		begin a new => leader
		then new w2
		commit old stale tags=t => closed
		commit new fresh tags=t => ok
		got w1 => stale
		got w2 => fresh
		get a => fresh fresh`},
	{Name: "expired values are reclaimed by later writes", Steps: `
		put a one ttl=1s => ok
		put b two ttl=1s sie=1m => ok
		at 2s
		put c1 x => ok
		put c2 x => ok
		put c3 x => ok
		put c4 x => ok
		put c5 x => ok
		put c6 x => ok
		put c7 x => ok
		put c8 x => ok
		put c9 x => ok
		put d1 x => ok
		put d2 x => ok
		put d3 x => ok
		put d4 x => ok
		put d5 x => ok
		put d6 x => ok
		put d7 x => ok
		put d8 x => ok
		put d9 x => ok
		evicted => a:one
		onerror b => two`},
}
