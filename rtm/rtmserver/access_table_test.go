package rtmserver_test

// The tables of TestAccessMatrix: what happens when somebody calls a method. The
// words of the cells stand in access_matrix_test.go, and so does who is who.

// customerAccess has those who call the Customer API: nobody (no valid token), a
// customer who is banned, an agent with its own token, another customer, and the
// customer whose chat, greeting and events the requests name.
const customerAccess = `
method                          nobody  banned  agent   stranger  owner
ping                            reads   reads   reads   reads     reads
login                           token   banned  token   again     again     {"token":"Bearer $token"}
list_chats                      login   login   login   reads     reads
list_threads                    login   login   login   none      reads     {"chat_id":"$chat"}
get_chat                        login   login   login   none      reads     {"chat_id":"$chat"}
start_chat                      login   login   login   writes    one
resume_chat                     login   login   login   none      active    {"chat":{"id":"$chat"}}
resume_chat/closed              login   login   login   none      writes    {"chat":{"id":"$chat"}}
deactivate_chat                 login   login   login   none      writes    {"id":"$chat"}
send_event                      login   login   login   none      writes    {"chat_id":"$chat","event":{"type":"message","text":"s3cret"}}
send_event/closed               login   login   login   none      writes    {"chat_id":"$chat","attach_to_last_thread":true,"event":{"type":"message","text":"s3cret"}}
delete_event                    login   login   login   none      writes    {"chat_id":"$chat","thread_id":"$thread","event_id":"$event"}
delete_event/reply              login   login   login   none      author    {"chat_id":"$chat","thread_id":"$thread","event_id":"$reply"}
send_rich_message_postback      login   login   login   none      writes    {"chat_id":"$chat","thread_id":"$thread","event_id":"$rich","postback":{"id":"p","toggled":true}}
send_sneak_peek                 login   login   login   none      tells     {"chat_id":"$chat","sneak_peek_text":"s3cret"}
update_chat_properties          login   login   login   none      writes    {"id":"$chat","properties":{"free":{"n":1}}}
update_chat_properties/agents'  login   login   login   none      property  {"id":"$chat","properties":{"routing":{"pinned":true}}}
delete_chat_properties          login   login   login   none      reads     {"id":"$chat","properties":{"free":["n"]}}
delete_chat_properties/agents'  login   login   login   none      property  {"id":"$chat","properties":{"routing":["pinned"]}}
update_thread_properties        login   login   login   none      writes    {"chat_id":"$chat","thread_id":"$thread","properties":{"free":{"n":1}}}
delete_thread_properties        login   login   login   none      reads     {"chat_id":"$chat","thread_id":"$thread","properties":{"free":["n"]}}
update_event_properties         login   login   login   none      writes    {"chat_id":"$chat","thread_id":"$thread","event_id":"$event","properties":{"free":{"n":1}}}
delete_event_properties         login   login   login   none      reads     {"chat_id":"$chat","thread_id":"$thread","event_id":"$event","properties":{"free":["n"]}}
mark_events_as_seen             login   login   login   none      writes    {"chat_id":"$chat","seen_up_to":"$now"}
update_customer                 login   login   login   writes    writes    {"name":"Zoe"}
update_customer_page            login   login   login   writes    writes    {"url":"https://shop.example/b"}
activate_customer_page          login   login   login   reads     reads
deactivate_customer_page        login   login   login   reads     reads
set_customer_session_fields     login   login   login   writes    writes    {"session_fields":[{"a":"1"}]}
get_customer                    login   login   login   reads     reads
list_group_statuses             login   login   login   reads     reads     {"all":true}
get_form                        login   login   login   reads     reads     {"group_id":0,"type":"prechat"}
get_predicted_agent             login   login   login   reads     reads
get_url_info                    login   login   login   reads     reads     {"url":"https://shop.example/"}
accept_greeting                 login   login   login   greeting  writes    {"greeting_id":7,"unique_id":"$greeting"}
cancel_greeting                 login   login   login   greeting  writes    {"unique_id":"$greeting"}
send_greeting_button_clicked    login   login   login   greeting  writes    {"greeting_unique_id":"$greeting","button_id":"b1"}
request_welcome_message         login   login   login   writes    writes
`

// agentAccess has those who call the Agent API: nobody, a customer with its own
// token, and then agents, of whom the chat that the requests name has unscoped
// (an administrator without any scope), member and supervisor. outside shares no
// group with it; access and admin do, the latter as administrator, and follows
// it; all shares none and has all scopes, reader that which reads all chats and
// those which write in chats of its own groups. Methods that 3.6 has not are asked in 3.4.
const agentAccess = `
method                            nobody  customer  unscoped  outside  access    member    supervisor  admin     all       reader
ping                              reads   reads     reads     reads    reads     reads     reads       reads     reads     reads
login                             token   token     again     again    again     again     again       again     again     again     {"token":"Bearer $token"}
logout                            login   login     writes    writes   writes    writes    writes      writes    writes    writes
logout/another                    login   login     role      role     role      role      role        writes    writes    role      {"agent_id":"other@example.com"}
update_session                    login   login     reads     reads    reads     reads     reads       reads     reads     reads     {"token":"Bearer $token"}
update_session/another's          login   login     other     other    other     other     other       other     other     other     {"token":"Bearer dal:other"}
set_routing_status                login   login     scope     writes   writes    writes    writes      writes    writes    writes    {"status":"not_accepting_chats"}
set_routing_status/another's      login   login     scope     role     role      role      role        writes    writes    role      {"status":"accepting_chats","agent_id":"other@example.com"}
set_away_status                   login   login     scope     writes   writes    reads     writes      writes    writes    writes    {"away":false}
list_routing_statuses             login   login     scope     reads    reads     reads     reads       reads     reads     reads
change_push_notifications/3.4     login   login     reads     reads    reads     reads     reads       reads     reads     reads     {"firebase_token":"t","platform":"ios","enabled":true}
list_chats                        login   login     scope     reads    reads     reads     reads       reads     reads     reads
list_threads                      login   login     scope     group    reads     reads     reads       reads     reads     reads     {"chat_id":"$chat"}
get_chat                          login   login     scope     group    reads     reads     reads       reads     reads     reads     {"chat_id":"$chat"}
get_chat/closed                   login   login     scope     group    reads     reads     reads       reads     reads     reads     {"chat_id":"$chat"}
list_archives                     login   login     scope     reads    reads     reads     reads       reads     reads     reads
start_chat                        login   login     scope     writes   writes    writes    writes      writes    writes    writes
start_chat/in_a_group             login   login     scope     group    writes    writes    writes      writes    group     group     {"chat":{"access":{"group_ids":[1]}}}
start_chat/with_a_customer        login   login     scope     writes   writes    writes    writes      writes    writes    writes    {"chat":{"users":[{"id":"$stranger","type":"customer"}]}}
resume_chat                       login   login     scope     group    bans      bans      bans        bans      bans      group     {"chat":{"id":"$chat"}}
resume_chat/closed                login   login     scope     group    writes    writes    writes      writes    writes    group     {"chat":{"id":"$chat"}}
deactivate_chat                   login   login     scope     group    user      writes    writes      user      user      group     {"id":"$chat"}
deactivate_chat/ignore            login   login     scope     group    writes    writes    writes      writes    writes    group     {"id":"$chat","ignore_requester_presence":true}
follow_chat                       login   login     scope     group    writes    reads     reads       reads     writes    writes    {"id":"$chat"}
unfollow_chat                     login   login     user      group    reads     user      user        writes    reads     reads     {"id":"$chat"}
transfer_chat                     login   login     scope     group    user      writes    writes      user      user      group     {"id":"$chat","target":{"type":"group","ids":[1]},"ignore_agents_availability":true}
transfer_chat/ignore              login   login     scope     group    writes    writes    writes      writes    writes    group     {"id":"$chat","target":{"type":"group","ids":[1]},"ignore_agents_availability":true,"ignore_requester_presence":true}
list_agents_for_transfer          login   login     reads     group    reads     reads     reads       reads     reads     reads     {"chat_id":"$chat"}
add_user_to_chat                  login   login     scope     group    user      writes    writes      user      user      group     {"chat_id":"$chat","user_id":"other@example.com","user_type":"agent","visibility":"all"}
add_user_to_chat/ignore           login   login     scope     group    writes    writes    writes      writes    writes    group     {"chat_id":"$chat","user_id":"other@example.com","user_type":"agent","visibility":"all","ignore_requester_presence":true}
add_user_to_chat/itself           login   login     scope     group    writes    reads     writes      writes    group     group     {"chat_id":"$chat","user_id":"$me","user_type":"agent","visibility":"all","ignore_requester_presence":true}
add_user_to_chat/who_sees_it_not  login   login     scope     group    user      group     group       user      user      group     {"chat_id":"$chat","user_id":"outside@example.com","user_type":"agent","visibility":"all"}
remove_user_from_chat             login   login     scope     group    user      writes    writes      user      user      group     {"chat_id":"$chat","user_id":"member@example.com","user_type":"agent"}
remove_user_from_chat/ignore      login   login     scope     group    writes    writes    writes      writes    writes    group     {"chat_id":"$chat","user_id":"member@example.com","user_type":"agent","ignore_requester_presence":true}
send_event                        login   login     scope     group    user      writes    hidden      user      user      group     {"chat_id":"$chat","event":{"type":"message","text":"s3cret"}}
send_event/for_agents             login   login     scope     group    user      writes    writes      user      user      group     {"chat_id":"$chat","event":{"type":"message","text":"s3cret","visibility":"agents"}}
send_event_preview                login   login     scope     group    user      tells     hidden      user      user      group     {"chat_id":"$chat","event":{"type":"message","text":"s3cret"}}
send_rich_message_postback        login   login     scope     group    writes    writes    writes      writes    writes    group     {"chat_id":"$chat","thread_id":"$thread","event_id":"$rich","postback":{"id":"p","toggled":true}}
send_typing_indicator             login   login     scope     group    tells     tells     tells       tells     tells     group     {"chat_id":"$chat","is_typing":true}
send_thinking_indicator           login   login     scope     group    tells     tells     tells       tells     tells     group     {"chat_id":"$chat","title":"s3cret"}
mark_events_as_seen               login   login     scope     group    reads     writes    writes      reads     reads     reads     {"chat_id":"$chat","seen_up_to":"$now"}
update_chat_properties            login   login     scope     group    writes    writes    writes      writes    writes    group     {"id":"$chat","properties":{"free":{"n":1}}}
delete_chat_properties            login   login     scope     group    reads     reads     reads       reads     reads     group     {"id":"$chat","properties":{"free":["n"]}}
update_thread_properties          login   login     scope     group    writes    writes    writes      writes    writes    group     {"chat_id":"$chat","thread_id":"$thread","properties":{"free":{"n":1}}}
update_thread_properties/ratings  login   login     scope     group    property  property  property    property  property  group     {"chat_id":"$chat","thread_id":"$thread","properties":{"rating":{"score":1}}}
delete_thread_properties          login   login     scope     group    reads     reads     reads       reads     reads     group     {"chat_id":"$chat","thread_id":"$thread","properties":{"free":["n"]}}
update_event_properties           login   login     scope     group    writes    writes    writes      writes    writes    group     {"chat_id":"$chat","thread_id":"$thread","event_id":"$event","properties":{"free":{"n":1}}}
delete_event_properties           login   login     scope     group    reads     reads     reads       reads     reads     group     {"chat_id":"$chat","thread_id":"$thread","event_id":"$event","properties":{"free":["n"]}}
tag_thread                        login   login     scope     group    writes    writes    writes      writes    writes    group     {"chat_id":"$chat","thread_id":"$thread","tag":"spam"}
untag_thread                      login   login     scope     group    writes    writes    writes      writes    writes    group     {"chat_id":"$chat","thread_id":"$thread","tag":"$tag"}
request_thread_summary            login   login     scope     group    writes    writes    writes      writes    writes    group     {"chat_id":"$chat","thread_id":"$thread"}
multicast                         login   login     scope     tells    tells     tells     tells       tells     tells     tells     {"recipients":{"agents":{"all":true}},"content":1}
get_customer                      login   login     scope     reads    reads     reads     reads       reads     reads     reads     {"id":"$owner"}
update_customer                   login   login     scope     writes   writes    writes    writes      writes    writes    writes    {"id":"$owner","name":"Zoe"}
ban_customer                      login   login     scope     writes   writes    writes    writes      writes    writes    writes    {"id":"$owner","ban":{"days":1}}
subscribe_customers               login   login     scope     reads    reads     reads     reads       reads     reads     reads
subscribe_customers/of_a_group    login   login     scope     group    reads     reads     reads       reads     group     group     {"group_ids":[1]}
unsubscribe_customers             login   login     scope     sub      reads     sub       sub         sub       sub       sub       {"subscription_id":"$sub"}
list_customers/3.4                login   login     scope     reads    reads     reads     reads       reads     reads     reads
create_customer/3.4               login   login     scope     writes   writes    writes    writes      writes    writes    writes    {"name":"Dora"}
follow_customer/3.4               login   login     scope     writes   writes    writes    writes      writes    writes    writes    {"id":"$owner"}
unfollow_customer/3.4             login   login     reads     reads    reads     reads     reads       reads     reads     reads     {"id":"$owner"}
`
