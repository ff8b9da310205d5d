package rtmserver

import (
	"fmt"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// An apiError is the error of a response. The types are the catalogue's.
type apiError struct {
	typ     string
	message string
	data    obj // may be nil
}

func (e *apiError) Error() string { return e.typ + ": " + e.message }

// fail makes an apiError whose text is a sentence of our own.
func fail(typ, format string, args ...any) *apiError {
	return &apiError{typ: typ, message: fmt.Sprintf(format, args...)}
}

// failAs makes an apiError with the catalogue's own text.
func failAs(api *catalogue.API, typ string) *apiError {
	if e := api.Error(typ); e != nil && e.Message != "" {
		return &apiError{typ: typ, message: e.Message}
	}
	return &apiError{typ: typ, message: typ}
}

func invalid(format string, args ...any) *apiError { return fail("validation", format, args...) }

// view renders the error as the payload of an answer.
func (e *apiError) view() obj {
	v := obj{"type": e.typ, "message": e.message}
	if e.data != nil {
		v["data"] = e.data
	}
	return obj{"error": v}
}
