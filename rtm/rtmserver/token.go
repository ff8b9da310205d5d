package rtmserver

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A token lets a customer log in. Only its hash is kept.
type token struct {
	Hash       string    `json:"hash"`
	CustomerID string    `json:"customer_id"`
	ClientID   string    `json:"client_id"`
	ExpiresAt  time.Time `json:"expires_at"`
}

const (
	tokenLifetime  = 28800      // seconds
	cookieLifetime = 63072000   // seconds
	cookieID       = "__lc_cid" // the customer
	cookieSecret   = "__lc_cst" // what proves it
	maxTokenBody   = 64 << 10   // bytes
	maxClientID    = 256        // bytes: it is kept with the token
	tokenRegion    = "dal:"     // the region that the token's prefix names
)

// loginToken takes the scheme word off the token of a login. Agents may also
// use Basic with base64 of account:token.
func loginToken(s string, agent bool) (string, error) {
	scheme, rest, ok := strings.Cut(s, " ")
	switch {
	case ok && strings.EqualFold(scheme, "Bearer"):
		// A token that was pasted out of a URL has its colon escaped.
		return strings.ReplaceAll(strings.TrimSpace(rest), "%3A", ":"), nil
	case ok && agent && strings.EqualFold(scheme, "Basic"):
		data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
		_, token, found := strings.Cut(string(data), ":")
		if err != nil || !found {
			return "", fail("authentication", "payload.token: after Basic there must be base64 of account:token")
		}
		return token, nil
	case agent:
		return "", fail("authentication", "payload.token: must be Bearer and an access token, or Basic and base64 of account:token")
	}
	return "", fail("authentication", "payload.token: must be Bearer and an access token")
}

// findAgent returns the agent of a token. It compares with every token there
// is, each in constant time.
func (s *Server) findAgent(token string) (*org, *Agent) {
	want := sha256.Sum256([]byte(token))
	var org *org
	var agent *Agent
	for _, id := range sortedKeys(s.orgs) {
		o := s.orgs[id]
		for i := range o.seed.Agents {
			for _, t := range o.seed.Agents[i].Tokens {
				got := sha256.Sum256([]byte(t))
				if subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
					org, agent = o, &o.seed.Agents[i]
				}
			}
		}
	}
	return org, agent
}

// customerToken returns the customer's token that a login gives.
func (o *org) customerToken(em *emission, s string) (*token, error) {
	text, err := loginToken(s, false)
	if err != nil {
		return nil, err
	}
	t := o.validToken(text)
	if t == nil {
		// Another node may have issued it just now.
		if err := o.catchUp(em); err != nil {
			return nil, err
		}
		t = o.validToken(text)
	}
	if t != nil {
		return t, nil
	}
	return nil, fail("authentication", "the access token is unknown, was revoked or has expired")
}

// validToken returns a token that is in force. Looking it up by its hash tells
// an attacker's clock nothing about the token.
func (o *org) validToken(text string) *token {
	t := o.st.Tokens[hash(text)]
	if t == nil || !t.ExpiresAt.After(o.now()) {
		return nil
	}
	return t
}

// serveToken serves the customer's part of the authorization server: POST and
// DELETE /v2/customer/token, GET /v2/customer/info.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	// Pages of any origin ask for tokens with their cookies. The real service
	// checks the origin against the client's registered addresses; here there are
	// no registered clients.
	w.Header().Add("Vary", "Origin")
	if s.foreign(w, r) {
		return
	}
	if s.closing.Load() {
		s.unavailable(w, stopping)
		return
	}
	bodyDeadline(w)
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	}
	w.Header().Set("Cache-Control", "no-store")
	allowed := []string{http.MethodGet}
	if strings.HasSuffix(r.URL.Path, "/token") {
		allowed = []string{http.MethodPost, http.MethodDelete}
	}
	list := strings.Join(allowed, ", ")
	switch {
	case r.Method == http.MethodOptions:
		w.Header().Set("Access-Control-Allow-Methods", list)
		w.Header().Set("Access-Control-Allow-Headers", "Content-Type, Authorization")
		w.Header().Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
	case !slices.Contains(allowed, r.Method):
		w.Header().Set("Allow", list+", OPTIONS")
		tokenError(w, http.StatusMethodNotAllowed, "invalid_request", "use "+list)
	case r.Method == http.MethodPost:
		s.issueToken(w, r)
	case r.Method == http.MethodDelete:
		s.revokeToken(w, r)
	default:
		s.tokenInfo(w, r)
	}
}

// issueToken is the cookie grant.
func (s *Server) issueToken(w http.ResponseWriter, r *http.Request) {
	bad := func(exception, text string) { tokenError(w, http.StatusBadRequest, exception, text) }
	var req params
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTokenBody))
	if err == nil {
		err = decodeNumbers(body, &req)
	}
	if err != nil || req == nil {
		text := "the body must be a JSON object with grant_type, client_id, organization_id and response_type"
		if _, wrong := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !wrong {
			text += ": " + strings.TrimPrefix(err.Error(), "json: ")
		}
		bad("invalid_request", text)
		return
	}
	for _, name := range []string{"grant_type", "client_id", "organization_id", "response_type"} {
		if x := req[name]; x == nil || x == "" {
			bad("invalid_request", name+": is required")
			return
		} else if _, ok := x.(string); !ok {
			bad("invalid_request", mustBe(name, "a string", x).message)
			return
		}
	}
	if grant := req.str("grant_type"); grant != "cookie" {
		bad("unsupported_grant_type", "grant_type: must be cookie, not "+quote(grant))
		return
	}
	if typ := req.str("response_type"); typ != "token" {
		bad("invalid_request", "response_type: must be token, not "+quote(typ))
		return
	}
	expires := tokenLifetime
	if x := req["expires_in"]; x != nil {
		n, ok := x.(json.Number)
		if !ok {
			bad("invalid_request", mustBe("expires_in", "an integer", x).message)
			return
		}
		if expires, err = strconv.Atoi(n.String()); err != nil {
			bad("invalid_request", "expires_in: must be an integer, not "+clip(n.String()))
			return
		}
		if expires < 1 || expires > tokenLifetime {
			bad("invalid_request", "expires_in: must be from 1 to "+itoa(tokenLifetime)+" seconds")
			return
		}
	}
	if len(req.str("client_id")) > maxClientID {
		bad("invalid_request", "client_id: must have "+itoa(maxClientID)+" bytes at most")
		return
	}
	o := s.orgs[req.str("organization_id")]
	if o == nil {
		bad("resource_not_found", "organization_id: there is no organization "+quote(req.str("organization_id")))
		return
	}
	if !s.tokenRates.allow(address(clientIP(r))) {
		retrySoon(w)
		tokenError(w, http.StatusTooManyRequests, "too_many_requests", fmt.Sprintf("this address asked for more than %g tokens a second: wait a moment", s.limits.ConnectionRate))
		return
	}
	text, id, secret, t, err := o.issue(req.str("client_id"), cookie(r, cookieID), cookie(r, cookieSecret), time.Duration(expires)*time.Second)
	if err != nil {
		s.opts.Logger.Error("issue a token", "error", err)
		tokenError(w, http.StatusInternalServerError, "server_error", "the token could not be stored")
		return
	}
	s.setCookie(w, r, cookieID, id)
	s.setCookie(w, r, cookieSecret, secret)
	writeJSON(w, http.StatusOK, obj{
		"access_token": text, "entity_id": id, "expires_in": expires, "token_type": "Bearer",
		"organization_id": o.seed.ID, "client_id": t.ClientID,
	})
}

// issue makes a token: of the customer whom the cookies id and secret are of, or
// of a new one, whose cookies it returns.
func (o *org) issue(client, id, secret string, lifetime time.Duration) (text, customerID, customerSecret string, t *token, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	text = tokenRegion + o.s.ids.secret()
	t = &token{Hash: hash(text), ClientID: client, ExpiresAt: o.now().Add(lifetime)}
	em := &emission{org: o}
	err = o.try(func() error {
		var records []*record
		customerID, customerSecret = id, secret
		if c := o.st.Customers[id]; c == nil || subtle.ConstantTimeCompare([]byte(c.Secret), []byte(hash(secret))) != 1 {
			customerID, customerSecret = o.s.ids.uuid(), o.s.ids.secret()
			records = append(records, &record{Kind: customerRegistered, CustomerID: customerID, Secret: hash(customerSecret)})
		}
		t.CustomerID = customerID
		return o.commit(em, append(records, &record{Kind: tokenIssued, Token: t})...)
	})
	em.flush()
	return text, customerID, customerSecret, t, err
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie sets a cookie for pages of any site, which browsers allow over TLS,
// be it a proxy's, and on the local machine only; elsewhere it is one for pages of
// this site. It
// is partitioned: the browser keeps one for each site that a page is on, so no
// site can speak as the customer that a visitor is on another.
func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, name, value string) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: cookieLifetime, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if r.TLS != nil || loopback(r.Host) || s.publicURL != nil && s.publicURL.Scheme == "https" {
		c.Secure, c.SameSite, c.Partitioned = true, http.SameSiteNoneMode, true
	}
	http.SetCookie(w, c)
}

func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// requestToken returns the token of a request to the other two endpoints with
// its organization, and how long it is in force. Without one it has answered.
func (s *Server) requestToken(w http.ResponseWriter, r *http.Request, text string) (o *org, t *token, left time.Duration) {
	if auth := r.Header.Get("Authorization"); auth != "" {
		var err error
		if text, err = loginToken(auth, false); err != nil {
			tokenError(w, http.StatusUnauthorized, "invalid_request", "Authorization: must be Bearer and an access token")
			return nil, nil, 0
		}
	}
	for _, id := range sortedKeys(s.orgs) {
		o := s.orgs[id]
		o.mu.Lock()
		t := o.validToken(text)
		if t != nil {
			left = t.ExpiresAt.Sub(o.now())
		}
		o.mu.Unlock()
		if t != nil {
			return o, t, left
		}
	}
	tokenError(w, http.StatusUnauthorized, "access_denied", "the access token is unknown, was revoked or has expired")
	return nil, nil, 0
}

func (s *Server) tokenInfo(w http.ResponseWriter, r *http.Request) {
	code := r.URL.Query().Get("code")
	o, t, left := s.requestToken(w, r, code)
	if o == nil {
		return
	}
	if auth := r.Header.Get("Authorization"); auth != "" {
		code, _ = loginToken(auth, false)
	}
	writeJSON(w, http.StatusOK, obj{
		"access_token": code, "client_id": t.ClientID, "entity_id": t.CustomerID, "organization_id": o.seed.ID,
		"expires_in": int(left / time.Second), "token_type": "Bearer",
	})
}

// revokeToken ends a token, and the connections that logged in with it.
func (s *Server) revokeToken(w http.ResponseWriter, r *http.Request) {
	o, t, _ := s.requestToken(w, r, "")
	if o == nil {
		return
	}
	if err := o.revoke(t); err != nil {
		s.opts.Logger.Error("revoke a token", "error", err)
		tokenError(w, http.StatusInternalServerError, "server_error", "the token could not be revoked")
		return
	}
	writeJSON(w, http.StatusOK, obj{})
}

func (o *org) revoke(t *token) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	em := &emission{org: o}
	err := o.try(func() error { return o.commit(em, &record{Kind: tokenRevoked, Token: t}) })
	em.flush()
	return err
}

func tokenError(w http.ResponseWriter, status int, exception, text string) {
	writeJSON(w, status, obj{"oauth_exception": exception, "exception_description": text})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // only what JSON can say is given
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n'))
}
