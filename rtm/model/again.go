package model

import (
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// again is when the reading of a chat is repeated that failed on a connection that
// lives: without it the chat would stay as it is until the next login.
type again struct {
	at     time.Time // zero when nothing is to be repeated
	before int       // failures in a row
	act    string    // as in call
}

// readAgain takes how a read of a chat ended, and plans the next one.
func (c *chat) readAgain(now time.Time, act string, err *session.Error) {
	switch {
	case err == nil:
		if c.syncing == 0 && c.again.at.IsZero() {
			c.again = again{}
		}
	case c.again.at.IsZero():
		if after, ok := session.Retry(err, c.again.before); ok {
			c.again = again{at: now.Add(after), before: c.again.before + 1, act: act}
		}
	case c.again.act == "":
		c.again.act = act // the two reads of a chat failed together
	}
}

// tickAgain repeats the reads that are due. Without a connection the next login
// does it.
func (m *Model) tickAgain(now time.Time) {
	for _, c := range m.chats {
		if c.again.at.IsZero() || now.Before(c.again.at) {
			continue
		}
		act := c.again.act
		c.again.at, c.again.act = time.Time{}, ""
		if c.wanted {
			m.sync(now, c, act)
		} else if m.live() && c.syncing == 0 {
			m.fetchChat(now, c)
		}
	}
}
