package route

import "inlay/internal/ascii"

// What many visitors send becomes few values here, so that few fragments serve them all.

// countryOf is what a list makes of the country that the platform names, which is empty where it does not know: that one if it is
// listed, else "*" if that is. An empty list has all.
func countryOf(said, list string) string {
	if list == "" {
		return said
	}
	for list != "" {
		var code string
		if code, list, _ = ascii.Cut(list, ","); code == "*" || code == said {
			return code
		}
	}
	return ""
}

// Buckets are cookies whose value is the number of a share: from 1 to n, without zeros before it.

// BucketOf reads a Bucket's Name; n is 0 if it is none.
func BucketOf(name string) (bucket string, n int) {
	bucket, digits, _ := ascii.Cut(name, "/")
	n, _ = ascii.Digits(digits)
	return bucket, n
}

// isShare tells whether the value of a cookie is a share of n, which is at most 100.
func isShare(value string, n int) bool {
	share, ok := ascii.Digits(value)
	return ok && len(value) <= 3 && uint(share-1) < uint(n) && value[0] != '0'
}

// Draw is the share, from 1 to n, that a number draws: two buckets have nothing to do with each other.
func Draw(lot uint64, bucket string, n int) int {
	for i := 0; i < len(bucket); i++ {
		lot = Lot(lot, uint64(bucket[i]))
	}
	return 1 + int(lot%uint64(n))
}

// Lot is the output of SplitMix64 (Steele, Lea and Flood, 2014) at a distance from a seed: each bit of either changes half of its
// bits.
func Lot(seed, distance uint64) uint64 {
	x := seed + (distance+1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
