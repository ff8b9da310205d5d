package rtmserver

import "github.com/coder/websocket"

// disconnect tells the client why and closes the socket after what is queued.
func (c *conn) disconnect(reason string) { c.disconnectWith(reason, nil) }

// disconnectWith is disconnect with data, such as the region to connect to.
func (c *conn) disconnectWith(reason string, data obj) {
	if !c.closing.Swap(true) {
		c.out.put(item{frame: c.goodbye(reason, data), last: true, code: websocket.StatusNormalClosure, reason: reason})
	}
}

// goodbye is the push that tells why a connection ends.
func (c *conn) goodbye(reason string, data obj) []byte {
	payload := obj{"reason": reason}
	if data != nil {
		payload["data"] = data
	}
	return pushFrame(c.version, c.side.String()+"_disconnected", nil, appendJSON(nil, payload))
}

// goAway closes the socket because the server stops.
func (c *conn) goAway() { c.sendAway(stopping) }

// sendAway closes the socket so that the client comes back.
func (c *conn) sendAway(why string) {
	if c.side == customerSide {
		c.disconnect("connection_evicted") // the service is back soon
		return
	}
	// To agents that reason means not to come back, so they get the close code alone.
	if !c.closing.Swap(true) {
		c.out.put(item{last: true, code: websocket.StatusGoingAway, reason: why})
	}
}

const stopping = "the server is shutting down"
