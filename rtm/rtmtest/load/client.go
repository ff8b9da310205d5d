package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// A client is one end of a WebSocket that does no more than it must. One
// goroutine reads; another may write.
type client struct {
	net.Conn
	br   *bufio.Reader
	body []byte // of the last message
}

// dial opens a socket; the connection ends with the process at the latest.
func dial(addr, path string) (*client, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", path, addr)
	if err != nil {
		return nil, err
	}
	br := bufio.NewReaderSize(c, 2048)
	res, err := http.ReadResponse(br, nil)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("%s: %s", path, res.Status)
	}
	return &client{Conn: c, br: br}, nil
}

const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10
)

// frame makes a frame as clients send it. Its mask is all zeros, so that the
// payload is sent as it is.
func frame(op byte, payload []byte) []byte {
	head := []byte{0x80 | op, 0x80}
	switch n := len(payload); {
	case n < 126:
		head[1] |= byte(n)
	case n < 1<<16:
		head[1] |= 126
		head = binary.BigEndian.AppendUint16(head, uint16(n))
	default:
		head[1] |= 127
		head = binary.BigEndian.AppendUint64(head, uint64(n))
	}
	return append(append(head, 0, 0, 0, 0), payload...)
}

// next returns the next message, which is good until the call after it. Pings are
// answered.
func (c *client) next() ([]byte, error) {
	for {
		var head [10]byte
		if _, err := io.ReadFull(c.br, head[:2]); err != nil {
			return nil, err
		}
		n := uint64(head[1] & 0x7f)
		switch n {
		case 126:
			if _, err := io.ReadFull(c.br, head[2:4]); err != nil {
				return nil, err
			}
			n = uint64(binary.BigEndian.Uint16(head[2:]))
		case 127:
			if _, err := io.ReadFull(c.br, head[2:10]); err != nil {
				return nil, err
			}
			n = binary.BigEndian.Uint64(head[2:])
		}
		if uint64(cap(c.body)) < n {
			c.body = make([]byte, n)
		}
		c.body = c.body[:n]
		if _, err := io.ReadFull(c.br, c.body); err != nil {
			return nil, err
		}
		switch head[0] & 0x0f {
		case opText:
			return c.body, nil
		case opPing:
			if _, err := c.Write(frame(opPong, c.body)); err != nil {
				return nil, err
			}
		case opClose:
			return nil, fmt.Errorf("the server closed the socket: %q", c.body)
		}
	}
}

// call sends a request and returns the payload of its response. Pushes that come
// before it are dropped.
func (c *client) call(action string, payload any) (map[string]any, error) {
	if _, err := c.Write(request(action, payload)); err != nil {
		return nil, err
	}
	for {
		body, err := c.next()
		if err != nil {
			return nil, err
		}
		var f struct {
			Type    string
			Success bool
			Payload json.RawMessage
		}
		if err := json.Unmarshal(body, &f); err != nil {
			return nil, err
		}
		if f.Type != "response" {
			continue
		}
		if !f.Success {
			return nil, fmt.Errorf("%s: %s", action, f.Payload)
		}
		var out map[string]any
		err = json.Unmarshal(f.Payload, &out)
		return out, err
	}
}

// request makes the frame of a request. All have the same id: the client of a
// measurement does not look at responses.
func request(action string, payload any) []byte {
	data, err := json.Marshal(map[string]any{"action": action, "request_id": "1", "payload": payload})
	if err != nil {
		panic(err) // payloads are literals
	}
	return frame(opText, data)
}

var (
	incomingEvent = []byte(`"action":"incoming_event"`)
	requestID     = []byte(`"request_id"`)
	failed        = []byte(`"success":false`)
)

// fromOther reports whether a frame is the push of an event that another client
// sent: those of one's own carry the request's id. It is an error when the server
// refused something.
func fromOther(body []byte) (bool, error) {
	start := body[:min(len(body), 80)]
	if bytes.Contains(start, failed) {
		return false, errors.New("the server answered " + string(body))
	}
	return bytes.Contains(start, incomingEvent) && !bytes.Contains(start, requestID), nil
}
