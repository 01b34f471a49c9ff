package duration

import "time"

// What [time.Time.Add] and Sub do to times without a monotonic clock's in them, as all of core.wasm's are: a fifth of their code.

// apart is to less from, held to 292 years.
func apart(from, to time.Time) time.Duration {
	const most = 1 << 33 // seconds
	seconds := min(max(-most, to.Unix()-from.Unix()), most)
	return time.Duration(seconds)*time.Second + time.Duration(to.Nanosecond()-from.Nanosecond())
}

// after is t and d.
func after(t time.Time, d time.Duration) time.Time {
	return time.Unix(t.Unix(), int64(t.Nanosecond())+int64(d))
}
