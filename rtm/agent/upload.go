package agent

import (
	"context"
	"io"
)

// UploadFile uploads a file of 10 MB at most and returns its address for
// FileInput.URL; see rtm.Conn.UploadFile.
//
// See https://platform.text.com/docs/messaging/agent-chat-api#upload-file.
func (c *Client) UploadFile(ctx context.Context, name string, content io.Reader) (string, error) {
	return c.conn.UploadFile(ctx, name, content)
}
