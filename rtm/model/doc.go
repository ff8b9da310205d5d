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
// and calls Tick at that time, and with Options.Store it keeps what Stored
// returns. The host logs in by a call of its own; the model takes the response
// from there. A Model is not safe for concurrent use; its host owns the loop.
// The same inputs give the same outputs, byte by byte.
//
// # State
//
// Snapshot returns the state. A member with a question mark is absent when it
// says nothing; times are RFC 3339, UTC, with microseconds.
//
//	State      {connection, me, availability, greeting, form, error, chats}  chats: newest updated_at first, then by id
//	connection {state, stale?, unstable?, reason?, retry_at?}  state: idle connecting authorizing syncing live waiting stopped
//	me         {id, type, name} or null before the first login
//	availability {status, group, groups} or null before the login tells; status: that of the customer's own group,
//	           online online_for_queue offline; groups: status by group id
//	greeting   the Greeting object as the server sent it, with accepted; null when there is none
//	form       {type, group, state, form?, error?} or null; state: loading ready disabled failed; form: as the server sent it
//	error      {act, type, message} or null: the last act about no chat that failed
//	Chat       {id, thread_id, active, queue?, users, unread, loaded, more, loading?, rating?, error?, updated_at, timeline}
//	queue      {position, wait_time}  wait_time in seconds
//	rating     {score?, comment?}  of the newest thread
//	User       {id, type, name, avatar?, present, typing, sneak_peek?, thinking?, events_seen_up_to?}
//	           sneak_peek: what is in a customer's input box; for customers, what there is of an answer still being written
//	thinking   {title, description}  either may be empty
//	Item       {key, state, error?, recovered?, deleted?, updated?, unconfirmed?, upload?, thread_id, event}  state: sent pending failed
//	upload     {sent, size}  in bytes
//
// A connection is stale from the moment it breaks until what was missed has
// been fetched; unstable means that the server has been silent for too long.
//
// A timeline is sorted by created_at, then id; what was not sent yet stands
// behind, as typed. An item's key is the custom_id of what was sent from here,
// else the event id; it never changes. The event is the protocol's JSON as it
// came, whatever its type. The event of an item that is not sent has custom_id,
// type, its content, author_id and created_at by the local clock.
//
// An item is recovered when it was missed while there was no connection,
// updated when an event_updated changed more of it than who has a button
// toggled; that is also taken from incoming_rich_message_postback. Of a deleted one the event has id,
// custom_id, type, author_id, created_at and recipients only; those deleted
// while nobody was listening show when their thread is read again. A sent one is
// unconfirmed until its push comes: created_at is the local clock's.
//
// A chat that a customer is just starting has the id "" and is active. As soon
// as the server names it, it is dropped and its items go on, with the same
// keys, in the chat that the server made. Acts on "" then mean that chat.
//
// A chat is loaded when its newest threads (three) have been read; a reading that
// gets no answer is repeated. Before that its timeline holds the newest events
// only, maybe with gaps. updated_at is the
// newest time that the server gave for it: 1970 when it gave none yet.
//
// Of each chat the newest 20 threads and 2,000 items are in memory, or what
// Options say. more tells that the server has older ones; the act older brings
// them, a page at a time, and lets the chat grow to five times as much until
// recent ends the reading.
//
// unread counts the events with an author other than me behind my seen mark.
// Somebody is shown as typing for 6 seconds and as thinking for 30, or until
// the message comes.
//
// # Patches
//
// Patch returns a JSON array of ops that lead from the state at the last call
// to the present one.
//
//	{"op":"reset","state":State}                            replace all
//	{"op":"connection","connection":{…}}                    replace; so do me, availability, greeting, form and error
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
// indicator or sneak peek that cannot be sent at once is forgotten. An act that
// the server refuses, or that gets no answer in time, leaves an error in its
// chat, or in the state where it is about none, until dismiss or its success.
//
//	send            text, postback?: the button it answers; the customer's chat_id may be absent: the customer's chat, or a new
//	                one. key?: a new name for it, a second send with the same one does nothing; again?: it may have been sent
//	                from elsewhere, look first. Before the first login any chat_id will do
//	seen            move my seen mark to the newest event
//	close           deactivate_chat
//	retry           key; send a failed item again, with the same custom_id
//	discard         key; take out an item that is not on its way
//	older           load older threads
//	recent          the reader is back at the end
//	dismiss         chat_id or none; take away the error there
//	upload          key, name, size, content_type?; show a file that the host begins to upload; chat_id as in send
//	upload_progress key, sent, size?; without chat_id, as the next two
//	upload_done     key, url; send the file
//	upload_failed   key, message?; upload_progress goes on with it
//	start           customer, no chat_id: start_chat, or resume_chat when it is inactive
//	sneak_peek      customer, text; at most one a second, the newest counts
//	update_customer customer, no chat_id: name, email, at least one
//	rate            customer, score (0, 1 or null) and comment?; neither takes the rating back
//	form            customer, no chat_id: type (prechat postchat ticket), group_id?; get_form, shown as form
//	form_cancel     customer, no chat_id: take the form away
//	submit          customer, fields, form_id?; send the filled form; chat_id as in send
//	greeting_accept customer, no chat_id: the greeting was seen
//	greeting_cancel customer, no chat_id: take the greeting away
//	open            agent; load the chat's newest threads, and again after each login
//	typing          agent, is_typing; repeated at most every 3 seconds
//
// # Sending
//
// Per chat one item is on its way at a time, in the order typed: the next goes
// out when the former was answered. A customer's goes out by start_chat when
// there is no chat, by resume_chat when the chat is inactive (both continuous,
// so that it works with nobody at the desk), else by send_event; when the
// server knows better which of them fits, it is sent once more that way. A
// filled postchat form goes into the thread that was closed. A file waits for
// its upload and holds up nobody.
//
// The call is one of the session's durable ones: the item stays pending through
// broken connections and becomes sent or failed once. Whatever comes first,
// response, push or thread, marks it as sent. What the session has not been
// given yet, and what failed, is the model's to store; so after a restart
// Restore brings all of it back. When the session stops for good, items fail on
// the screen and stay stored.
package model
