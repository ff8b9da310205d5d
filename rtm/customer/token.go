package customer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/rtmwidget/rtmwidget/rtm"
)

// CookieGrant returns a token source for a visitor without an identity of
// their own: it asks POST {server}/v2/customer/token and keeps the cookies of
// the answer, so that each token is for the same customer. Server "" is the
// vendor's accounts server. clientID is the application's, any string for rtmd.
// A nil client is http.DefaultClient; its cookie jar is not used. See
// https://platform.text.com/docs/authorization/customer-authorization.
func CookieGrant(server, organizationID, clientID string, client *http.Client) rtm.TokenSource {
	if server == "" {
		server = "https://accounts.livechat.com"
	}
	if client == nil {
		client = http.DefaultClient
	}
	g := &cookieGrant{client: *client, url: strings.TrimRight(server, "/") + "/v2/customer/token"}
	// The cookies are Secure, and a jar would not send them back over http,
	// not even on this machine.
	g.client.Jar = nil
	g.body, _ = json.Marshal(map[string]string{ // a map of strings cannot fail
		"grant_type": "cookie", "response_type": "token", "client_id": clientID, "organization_id": organizationID,
	})
	return g.token
}

type cookieGrant struct {
	client http.Client
	url    string
	body   []byte

	mu      sync.Mutex // guards what follows; held over a request
	cookies []*http.Cookie
	last    string
}

func (g *cookieGrant) token(ctx context.Context, fresh bool) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last != "" && !fresh {
		return g.last, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, bytes.NewReader(g.body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	for _, cookie := range g.cookies {
		req.AddCookie(cookie)
	}
	response, err := g.client.Do(req)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken          string `json:"access_token"`
		OAuthException       string `json:"oauth_exception"`
		IdentityException    string `json:"identity_exception"`
		ExceptionDescription string `json:"exception_description"`
	}
	err = json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %s: %w", g.url, response.Status, err)
	case answer.AccessToken == "":
		return "", errors.New(g.url + ": " + response.Status + ": " + answer.OAuthException + answer.IdentityException + " " + answer.ExceptionDescription)
	}
	if cookies := response.Cookies(); len(cookies) > 0 {
		g.cookies = cookies
	}
	g.last = answer.AccessToken
	return g.last, nil
}
