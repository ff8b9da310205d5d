package rtmserver

import "encoding/json"

// StateJSON is the state of an organization, for comparing.
func StateJSON(s *Server, organization string) (string, error) {
	o := s.orgs[organization]
	o.mu.Lock()
	defer o.mu.Unlock()
	data, err := json.MarshalIndent(o.st, "", " ")
	return string(data), err
}
