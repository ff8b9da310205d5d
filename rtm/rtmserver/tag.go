package rtmserver

import "slices"

// tagThread is tag_thread of the Agent API. A tag that the thread has already
// changes nothing.
func tagThread(c *call) (any, error) {
	ch, th, err := c.threadOf()
	if err != nil {
		return nil, err
	}
	tag := c.payload.str("tag")
	if tags := c.org.seed.Tags; tag == "" || len(tags) > 0 && !slices.Contains(tags, tag) {
		return nil, fail("not_found", "payload.tag: there is no tag %s", quote(tag))
	}
	if slices.Contains(th.Tags, tag) {
		return obj{}, nil
	}
	return obj{}, c.org.commit(c.em, &record{Kind: threadTagged, By: c.user(), ChatID: ch.ID, ThreadID: th.ID, Tag: tag})
}

// untagThread is untag_thread of the Agent API.
func untagThread(c *call) (any, error) {
	ch, th, err := c.threadOf()
	if err != nil {
		return nil, err
	}
	tag := c.payload.str("tag")
	if !slices.Contains(th.Tags, tag) {
		return nil, fail("not_found", "payload.tag: thread %s does not have the tag %s", th.ID, quote(tag))
	}
	return obj{}, c.org.commit(c.em, &record{Kind: threadUntagged, By: c.user(), ChatID: ch.ID, ThreadID: th.ID, Tag: tag})
}
