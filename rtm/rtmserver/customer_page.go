package rtmserver

import (
	"net/url"
	"path"
	"strings"
	"time"
)

// A page is one that a customer opened.
type page struct {
	OpenedAt time.Time `json:"opened_at"`
	URL      string    `json:"url"`
	Title    string    `json:"title,omitempty"`
}

func (p *page) view() obj {
	v := obj{"opened_at": stamp(p.OpenedAt), "url": p.URL}
	if p.Title != "" {
		v["title"] = p.Title
	}
	return v
}

// lastPages is how many pages of a visit are kept.
const lastPages = 20

func (v *visit) open(p *page) {
	v.Pages = append(v.Pages, p)
	v.Pages = v.Pages[max(0, len(v.Pages)-lastPages):]
}

// webAddress reads an http or https address.
func webAddress(s string) (*url.URL, bool) {
	u, err := url.Parse(s)
	return u, err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// groupOfPage returns the group that the page's address gives a customer.
func (o *org) groupOfPage(url string, otherwise int) int {
	for _, r := range o.seed.PageRules {
		if url != "" && strings.Contains(url, r.Contains) {
			return r.Group
		}
	}
	return otherwise
}

// updateCustomerPage is update_customer_page of the Customer API. The new page
// may move the connection to another group, and may have a greeting.
func updateCustomerPage(c *call) (any, error) {
	o := c.org
	address := c.payload.str("url")
	if _, ok := webAddress(address); !ok {
		return nil, invalid("payload.url: must be an http or https address, not %s", quote(address))
	}
	p := &page{OpenedAt: o.now(), URL: address, Title: c.payload.str("title")}
	records := []*record{{Kind: pageOpened, CustomerID: c.user(), Page: p}}
	before, group := c.conn.group, o.groupOfPage(address, c.conn.group)
	c.conn.group = group
	if r := o.customerPresence(c.user(), o.customers[c.user()]); r != nil && group != before {
		// The agents who lose the customer by it are told.
		r.Reason, r.Groups = "moved", []int{group}
		records = append(records, r)
	}
	if err := o.commit(c.em, records...); err != nil {
		c.conn.group = before
		return nil, err
	}
	out := obj{}
	if group != before {
		out["groups"] = []obj{{"id": group, "status": o.groupsStatus([]int{group})}}
	}
	return out, o.try(func() error { return c.greet(address) })
}

// trackingConns returns the connections that know of a customer by their level
// or by a subscription.
func (o *org) trackingConns(id string) []*conn {
	var conns []*conn
	for i := range o.seed.Agents {
		s := o.agents[o.seed.Agents[i].ID]
		for _, c := range s.conns {
			if s.known[id] || c.subscribes(id) {
				conns = append(conns, c)
			}
		}
	}
	return conns
}

// activateCustomerPage is activate_customer_page and deactivate_customer_page of
// the Customer API. Nothing here depends on which tab has the focus.
func activateCustomerPage(*call) (any, error) { return obj{}, nil }

// announceStatistics pushes a customer's counters to agents.
func (o *org) announceStatistics(em *emission, id string) {
	em.trackers(id, "customer_statistics_updated", obj{"customer_id": id, "statistics": o.st.Customers[id].statistics()})
}

// getURLInfo is get_url_info of the Customer API. Nothing is fetched: the answer
// is what the seed says of the page, or else what the address itself tells.
func getURLInfo(c *call) (any, error) {
	address := c.payload.str("url")
	u, ok := webAddress(address)
	if !ok {
		return nil, invalid("payload.url: must be an http or https address, not %s", quote(address))
	}
	out := obj{"url": address, "title": u.Host}
	for _, info := range c.org.seed.URLInfo {
		if strings.Contains(address, info.Contains) {
			info.tell(out, u)
			return out, nil
		}
	}
	if strings.HasPrefix(contentType(u.Path), "image/") {
		out["title"] = path.Base(u.Path)
		out["image_url"], out["image_original_url"] = address, address
	}
	return out, nil
}

// tell puts what is said into the answer for a page.
func (i *URLInfo) tell(out obj, page *url.URL) {
	if i.Title != "" {
		out["title"] = i.Title
	}
	if i.Description != "" {
		out["description"] = i.Description
	}
	image, err := page.Parse(i.Image)
	if i.Image == "" || err != nil {
		return
	}
	out["image_url"], out["image_original_url"] = image.String(), image.String()
	if i.ImageWidth > 0 && i.ImageHeight > 0 {
		out["image_width"], out["image_height"] = i.ImageWidth, i.ImageHeight
	}
}
