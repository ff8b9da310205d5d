package customer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"

	"github.com/rtmwidget/rtmwidget/rtm"
)

// CookieGrant returns a token source for a visitor without an identity of
// their own: it asks POST {server}/v2/customer/token and keeps the cookies, so
// that each token is for the same customer. Server "" is the vendor's accounts
// server. clientID is the application's, any string for rtmd. A nil client is
// http.DefaultClient; its own cookie jar is used where it has one. See
// https://platform.text.com/docs/authorization/customer-authorization.
func CookieGrant(server, organizationID, clientID string, client *http.Client) rtm.TokenSource {
	if server == "" {
		server = "https://accounts.livechat.com"
	}
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	if own.Jar == nil {
		own.Jar, _ = cookiejar.New(nil) // nil options cannot fail
	}
	body, _ := json.Marshal(map[string]string{ // a map of strings cannot fail
		"grant_type": "cookie", "response_type": "token", "client_id": clientID, "organization_id": organizationID,
	})
	url := strings.TrimRight(server, "/") + "/v2/customer/token"
	var mu sync.Mutex
	var last string
	return func(ctx context.Context, fresh bool) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if last != "" && !fresh {
			return last, nil
		}
		token, err := grant(ctx, &own, url, body)
		if err == nil {
			last = token
		}
		return token, err
	}
}

func grant(ctx context.Context, client *http.Client, url string, body []byte) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	response, err := client.Do(req)
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
	err = json.NewDecoder(response.Body).Decode(&answer)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %s: %w", url, response.Status, err)
	case answer.AccessToken == "":
		return "", errors.New(url + ": " + response.Status + ": " + answer.OAuthException + answer.IdentityException + " " + answer.ExceptionDescription)
	}
	return answer.AccessToken, nil
}
