package agent

import (
	"fmt"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// DecodeDetails reads the details of the event, which are JSON in a string: a
// pointer to the SystemDetails type of the event's subtype and version. Others
// are an error; Details still has them.
func (e *SystemEvent) DecodeDetails() (any, error) {
	d := wire.NewDecoder([]byte(e.Details))
	var details any
	switch e.Subtype {
	case SystemEventSubtypeSummary:
		details = variant[SystemDetailsSummary](&d)
	case SystemEventSubtypeCustomSkillAwaitingFeedback, SystemEventSubtypeCustomSkillCompleted, SystemEventSubtypeCustomSkillFailed,
		SystemEventSubtypeCustomSkillRejected, SystemEventSubtypeCustomSkillStarted:
		details = variant[SystemDetailsCustomSkill](&d)
	case SystemEventSubtypeStoreOrderWasCreated:
		details = variant[SystemDetailsStoreOrderWasCreated](&d)
	case SystemEventSubtypeStoreProductAddedToCart, SystemEventSubtypeStoreProductRemovedFromCart:
		details = variant[SystemDetailsStoreProductCart](&d)
	default:
		return nil, fmt.Errorf("agent: system event %q of %q, version %d: unknown details", e.Subtype, e.Source, e.Version)
	}
	if err := d.Err(); err != nil {
		return nil, fmt.Errorf("agent: details of a system event: %w", err)
	}
	return details, nil
}
