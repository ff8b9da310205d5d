package rtm

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// actionUploadFile is of the Web API alone.
const actionUploadFile = "upload_file"

// maxUploadAnswer bounds what is read of an answer, in bytes.
const maxUploadAnswer = 1 << 20

// UploadFile uploads a file over the Web API of the server that the connection is
// to, as whom the connection has logged in, and returns its address. Send that as
// the url of an event of type file: the address of a file that no event has ends
// after 24 hours. ctx bounds the whole upload; content is read to its end, and not
// at all before the login; when the upload fails one more read may still come.
//
// Errors of the server are *Error: entity_too_large over 10 MB, validation for what
// it does not take, such as executable files, authentication when the token has
// expired meanwhile (the connection gets a new one by itself: a retry may help),
// limit_reached, service_unavailable (a retry may help later).
func (c *Conn) UploadFile(ctx context.Context, name string, content io.Reader) (string, error) {
	c.mu.Lock()
	socket, token := c.address, c.token
	c.mu.Unlock()
	if token == "" {
		return "", &Error{Action: actionUploadFile, Type: ErrorTypeNotLoggedIn, Message: "log in first"}
	}
	address, err := actionAddress(socket, actionUploadFile)
	if err != nil {
		return "", fmt.Errorf("rtm: upload_file: %w", err)
	}
	body, pipe := io.Pipe()
	defer body.Close() // ends the goroutine when the server answers early
	form := multipart.NewWriter(pipe)
	go func() {
		part, err := form.CreateFormFile("file", name)
		if err == nil {
			_, err = io.Copy(part, content)
		}
		if err == nil {
			err = form.Close()
		}
		pipe.CloseWithError(err)
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		return "", fmt.Errorf("rtm: upload_file: %w", err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Authorization", token)
	client := c.opts.HTTPClient
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("rtm: upload_file: %w", err)
	}
	defer res.Body.Close()
	var answer struct {
		URL   string `json:"url"`
		Error *struct {
			Type    ErrorType       `json:"type"`
			Message string          `json:"message"`
			Data    json.RawMessage `json:"data"`
		} `json:"error"`
	}
	err = json.NewDecoder(io.LimitReader(res.Body, maxUploadAnswer)).Decode(&answer)
	switch {
	case err == nil && answer.Error != nil:
		return "", &Error{Action: actionUploadFile, Type: answer.Error.Type, Message: answer.Error.Message, Data: answer.Error.Data}
	case err != nil:
		return "", fmt.Errorf("rtm: upload_file: %s: %w", res.Status, err)
	case answer.URL == "":
		return "", fmt.Errorf("rtm: upload_file: %s: the answer has no address", res.Status)
	}
	return answer.URL, nil
}

// actionAddress is where the Web API of a socket's server has an action.
func actionAddress(socket, action string) (string, error) {
	u, err := url.Parse(socket)
	if err != nil {
		return "", err
	}
	u.Scheme = strings.Replace(u.Scheme, "ws", "http", 1)
	u.Path = path.Join(path.Dir(path.Dir(u.Path)), "action", action)
	return u.String(), nil
}
