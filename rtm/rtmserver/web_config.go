package rtmserver

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// What a widget asks for before it connects. None of it needs a token: it is what
// every page of the organization shows.

// language is the only one that there are phrases in.
const language = "en"

// phrases are what get_localization gives: words of this server for keys of the
// protocol.
var phrases = obj{
	"Agents_currently_not_available":  "Nobody is here at the moment.",
	"Agents_not_available":            "Nobody is here at the moment.",
	"Agents_not_available_continuous": "Nobody is here at the moment. Write all the same: the answer waits for you here.",
}

// queryGroup reads a group of the query. Where it may be missing, otherwise stands
// for it.
func (o *org) queryGroup(q url.Values, name string, required bool, otherwise int) (*Group, error) {
	id, text := otherwise, q.Get(name)
	if text == "" && required {
		return nil, invalid("the query parameter %s is required", name)
	}
	if text != "" {
		var err error
		if id, err = strconv.Atoi(text); err != nil {
			return nil, invalid("%s: must be an integer, not %s", name, quote(text))
		}
	}
	g := o.group(id)
	if g == nil {
		return nil, o.groupNotFound(customerSide, name, id)
	}
	return g, nil
}

// configuration is what get_configuration gives of a group.
func (g *Group) configuration() obj {
	config := obj{"buttons": []obj{}, "integrations": obj{}, "properties": obj{"group": obj{}, "license": obj{}}}
	if g.Prechat != nil {
		config["prechat_form"] = g.Prechat.view()
	}
	if g.Ticket != nil {
		config["ticket_form"] = g.Ticket.view()
	}
	return config
}

// versionOf names the content of a configuration: it changes when that does.
func versionOf(content any) string {
	data, err := json.Marshal(content)
	if err != nil {
		panic(err) // it is made of what JSON can say
	}
	return hash(string(data))[:32]
}

// getDynamicConfiguration is get_dynamic_configuration. It alone takes license_id
// instead of organization_id: the place of the organization in the seed, from 1.
func (s *Server) getDynamicConfiguration(_ http.ResponseWriter, r *http.Request, c *conn) (any, error) {
	q := r.URL.Query()
	if text := q.Get("license_id"); text != "" && q.Get("organization_id") == "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > len(s.opts.Seed.Organizations) {
			return nil, fail("license_not_found", "license_id: there is no license %s", quote(text))
		}
		c.org = s.orgs[s.opts.Seed.Organizations[n-1].ID]
	} else if err := s.findOrganization(r, c); err != nil {
		return nil, err
	}
	o := c.org
	g, err := o.queryGroup(q, "group_id", false, o.groupOfPage(q.Get("url"), 0))
	if err != nil {
		return nil, err
	}
	config := obj{
		"group_id": g.ID, "client_limit_exceeded": false,
		"domain_allowed": true, // no domain is registered, so none is refused
		"config_version": versionOf(g.configuration()), "localization_version": versionOf(phrases), "language": language,
	}
	o.mu.Lock()
	if online := o.onlineGroups(); len(online) > 0 {
		config["online_group_ids"] = online
	}
	o.mu.Unlock()
	if c.version < "3.6" {
		config["organization_id"] = o.seed.ID
		return config, nil
	}
	return obj{"organization_id": o.seed.ID, "default_widget": "livechat", "livechat_active": true, "livechat": config}, nil
}

// getConfiguration is get_configuration.
func (s *Server) getConfiguration(_ http.ResponseWriter, r *http.Request, c *conn) (any, error) {
	if err := s.findOrganization(r, c); err != nil {
		return nil, err
	}
	g, err := c.org.queryGroup(r.URL.Query(), "group_id", true, 0)
	if err != nil {
		return nil, err
	}
	config := g.configuration()
	return config, sameVersion(r, versionOf(config), "config_version")
}

// getLocalization is get_localization.
func (s *Server) getLocalization(_ http.ResponseWriter, r *http.Request, c *conn) (any, error) {
	if err := s.findOrganization(r, c); err != nil {
		return nil, err
	}
	q := r.URL.Query()
	if _, err := c.org.queryGroup(q, "group_id", true, 0); err != nil {
		return nil, err
	}
	switch got := q.Get("language"); got {
	case language:
	case "":
		return nil, invalid("the query parameter language is required")
	default:
		return nil, fail("not_found", "language: there are phrases in %s, not in %s", language, quote(got))
	}
	return phrases, sameVersion(r, versionOf(phrases), "localization_version")
}

func sameVersion(r *http.Request, have, field string) error {
	switch got := r.URL.Query().Get("version"); got {
	case have:
		return nil
	case "":
		return invalid("the query parameter version is required")
	default:
		return fail("not_found", "version: %s of get_dynamic_configuration is %s, not %s", field, have, quote(got))
	}
}

// listLicenseProperties is list_license_properties. Organizations have none here.
func (s *Server) listLicenseProperties(_ http.ResponseWriter, r *http.Request, c *conn) (any, error) {
	return obj{}, s.findOrganization(r, c)
}

// listGroupProperties is list_group_properties. Groups have none here.
func (s *Server) listGroupProperties(_ http.ResponseWriter, r *http.Request, c *conn) (any, error) {
	if err := s.findOrganization(r, c); err != nil {
		return nil, err
	}
	_, err := c.org.queryGroup(r.URL.Query(), "id", true, 0)
	return obj{}, err
}

// field is what a method of the Web API alone takes in its body.
type field struct{ name, kind string }

// ownPayload reads the payload of a method that the catalogue has no fields for.
// All of them are required.
func (s *Server) ownPayload(r *http.Request, c *conn, fields ...field) (params, error) {
	if _, err := s.authenticate(r, c); err != nil {
		return nil, err
	}
	req, err := c.out.(*exchange).readPayload()
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		x, there := req.payload[f.name]
		if !there {
			return nil, invalid("payload.%s: is required", f.name)
		}
		if kindOf(x) != f.kind {
			return nil, mustBe("payload."+f.name, f.kind, x)
		}
	}
	return req.payload, nil
}

// checkGoals is check_goals. There are no goals here, so none is reached.
func (s *Server) checkGoals(_ http.ResponseWriter, r *http.Request, c *conn) (any, error) {
	p, err := s.ownPayload(r, c, field{"session_fields", "an array"}, field{"group_id", "a number"}, field{"page_url", "a string"})
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(p.list("session_fields"), func(x any) bool { return kindOf(x) != "an object" }); i >= 0 {
		return nil, mustBe("payload.session_fields["+itoa(i)+"]", "an object", p.list("session_fields")[i])
	}
	if id := number(p["group_id"]); c.org.group(id) == nil {
		return nil, c.org.groupNotFound(customerSide, "payload.group_id", id)
	}
	return obj{}, nil
}

// requestEmailVerification is request_email_verification. No mail is sent here, so
// nobody is called back.
func (s *Server) requestEmailVerification(_ http.ResponseWriter, r *http.Request, c *conn) (any, error) {
	p, err := s.ownPayload(r, c, field{"callback_uri", "a string"})
	if err != nil {
		return nil, err
	}
	if _, ok := webAddress(p.str("callback_uri")); !ok {
		return nil, invalid("payload.callback_uri: must be an http or https address, not %s", quote(p.str("callback_uri")))
	}
	return obj{}, nil
}
