package session

// policy is what a disconnect reason asks of the client, as the catalogue's
// disconnect_reasons have it.
type policy uint8

const (
	reconnect policy = iota
	reconnectSlow
	newToken
	redirect
	stopForGood
)

// policy returns what to do when the connection ended for a reason. A reason
// that nobody knows is treated as a broken connection.
func (s *Session) policy(reason string) policy {
	switch reason {
	case "service_temporarily_unavailable":
		return reconnectSlow
	case "access_token_expired":
		return newToken
	case "access_token_revoked":
		if s.cfg.API == Customer {
			return newToken
		}
		return stopForGood
	case "misdirected_connection", "misdirected_request":
		return redirect
	case "connection_evicted":
		if s.cfg.API == Agent {
			return stopForGood
		}
	case "license_not_found", "license_expired", "unsupported_version", "too_many_connections", "product_version_changed",
		"logged_out_remotely", "customer_temporarily_blocked", "customer_banned", "inactivity_timeout",
		"agent_disconnected_by_server", "agent_logged_out_remotely", "agent_deleted":
		return stopForGood
	}
	return reconnect
}
