package main

import (
	"strings"

	"inlay/internal/remote"
)

var purgeCommand = &command{
	name:  "purge",
	args:  siteArgs + " (--all | --tag TAG … | --key KEY …)",
	short: "remove fragments from a site's cache",
	long: `  --all      everything
  --tag TAG  what carries the tag; may be repeated
  --key KEY  the fragment of a key, which is its src as the origin sees it, with a line for each cookie or field that its
             slot declares and the request had: --key "$(printf '/fragments/price/7\ncookie: currency=CHF')"

On Workers a purge reaches one isolate of many; what it prints says so.

` + siteHelp,
	run: runPurge,
}

func runPurge(c *call) error {
	flags := c.flags()
	site := c.siteFlags(flags)
	var what remote.What
	flags.BoolVar(&what.All, "all", false, "")
	flags.Func("tag", "", tagsInto(&what.Tags))
	flags.Func("key", "", func(key string) error {
		if !strings.HasPrefix(key, "/") && !strings.Contains(key, ":") {
			return usageErrorf("a key is a fragment's src, such as /fragments/price/7 or https://host/path")
		}
		what.Keys = append(what.Keys, key)
		return nil
	})
	if _, err := c.parse(flags, 0); err != nil {
		return err
	}
	switch some := len(what.Tags)+len(what.Keys) > 0; {
	case !some && !what.All:
		return usageErrorf("purge lacks what to remove: --all, --tag TAG or --key KEY")
	case some && what.All:
		return usageErrorf("--all is everything; leave out --tag and --key, or --all")
	}
	client, err := site.client()
	if err != nil {
		return err
	}
	change, err := client.Purge(c.ctx, what)
	return c.told("purged", change, err)
}

// tagsInto takes what an option --tag gives. A comma is between tags everywhere, so no tag has one.
func tagsInto(tags *[]string) func(string) error {
	return func(tag string) error {
		switch {
		case strings.TrimSpace(tag) == "":
			return usageErrorf("the tag is empty; is a variable not set?")
		case strings.Contains(tag, ","):
			return usageErrorf("no tag has a comma; write --tag for each")
		}
		*tags = append(*tags, tag)
		return nil
	}
}
