package session

// repeatable reports whether a request may be sent twice: it reads, or the
// second time changes nothing and tells nobody. Requests that set something are
// not among them although repeating them would be harmless by itself: between
// the two somebody else may have set it otherwise.
func repeatable(action string) bool {
	switch action {
	case "ping", // is about the connection
		"list_chats", "list_threads", "get_chat", "list_archives", // read chats
		"get_customer", "list_customers", "list_agents_for_transfer", // read people
		"list_group_statuses", "list_routing_statuses", "get_predicted_agent", // read availability
		"get_form", "get_url_info", // read what is configured or elsewhere
		"mark_events_as_seen": // the mark only moves forward
		return true
	}
	return false
}
