package edge

// fillIn replaces zero fields that make no sense as they are by their defaults, for a Config made by hand.
func fillIn(c *Config) {
	defaults, err := ParseConfig(func(string) (string, bool) { return "", false })
	if err != nil {
		panic(err) // the defaults are constants
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaults.MaxBytes
	}
	if c.MaxFragment == 0 {
		c.MaxFragment = defaults.MaxFragment
	}
	if c.TTL == 0 {
		c.TTL = defaults.TTL
	}
	if c.Lease == 0 {
		c.Lease = defaults.Lease
		if c.Outage == 0 {
			c.Outage = c.Lease
		}
	}
	if c.LeaseSoft == 0 {
		c.LeaseSoft = min(defaults.LeaseSoft, c.Lease)
	}
	if c.FillTimeout == 0 {
		c.FillTimeout = defaults.FillTimeout
	}
}
