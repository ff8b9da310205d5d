package main

import (
	"errors"
	"net/http"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

// controlFlag is the flag -control: who may use the control API.
type controlFlag string

func (f *controlFlag) String() string { return string(*f) }

// Set implements flag.Value.
func (f *controlFlag) Set(s string) error {
	switch s {
	case "loopback", "any", "off":
		*f = controlFlag(s)
		return nil
	}
	return errors.New("must be loopback, any or off")
}

// handler is rtm with the control API in front.
func (f controlFlag) handler(rtm *rtmserver.Server) http.Handler {
	control := rtm.Control(&rtmserver.ControlOptions{Anywhere: f == "any"})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasPrefix(r.URL.Path, "/_rtmd/"):
			rtm.ServeHTTP(w, r)
		case f == "off":
			refuse(w, http.StatusNotFound, "not_found", "the control API is off: see rtmd -control")
		default:
			control.ServeHTTP(w, r)
		}
	})
}
