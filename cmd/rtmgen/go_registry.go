package main

// goRegistry writes, for tests, how to make each request, response and push.
func goRegistry(api *API) *goFile {
	f := &goFile{pkg: api.Name + "_test"}
	f.p("// types makes each request, response and push by its action.")
	f.p("var types = contract.Types{\n\tRequests: map[string]func() any{")
	for _, m := range api.Methods {
		if m.Request != nil {
			f.p("\t\t%q: func() any { return new(%s.%s) },", m.Action, api.Name, m.Request.Name)
		}
	}
	f.p("\t},\n\tResponses: map[string]func() any{")
	for _, m := range api.Methods {
		switch {
		case m.Response != nil:
			f.p("\t\t%q: func() any { return new(%s.%s) },", m.Action, api.Name, m.Response.Name)
		case m.Bare != nil && isStruct(m.Bare):
			f.p("\t\t%q: func() any { return new(%s.%s) },", m.Action, api.Name, goType(m.Bare))
		case m.Bare != nil:
			f.p("\t\t%q: func() any { return new(%s.%sResponse) },", m.Action, api.Name, m.Name)
		}
	}
	f.p("\t},\n\tPushes: map[string]func() any{")
	for _, p := range api.Pushes {
		f.p("\t\t%q: func() any { return new(%s.%s) },", p.Action, api.Name, p.Name)
	}
	f.p("\t},\n}")
	return f
}
