package rtmserver

import (
	"errors"
	"slices"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// A start reads as many records and events as there are, so those of messages are
// read here, in a quarter of the time of encoding/json. Whatever has a member that
// is not known here is read by that: what is read is the same.

func decodeEntry(data []byte) ([]*record, error) {
	records, err := readRecords(data)
	if err != nil {
		return nil, err
	}
	if slices.Contains(records, nil) {
		return nil, errors.New("a record is null")
	}
	for _, r := range records {
		if !kinds[r.Kind] {
			return nil, errors.New("a record is of the kind " + quote(string(r.Kind)) + ", which this version does not know: a newer one has written it")
		}
	}
	return records, nil
}

func readRecords(data []byte) ([]*record, error) {
	d := wire.NewDecoder(data)
	if d.Err() != nil || d.Kind() != '[' {
		var records []*record
		err := decodeNumbers(data, &records)
		return records, err
	}
	records := make([]*record, 0, 2)
	for more := d.Array() && d.More(); more; more = d.More() {
		r, err := readRecord(&d)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// readRecord reads the record that comes next.
func readRecord(d *wire.Decoder) (*record, error) {
	whole := *d
	if d.Kind() != '{' {
		return slowly[record](d, &whole)
	}
	r := &record{}
	var err error
	for more := d.Object() && d.Next(); more; more = d.Next() {
		switch name := d.Name(); {
		case d.Kind() == 'n':
			return slowly[record](d, &whole)
		case string(name) == "kind":
			r.Kind = recordKind(d.String())
		case string(name) == "at":
			r.At = d.Time()
		case string(name) == "by":
			r.By = d.String()
		case string(name) == "chat_id":
			r.ChatID = d.String()
		case string(name) == "thread_id":
			r.ThreadID = d.String()
		case string(name) == "user_id":
			r.UserID = d.String()
		case string(name) == "customer_id":
			r.CustomerID = d.String()
		case string(name) == "seen_up_to":
			r.SeenUpTo = d.Time()
		case string(name) == "event":
			if r.Event, err = readEvent(d); err != nil {
				return nil, err
			}
		default:
			return slowly[record](d, &whole)
		}
	}
	if d.Err() != nil {
		return slowly[record](d, &whole)
	}
	return r, nil
}

// readEvent reads the event that comes next.
func readEvent(d *wire.Decoder) (*event, error) {
	whole := *d
	if d.Kind() != '{' {
		return slowly[event](d, &whole)
	}
	e := &event{}
	for more := d.Object() && d.Next(); more; more = d.Next() {
		switch name := d.Name(); {
		case d.Kind() == 'n':
			return slowly[event](d, &whole)
		case string(name) == "id":
			e.ID = d.String()
		case string(name) == "created_at":
			e.CreatedAt = d.Time()
		case string(name) == "type":
			e.Type = d.String()
		case string(name) == "author_id":
			e.AuthorID = d.String()
		case string(name) == "custom_id":
			e.CustomID = d.String()
		case string(name) == "visibility":
			e.Visibility = d.String()
		case string(name) == "deleted":
			e.Deleted = d.Bool()
		case string(name) == "properties" && d.Kind() == '{':
			e.Properties = decodeValue(d).(map[string]any)
		case string(name) == "body" && d.Kind() == '{':
			e.Body = writtenBody(d.Raw())
		default:
			return slowly[event](d, &whole)
		}
	}
	if d.Err() != nil {
		return slowly[event](d, &whole)
	}
	return e, nil
}

// slowly reads, by encoding/json, the value that comes next in from, and leaves d
// behind it.
func slowly[T any](d, from *wire.Decoder) (*T, error) {
	*d = *from
	var v *T
	return v, decodeNumbers(d.Raw(), &v)
}

// events are those of a thread. A snapshot has little else.
type events []*event

// UnmarshalJSON reads what encoding/json writes.
func (list *events) UnmarshalJSON(data []byte) error {
	d := wire.NewDecoder(data)
	if d.Err() != nil || d.Kind() != '[' {
		return decodeNumbers(data, (*[]*event)(list))
	}
	*list = events{}
	for more := d.Array() && d.More(); more; more = d.More() {
		e, err := readEvent(&d)
		if err != nil {
			return err
		}
		*list = append(*list, e)
	}
	return nil
}
