package rtmserver

import "slices"

// follows reports whether an agent gets all pushes of a chat: those who take
// part in it do, and those who follow it as long as they have access.
func (o *org) follows(a *Agent, ch *chat) bool {
	return ch.involves(a.ID) || slices.Contains(ch.Followers, a.ID) && o.mayAccess(a, ch)
}

// concerns reports whether an agent gets the key changes of a chat.
func (o *org) concerns(a *Agent, ch *chat) bool { return ch.involves(a.ID) || o.mayAccess(a, ch) }

// followChat is follow_chat of the Agent API. For one who takes part or follows
// already nothing happens.
func followChat(c *call) (any, error) {
	ch, err := c.chat(c.payload.str("id"))
	if err != nil {
		return nil, err
	}
	if m := ch.member(c.user()); m != nil && m.Present || slices.Contains(ch.Followers, c.user()) {
		return obj{}, nil
	}
	return obj{}, c.org.commit(c.em, &record{Kind: chatFollowed, ChatID: ch.ID, UserID: c.user()})
}

// unfollowChat is unfollow_chat of the Agent API.
func unfollowChat(c *call) (any, error) {
	ch := c.org.st.Chats[c.payload.str("id")]
	if ch == nil || !slices.Contains(ch.Followers, c.user()) {
		// A follower may end it after it lost its access; others learn nothing.
		var err error
		if ch, err = c.chat(c.payload.str("id")); err != nil {
			return nil, err
		}
	}
	if m := ch.member(c.user()); m != nil && m.Present {
		return nil, fail("authorization", "agent %s is a user of chat %s and gets its pushes as long as it is", c.user(), ch.ID)
	}
	out := obj{"chat_id": ch.ID}
	if !slices.Contains(ch.Followers, c.user()) {
		return out, nil
	}
	return out, c.org.commit(c.em, &record{Kind: chatUnfollowed, ChatID: ch.ID, UserID: c.user()})
}

// followedView is the chat as its new follower gets it.
func (o *org) followedView(ch *chat, agent string) obj {
	v := o.chatView(agentSide, o.agent(agent), ch, ch.last())
	v["is_followed"] = true
	return obj{"chat": v}
}
