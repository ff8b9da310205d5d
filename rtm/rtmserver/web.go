package rtmserver

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The Web API runs the methods of the sockets for requests that bring their token
// along. What they cause is pushed to whoever has a socket, the requester's own
// ones among them.

var actionPath = regexp.MustCompile(`^(?:/v([^/]+))?/(customer|agent)/action/([^/]+)$`)

// socketOnly are the methods that are about a connection.
var socketOnly = [2][]string{
	customerSide: {"login", "ping", "update_customer_page", "activate_customer_page", "deactivate_customer_page"},
	agentSide: {
		"login", "logout", "ping", "set_away_status", "update_session", "change_push_notifications",
		"subscribe_customers", "unsubscribe_customers", "follow_customer", "unfollow_customer",
	},
}

// A webAction is one that only the Web API has.
type webAction struct {
	method string
	serve  func(*Server, http.ResponseWriter, *http.Request, *conn) (any, error)
}

var webActions = [2]map[string]webAction{
	customerSide: {
		"upload_file":                {http.MethodPost, (*Server).uploadFile},
		"get_dynamic_configuration":  {http.MethodGet, (*Server).getDynamicConfiguration},
		"get_configuration":          {http.MethodGet, (*Server).getConfiguration},
		"get_localization":           {http.MethodGet, (*Server).getLocalization},
		"list_license_properties":    {http.MethodGet, (*Server).listLicenseProperties},
		"list_group_properties":      {http.MethodGet, (*Server).listGroupProperties},
		"check_goals":                {http.MethodPost, (*Server).checkGoals},
		"request_email_verification": {http.MethodPost, (*Server).requestEmailVerification},
	},
	agentSide: {
		"upload_file": {http.MethodPost, (*Server).uploadFile},
	},
}

// statuses are the HTTP statuses of errors. Their types are documented, the
// statuses are not: clients go by the type.
var statuses = map[string]int{
	"authentication":                        http.StatusUnauthorized,
	"authorization":                         http.StatusForbidden,
	"missing_access":                        http.StatusForbidden,
	"not_allowed":                           http.StatusForbidden,
	"customer_banned":                       http.StatusForbidden,
	"license_expired":                       http.StatusForbidden,
	"requester_awaiting_approval":           http.StatusForbidden,
	"requester_suspended":                   http.StatusForbidden,
	"seats_limit_exceeded":                  http.StatusForbidden,
	"not_found":                             http.StatusNotFound,
	"group_not_found":                       http.StatusNotFound,
	"greeting_not_found":                    http.StatusNotFound,
	"license_not_found":                     http.StatusNotFound,
	"request_timeout":                       http.StatusRequestTimeout,
	"agent_offline":                         http.StatusConflict,
	"chat_already_active":                   http.StatusConflict,
	"chat_anonymized":                       http.StatusConflict,
	"chat_inactive":                         http.StatusConflict,
	"group_offline":                         http.StatusConflict,
	"group_unavailable":                     http.StatusConflict,
	"groups_offline":                        http.StatusConflict,
	"requester_already_offline":             http.StatusConflict,
	"entity_too_large":                      http.StatusRequestEntityTooLarge,
	"misdirected_request":                   http.StatusMisdirectedRequest,
	"chat_limit_reached":                    http.StatusTooManyRequests,
	"customer_session_fields_limit_reached": http.StatusTooManyRequests,
	"limit_reached":                         http.StatusTooManyRequests,
	"pending_requests_limit_reached":        http.StatusTooManyRequests,
	"too_many_requests":                     http.StatusTooManyRequests,
	"users_limit_reached":                   http.StatusTooManyRequests,
	"internal":                              http.StatusInternalServerError,
	"service_unavailable":                   http.StatusServiceUnavailable,
}

// status is the HTTP status of an error, 400 for what has none of its own.
func (e *apiError) status() int {
	if status := statuses[e.typ]; status != 0 {
		return status
	}
	return http.StatusBadRequest
}

// sockets are the connections that a push to the requester alone goes to: its own,
// or for a request without one all that the agent has.
func (c *call) sockets() []*conn {
	if _, web := c.conn.out.(*exchange); web && c.conn.side == agentSide {
		return c.org.agents[c.user()].conns
	}
	return []*conn{c.conn}
}

// serveAction serves /v3.x/<side>/action/<action>, and the same without a version
// when the header X-API-Version has it.
func (s *Server) serveAction(w http.ResponseWriter, r *http.Request, side side, version, action string) {
	w.Header().Add("Vary", "Origin")
	if s.foreign(w, r) {
		return
	}
	allowOrigin(w, r)
	w.Header().Set("Cache-Control", "no-store")
	special, isSpecial := webActions[side][action]
	method := http.MethodPost
	if isSpecial {
		method = special.method
	}
	if r.Method == http.MethodOptions {
		preflight(w, r, method)
		return
	}
	c := s.newConn(r, side, version)
	x := &exchange{c: c, w: w, r: r, action: action, began: time.Now()}
	c.out = x
	defer x.ended()
	err := func() error {
		if version == "" {
			version = r.Header.Get("X-API-Version")
			c.version = version
		}
		switch {
		case version == "":
			return invalid("the version is missing: use /v%s/%s/action/%s or the header X-API-Version", newest, side, action)
		case !slices.Contains(versions[:], version):
			return fail("unsupported_version", "API version %s is not served here; use /v%s/%s/action/%s", quote(version), newest, side, action)
		case slices.Contains(socketOnly[side], action):
			return invalid("action: %s needs a connection: use the socket at /v%s/%s/rtm/ws", action, version, side)
		case !isSpecial && c.catalogue.Method(action) == nil:
			return fail("not_found", "action: the %s API has no action %s", side, quote(action))
		case r.Method != method:
			w.Header().Set("Allow", method+", OPTIONS")
			x.answer(http.StatusMethodNotAllowed, invalid("%s is asked for with %s, not with %s", action, method, clip(r.Method)).view())
			return errAnswered
		case s.closing.Load():
			retrySoon(w)
			return fail("service_unavailable", stopping)
		}
		if isSpecial {
			c.user = address(c.ip) // until it is known who asks
			if err := c.limited(&request{action: action}); err != nil {
				return err
			}
			if method == http.MethodGet { // others do when they know who it is
				if _, err := x.arrives(nil); err != nil {
					return err
				}
			}
			result, err := special.serve(s, w, r, c)
			if err == nil {
				c.observe(&request{action: action, began: x.began}, nil)
				x.answer(http.StatusOK, result)
			}
			return err
		}
		return s.callAction(r, x)
	}()
	if err != nil && !errors.Is(err, errAnswered) {
		x.refuse(err)
	}
}

// errAnswered says that there is nothing left to answer.
var errAnswered = errors.New("rtmserver: answered")

// callAction runs a method of the sockets.
func (s *Server) callAction(r *http.Request, x *exchange) error {
	c := x.c
	admit, err := s.authenticate(r, c)
	if err != nil {
		return err
	}
	req, err := x.readPayload()
	if err != nil {
		return err
	}
	if err := c.check(req); err != nil {
		return err
	}
	if err := s.ask(); err != nil {
		return err
	}
	defer s.answered()
	var status int
	var body []byte
	in := &call{conn: c, org: c.org, request: req, payload: req.payload, em: &emission{org: c.org}}
	in.reply = func(result any, err error) {
		payload, failed := c.outcome(req, result, err)
		if status = http.StatusOK; failed != nil {
			status = failed.status()
		}
		body = appendJSON(body, payload) // under the lock: it may be of the state
	}
	c.org.do(in, func(in *call) (any, error) {
		// Once more under the lock: the body may have taken its time.
		if err := admit(); err != nil {
			return nil, err
		}
		return methods[c.side][x.action](in)
	})
	x.send(status, body)
	return nil
}

// authenticate finds out who sends a request and makes c its conn. The function
// that it returns asks again, and wants the organization's lock.
func (s *Server) authenticate(r *http.Request, c *conn) (admit func() error, err error) {
	c.user = ""
	from := address(c.ip)
	if s.guesses.spent(from) {
		return nil, fail("too_many_requests", "this address sent more than %g wrong tokens a second: wait a moment", s.limits.ConnectionRate)
	}
	defer func() {
		if known, ok := errors.AsType[*apiError](err); ok && known.typ == "authentication" {
			s.guesses.allow(from)
		}
	}()
	if c.side == customerSide {
		if err := s.findOrganization(r, c); err != nil {
			return nil, err
		}
	}
	token, err := loginToken(r.Header.Get("Authorization"), c.side == agentSide)
	if known, ok := errors.AsType[*apiError](err); ok {
		known.message = "Authorization: " + strings.TrimPrefix(known.message, "payload.token: ")
		return nil, known
	}
	if c.side == agentSide {
		id := r.URL.Query().Get("organization_id")
		o, a := s.findAgent(token)
		if a == nil || id != "" && id != o.seed.ID {
			return nil, fail("authentication", "Authorization: the access token is unknown, was revoked or has expired")
		}
		c.org, c.agent, c.user = o, a, a.ID
		admit = func() error { return nil }
	} else {
		admit = func() error { return c.becomeCustomer(r.Header.Get("Authorization")) }
	}
	c.loggedIn.Store(true)
	if region := c.org.region(); region != "" {
		err := fail("misdirected_request", "organization %s is served in the region %s", c.org.seed.ID, region)
		err.data = obj{"region": region}
		return nil, err
	}
	if c.org.expired() {
		return nil, failAs(c.catalogue, "license_expired")
	}
	c.org.mu.Lock()
	defer c.org.mu.Unlock()
	return admit, admit()
}

// findOrganization reads organization_id of the query.
func (s *Server) findOrganization(r *http.Request, c *conn) error {
	id := r.URL.Query().Get("organization_id")
	if id == "" {
		return invalid("the query parameter organization_id is required")
	}
	if c.org = s.orgs[id]; c.org == nil {
		return fail("license_not_found", "organization_id: there is no organization %s", quote(id))
	}
	return nil
}

// becomeCustomer makes c the conn of the token's customer. Without a socket the
// customer is in the group of the newest one that it has, or else in that of the
// last page that it was on. The organization's lock is held.
func (c *conn) becomeCustomer(token string) error {
	o := c.org
	em := &emission{org: o}
	t, err := o.customerToken(em, token)
	em.flush()
	if err != nil {
		return err
	}
	cust := o.st.Customers[t.CustomerID]
	if cust.BannedUntil.After(o.now()) {
		return failAs(c.catalogue, "customer_banned")
	}
	c.user, c.token, c.group = cust.ID, t, 0
	if conns := o.customers[cust.ID]; len(conns) > 0 {
		c.group = conns[len(conns)-1].group
	} else if groups := o.groupsHere(cust.ID); len(groups) > 0 {
		c.group = groups[0] // of another node
	} else if v := cust.Visit; v != nil && len(v.Pages) > 0 {
		c.group = o.groupOfPage(v.Pages[len(v.Pages)-1].URL, 0)
	}
	return nil
}

// allowOrigin lets pages of any origin that may connect read the answer: what a request may do is
// in its Authorization header, which no page has that was not given it.
func allowOrigin(w http.ResponseWriter, r *http.Request) {
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	}
}

var headerName = regexp.MustCompile("^[-!#$%&'*+.^_`|~0-9A-Za-z]+$")

// preflight answers a browser that asks before it sends.
func preflight(w http.ResponseWriter, r *http.Request, method string) {
	headers := []string{"Authorization", "Content-Type", "X-API-Version", "X-Region", "X-Author-Id"}
	for name := range strings.SplitSeq(r.Header.Get("Access-Control-Request-Headers"), ",") {
		name = strings.TrimSpace(name)
		known := func(h string) bool { return strings.EqualFold(h, name) }
		if len(name) > 2 && strings.EqualFold(name[:2], "x-") && headerName.MatchString(name) && !slices.ContainsFunc(headers, known) {
			headers = append(headers, name)
		}
	}
	w.Header().Set("Access-Control-Allow-Methods", method)
	w.Header().Set("Access-Control-Allow-Headers", strings.Join(headers, ", "))
	w.Header().Set("Access-Control-Max-Age", "600")
	w.Header().Add("Vary", "Access-Control-Request-Headers")
	w.WriteHeader(http.StatusNoContent)
}
