package kec

import (
	"context"
	"errors"
	"net/url"
	"slices"
)

// AttachKey adds SSH keys to an instance, besides those it has. Official clients stop the machine
// first; when KEC refuses because it runs, ksyun.IsStateRefusal tells. Without keys nothing is
// sent.
func (c *Client) AttachKey(ctx context.Context, id string, keyIDs ...string) error {
	return c.changeKeys(ctx, "AttachKey", id, keyIDs)
}

// DetachKey takes SSH keys from an instance, under the same conditions as AttachKey.
func (c *Client) DetachKey(ctx context.Context, id string, keyIDs ...string) error {
	return c.changeKeys(ctx, "DetachKey", id, keyIDs)
}

func (c *Client) changeKeys(ctx context.Context, name, id string, keyIDs []string) error {
	if len(keyIDs) == 0 {
		return nil
	}
	if slices.Contains(keyIDs, "") {
		return errors.New("a key id is empty")
	}
	params := url.Values{}
	list(params, "KeyId", keyIDs)
	return c.changeOne(ctx, action(name, params), id)
}
