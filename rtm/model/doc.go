// Package model is what a screen shows of an RTM session: connection, chats,
// timelines, people, unread counts; derived from what the session puts out and
// from what somebody does here.
//
// Like package session it performs no I/O, starts no goroutine and reads no
// clock. The host passes every output of the session in and carries on
// draining, for the model makes calls of its own:
//
//	m := model.New(s)
//	for out, ok := s.Next(); ok; out, ok = s.Next() {
//		if mine := m.Observe(now, out); !mine {
//			// Dial, Send, Settled … as the session asks
//		}
//	}
//	if patch := m.Patch(); patch != nil { /* give it to the screen */ }
//
// The same after each Act and Tick. After every input the host looks at Wake
// and calls Tick at that time. The host logs in by a call of its own; the
// model takes the response from there. A Model is not safe for concurrent use;
// its host owns the loop. The same inputs give the same outputs, byte by byte.
//
// # State
//
// Snapshot returns the state. A member with a question mark is absent when it
// says nothing; times are RFC 3339, UTC, with microseconds.
//
//	State      {connection, me, chats}  chats: newest updated_at first, then by id
//	connection {state, reason?, retry_at?}  state: idle connecting authorizing live waiting stopped
//	me         {id, type, name} or null before the first login
//	Chat       {id, thread_id, active, queue?, users, unread, loaded, updated_at, timeline}
//	queue      {position, wait_time}  wait_time in seconds
//	User       {id, type, name, avatar?, present, typing, sneak_peek?, events_seen_up_to?}
//	Item       {key, state, error?, thread_id, event}  state: sent pending failed
//	error      {type, message}
//
// A timeline is sorted by created_at, then id; what was not sent yet stands
// behind, as typed. An item's key is the custom_id of what was sent from here,
// else the event id; it never changes. The event is the protocol's JSON as it
// came, whatever its type. The event of an item that is not sent has custom_id,
// type, text, author_id and created_at by the local clock.
//
// A chat that a customer is just starting has the id "" and is active. As soon
// as the server names it, it is dropped and its items go on, with the same
// keys, in the chat that the server made. Acts on "" then mean that chat.
//
// A chat is loaded when its newest threads (three) have been read. Before that
// its timeline holds the newest events only, maybe with gaps. updated_at is the
// newest time that the server gave for it: 1970 when it gave none yet.
//
// unread counts the events with an author other than me behind my seen mark.
// Somebody is shown as typing for 6 seconds, or until the message comes.
//
// # Patches
//
// Patch returns a JSON array of ops that lead from the state at the last call
// to the present one.
//
//	{"op":"reset","state":State}                            replace all
//	{"op":"connection","connection":{…}}                    replace
//	{"op":"me","me":{…}}                                    replace
//	{"op":"chat","chat":Chat without timeline}              replace all but the timeline; new: with an empty one
//	{"op":"put","chat_id":…,"key":…,"index":n,"item":Item}  take out the item with that key, if there; then insert at n
//	{"op":"remove","chat_id":…,"key":…}                     take out the item
//	{"op":"drop","chat_id":…}                               take out the chat; it may be unknown
//
// A mirror applies them in order and then sorts its chats as above.
//
// # Acts
//
// All take chat_id unless it says otherwise. They take effect at once on the
// screen, and on the server as soon as there is a connection; a typing
// indicator or sneak peek that cannot be sent at once is forgotten.
//
//	send            text; the customer's chat_id may be absent: the customer's chat, or a new one
//	seen            move my seen mark to the newest event
//	close           deactivate_chat
//	retry           key; send a failed item again, with the same custom_id
//	discard         key; take out an item that is not sent
//	start           customer, no chat_id: start_chat, or resume_chat when it is inactive
//	sneak_peek      customer, text; at most one a second, the newest counts
//	update_customer customer, no chat_id: name, email, at least one
//	open            agent; load the chat's newest threads, and again after each login
//	typing          agent, is_typing; repeated at most every 3 seconds
//
// # Sending
//
// Per chat one item is on its way at a time, in the order typed: the next goes
// out when the former was answered. While there is no connection items stay
// pending. A customer's message goes out by start_chat when there is no chat,
// by resume_chat when the chat is inactive (both continuous, so that it works
// with nobody at the desk), else by send_event; when the server knows better
// which of them fits, it is sent once more that way. Whatever comes first,
// response or push, marks the item as sent. A call that fails, and a broken
// connection, leave it failed with the error. If it arrived all the same, the
// threads that are read after the next login turn it to sent; a retry waits for
// them.
package model
