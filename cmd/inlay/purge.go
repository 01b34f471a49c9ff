package main

import (
	"strings"

	"inlay/internal/remote"
)

var purgeCommand = &command{
	name:  "purge",
	args:  siteArgs + " (--all | --tag TAG… | --key KEY…)",
	short: "remove fragments from a site's cache",
	long:  whatHelp + "\n" + reachHelp + siteHelp,
	run:   runPurge,
}

// whatHelp and reachHelp are what the help of purge and invalidate says of what they are about, and of how far they go.
const whatHelp = `  --all      everything
  --tag TAG  what carries the tag; may be repeated
  --key KEY  the fragment of a key, which is its src as the origin sees it, with a line for each cookie or field that its
             slot declares and the request had: --key "$(printf '/fragments/price/7\ncookie: currency=CHF')"
`

const reachHelp = `On Workers it reaches every isolate, within what it prints, if the site has a purge log, and else the one that answers.
The exit status is 0 if that is done, 1 if not, and 3 if the log could not be reached: then do it again until it is 0.

`

func runPurge(c *call) error {
	client, what, err := c.what("purge")
	if err != nil {
		return err
	}
	change, err := client.Purge(c.ctx, what)
	return c.told("purged", change, err)
}

// what reads the arguments of a command about fragments: what is named, and who is to be asked.
func (c *call) what(command string) (client *remote.Client, what remote.What, err error) {
	flags := c.flags()
	site := c.siteFlags(flags)
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
		return nil, what, err
	}
	switch some := len(what.Tags)+len(what.Keys) > 0; {
	case !some && !what.All:
		return nil, what, usageErrorf("%s lacks what: --all, --tag TAG or --key KEY", command)
	case some && what.All:
		return nil, what, usageErrorf("--all is everything; leave out --tag and --key, or --all")
	}
	client, err = site.client()
	return client, what, err
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
