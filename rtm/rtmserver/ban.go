package rtmserver

import (
	"encoding/json"
	"time"
)

// maxBan is the longest ban, in days.
const maxBan = 36500

// banCustomer is ban_customer of the Agent API: the customer's chats are closed,
// its connections end, and it cannot log in until the ban is over.
func banCustomer(c *call) (any, error) {
	o := c.org
	cust, err := c.customer("id")
	if err != nil {
		return nil, err
	}
	days, _ := c.payload.obj("ban")["days"].(json.Number)
	n, err := days.Float64()
	if err != nil || n <= 0 || n > maxBan {
		return nil, invalid("payload.ban.days: must be more than 0 and at most %d", maxBan)
	}
	records := []*record{{
		Kind: customerBanned, By: c.user(), CustomerID: cust.ID, Days: days, Until: o.now().Add(time.Duration(n * 24 * float64(time.Hour))),
	}}
	for _, id := range cust.ChatIDs {
		ch := o.st.Chats[id]
		if !ch.active() {
			continue
		}
		th := ch.last()
		e := o.systemMessage(th, "customer_banned", map[string]string{"agent": o.userName(c.user()), "duration": days.String()})
		records = append(records, &record{Kind: eventAdded, ChatID: ch.ID, ThreadID: th.ID, Event: e},
			&record{Kind: threadClosed, ChatID: ch.ID, ThreadID: th.ID, UserID: c.user()})
	}
	return obj{}, o.commit(c.em, records...)
}
