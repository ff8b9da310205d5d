// Package rtmserver is a server of the RTM customer and agent APIs, versions 3.4
// to 3.6, as an http.Handler.
//
//	srv, err := rtmserver.New(nil) // the seed of the demo, in memory
//	if err != nil { … }
//	http.ListenAndServe("127.0.0.1:8080", srv)
//
// Customers get their tokens from POST /v2/customer/token and connect to
// /v3.6/customer/rtm/ws?organization_id=…; agents use a token of the [Seed] at
// /v3.6/agent/rtm/ws. In tests, package rtmtest starts one in a line.
//
// # How it works
//
// Each organization has an append-only log, see [Log]. A command is held to the
// rules of package catalogue, the same that clients have, checked against the
// state, appended to the log as one entry, and applied; the state is a fold over
// the entries, and pushes are announced from them. What a request causes is
// decided under one lock per organization, so all connections see one order of
// things. Of the events that wait for it, each for another chat, many are stored in
// one entry: the slower the log, the more it takes at a time. Typing indicators,
// sneak peeks, previews and multicasts are passed on and never logged.
//
// Clients that speak SockJS connect below /v3.6/agent/rtm/sjs: of its transports
// there is the one over WebSocket, whose array frames may have 4 MiB.
//
// Sockets never block that lock: each connection has a bounded queue, and
// goroutines that handle and write while there is something to do; one that does not
// read is cut off.
//
// # Web API and files
//
// POST /v3.6/customer/action/<action>?organization_id=… and /v3.6/agent/action/<action>
// carry out the methods of the sockets for requests with an Authorization: a
// customer's Bearer token, an agent's Bearer or Basic one. The body is the payload,
// and so is that of the answer. What a request causes is pushed to all sockets. What
// is about a connection (login, logout, ping, update_customer_page, subscriptions …)
// is for sockets alone. The errors have the types of the sockets and a status: 400
// for validation and what has none of its own, 401 authentication, 403 what is not
// allowed, 404 what is not there, 409 what a chat or agent is not ready for, 413
// bodies that are too long, 421 another region, 429 limits, 503 service_unavailable.
//
// upload_file takes a form of multipart/form-data with the part file, of 10 MB at
// most, and answers with the address that an event of type file wants. The content
// decides what a file is: one that is executable, or not the picture, sound, film or
// PDF that its name or Content-Type says, is refused. Pictures get thumbnails. The
// address cannot be guessed, and whoever has it may read the file: pictures in the
// page, everything else as a download, nothing as HTML, SVG or script. A file that no
// event has ends after 24 hours, others with the threads that have them. [Files] keeps
// the content: [NewMemoryFiles], [OpenDiskFiles], or Log.Files of package natslog,
// which all nodes share.
//
// # Seeds and bots
//
// A [Seed] says which organizations, groups, agents and bots there are, with their
// forms, greetings, tags and properties, and may bring customers and chats. It is
// made in Go, or read from JSON by [LoadSeed], which names the line and the field
// of all that is wrong; [SeedSchema] is for editors. What is in the seed's file
// holds at each start; its customers, chats and statuses become the first records
// of an empty log, and a log that has anything in it is left alone.
// [Server.Export] gives the present state as a seed.
//
// A [Bot] of the seed is an agent without a connection, who follows a script
// through the same methods as anybody else. What it does is bound to what it
// answers: its events have a custom_id that names it, so after a restart, or with
// several nodes, each is there once.
//
// # What is kept
//
// A request is answered once the log has its entry: all that the request changed,
// or nothing of it. How long the log keeps it is the log's business, see package
// natslog for the ones on disk: there the end of the process, in whatever way and
// at whatever moment, loses nothing that was answered, and a power failure at most
// what came since the files were last synced.
//
// A server reads its log at the start. So that this need not be all of it, the
// state is saved once in a while, see [Options.SnapshotEvery]: in the background,
// out of the last snapshot and the entries since then, without the lock. A
// snapshot holds nothing that the log has not, and one that cannot be read, or is
// of another format, is passed over. A fifth of a log at most is newer than its
// last snapshot, or as much as SnapshotEvery.
//
// While a log is out of reach, or its disk is full, nothing changes: who asks for
// a change gets internal or, once it is known to take long, service_unavailable at
// once; who reads gets the state as it was last known; /readyz fails. The log is
// tried each second, so all goes on by itself when it is back. Of what got internal
// the log may have got hold all the same, as after a connection that was lost: then
// it is announced later.
//
// A record that a newer version has written stops an older one: it does not start,
// or /readyz fails and it changes nothing any more, rather than go on with a state
// that is not the log's. So nodes are updated all at once, or sent no clients until
// they are.
//
// # Several nodes
//
// Servers that share a log are nodes of one service: a client may connect to any
// of them, and to another one next time. Each applies the entries of all and
// announces them to the connections that it has itself.
//   - An append names the entry before it, so of two nodes that decide at once one
//     wins; the other one applies what is new and decides again.
//   - Who is connected where is in the log as well: when a user's first connection
//     to a node begins, when the last one ends, and when what others need to know
//     changes in between. Routing, monitoring and the time that agents have to
//     come back follow from that.
//   - Pushes that are not in the log go from node to node on the log's side, if
//     their recipients are connected elsewhere; one that is lost is not repeated.
//   - Nodes tell each other each second that they live. Of one that was silent
//     for 5 s the others log that its connections are gone. A node that finds
//     itself taken for lost logs those that it has still.
//   - What follows from a change, such as giving a waiting chat to an agent, is
//     done by the node that made it; if that dies first, another one does it half
//     a second later. What happens after a while, every node tries: one wins, and
//     the others see that it is done.
//   - A login is an append, or looks at the log, so who comes from another node
//     finds all here that it was answered there.
//
// Clocks of nodes should agree: times in the log never go back, so one that is
// ahead takes the others with it.
//
// # Limits, and what time does
//
// [Limits] bound what clients can take, [Options].Origins which sites' pages may
// connect; their defaults are far from what people and bots do. Frames of a
// connection are handled one after the other, so one that floods waits for
// itself. A customer's cookies are kept by the site of the page (Partitioned).
//
// Chats age by the [Routing] of their organization: they become idle, go to
// another agent, or end. All of that is off unless the seed says otherwise, and it
// is decided from the state, so a restart forgets nothing and of several nodes one
// does it.
//
// /healthz says that the process lives, /readyz whether to send clients here, and
// [Server.Metrics] counts for Prometheus. At the level debug the logger gets a line
// for each connection that ends and each request that fails, without tokens and
// texts. [Server.Shutdown] answers what was read, then says good-bye.
//
// # Versions
//
// /v3.4/, /v3.5/ and /v3.6/ are served for both APIs, and all of them meet in the
// same chats. A connection's pushes have the version of its address, or those that
// its login asked for; a request may name a version that is not lower. A method
// or push that a version lacks is not there in it, and what is sent has no field
// that came later, as far as package catalogue marks it: since and removed_in, and
// was for a name that changed (visit of agents was last_visit up to 3.5).
// The filter include_active of the agent's list_chats works up to 3.5.
//
// Beside that all versions behave as 3.6. Known differences that are not made:
// group status, which 3.4 sent inside incoming_multicast, is not sent there; the
// author_id beside action, with which agents spoke for bots up to 3.5, is ignored;
// and required fields of 3.6 are required in all versions.
//
// # What stands for something else
//
// Every method of the catalogue is served. Where the protocol needs what this
// server cannot have, the answer has the documented shape:
//   - request_thread_summary: there is no AI. The text is the seed's
//     ThreadSummary, and without one the push incoming_error follows;
//   - get_url_info: nothing is fetched, so it knows what the seed's URLInfo says,
//     or else what the address itself tells;
//   - change_push_notifications: no phone is reached, nothing is kept;
//   - routing.transcript_email on a thread: a system message says that the
//     transcript was asked for, and no mail is sent;
//   - activate_customer_page and deactivate_customer_page: nothing depends on it;
//   - get_configuration and get_localization: the forms of the seed and a few words
//     in English; all domains are allowed;
//   - list_license_properties and list_group_properties: there are none;
//   - check_goals and request_email_verification: no goal is reached, no mail is sent;
//   - sales and goals, filters of list_archives: no thread has any.
//
// What the vendor's configuration and privacy tools do, for which there is no
// method, is [Server.Announce], [Server.DeleteChat], [Server.DeleteThread] and
// [Server.DeleteThreads]. Forms, greetings, welcome messages, tags, properties of
// own namespaces, scopes and rules for pages come from the [Seed].
//
// # As a tool
//
// What tests and their authors want of a server beside the protocol is methods
// here, endpoints of [Server.Control] and, in one call each, rtmtest's:
//   - [Server.Reset], [Server.Snapshot] and [Server.Restore], by organization, so
//     that tests run side by side in one server;
//   - [Server.Clock], which can be frozen and advanced;
//   - [Server.AddFault]: frames that are lost, late, doubled, overtaken or damaged,
//     errors, disconnects with any reason, half-open connections, refused dials;
//   - [Server.Journal], every frame that crossed a socket and every request of the
//     Web API, and [Server.FollowJournal], those to come;
//   - [Server.Connections], and [Server.Disconnect] to end them.
//
// # Where the documents leave it open
//
//   - Properties: a namespace that neither the protocol nor the seed knows is open
//     to both sides. What only the other side's table has can be read, not written.
//   - An agent who leaves a chat, is taken out or gives it away does not get the
//     same thread by routing again. A chat that loses its last agent waits.
//   - transfer_chat answers with validation when nobody can take the chat, and
//     agent_offline when the target is an agent who is not there.
//   - Of a deleted event agents of the role normal get the husk. Customers can
//     delete messages, files and custom events that they wrote.
//   - A system message that the server writes because of a customer's request comes
//     without the request's id, unlike everything else that it causes.
//   - Session fields end with the visit: with the customer's last connection.
//   - A greeting is shown once in a visit, and not to who is chatting.
//   - The side storage of customers holds the greetings that they have seen.
package rtmserver
