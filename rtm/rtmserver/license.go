package rtmserver

import (
	"time"
)

// License is what an organization's contract decides.
type License struct {
	// ExpiresAt is when nobody can work with it any more. Zero means never.
	ExpiresAt time.Time `json:"expires_at,omitzero"`

	// Region is where the organization is served, dal or fra; elsewhere clients
	// are sent there. Empty means here, see Options.Region.
	Region string `json:"region,omitempty" jsonschema:"enum=dal,enum=fra"`
}

// expired reports whether the license has ended.
func (o *org) expired() bool {
	at := o.seed.License.ExpiresAt
	return !at.IsZero() && !o.s.clock.Now().Before(at)
}

// region returns the region where the organization is served, empty for here.
func (o *org) region() string {
	if r := o.seed.License.Region; r != o.s.opts.Region {
		return r
	}
	return ""
}

// watchLicense ends all connections when the license ends.
func (o *org) watchLicense() {
	if at := o.seed.License.ExpiresAt; !at.IsZero() && !o.expired() {
		o.licensed = o.s.clock.AfterFunc(at.Sub(o.s.clock.Now()), func() {
			for _, side := range []side{customerSide, agentSide} {
				_, err := o.s.Disconnect(Disconnection{Organization: o.seed.ID, API: side.String(), Reason: "license_expired"})
				if err != nil {
					o.s.opts.Logger.Error("end of a license", "organization", o.seed.ID, "error", err)
				}
			}
		})
	}
}

// turnAway ends a connection to an organization that is not served here.
func (c *conn) turnAway(o *org) bool {
	if region := o.region(); region != "" {
		c.disconnectWith("misdirected_connection", obj{"region": region})
		return true
	}
	if o.expired() {
		c.disconnect("license_expired")
		return true
	}
	return false
}

// admit refuses the login of anybody to an organization that is not served here.
func (c *call) admit(o *org) error {
	if region := o.region(); region != "" {
		c.em.disconnectWith(c.conn, "misdirected_connection", obj{"region": region})
		return fail("misdirected_request", "organization %s is served in the region %s", o.seed.ID, region)
	}
	if o.expired() {
		return failAs(c.conn.catalogue, "license_expired")
	}
	return nil
}
