package customer

import "github.com/rtmwidget/rtmwidget/rtm/internal/wire"

// Fill answers a field with text, as name, email, question, textarea and
// subject want it.
func (f *FormField) Fill(text string) FilledFormField {
	filled := f.filled()
	filled.Answer = wire.AppendString(nil, text)
	return filled
}

// Choose answers a field with the options taken: any number for a checkbox, one
// for radio, select and group_chooser.
func (f *FormField) Choose(options ...FormFieldOption) FilledFormField {
	filled := f.filled()
	for _, o := range options {
		answer := FilledFormAnswer{ID: o.ID, Label: o.Label, GroupID: o.GroupID}
		if f.Type == FormFieldTypeCheckbox {
			filled.Answers = append(filled.Answers, answer)
		} else {
			filled.Answer = answer.append(nil)
		}
	}
	return filled
}

func (f *FormField) filled() FilledFormField {
	return FilledFormField{Type: f.Type, ID: f.ID, Label: f.Label}
}

// Text returns the answer to a field that takes text; ok is false for others,
// and when there is no answer.
func (f *FilledFormField) Text() (text string, ok bool) { return wire.String(f.Answer) }

// Chosen returns the options that were taken, whatever the kind of the field.
func (f *FilledFormField) Chosen() []FilledFormAnswer {
	if f.Answers != nil {
		return f.Answers
	}
	var answer FilledFormAnswer
	if !wire.IsObject(f.Answer) || answer.UnmarshalJSON(f.Answer) != nil {
		return nil
	}
	return []FilledFormAnswer{answer}
}
