package customer

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
	case "store_order_was_created":
		if e.Version < 2 {
			details = variant[SystemDetailsCDPStoreOrderWasCreatedV1](&d)
		} else {
			details = variant[SystemDetailsCDPStoreOrderWasCreatedV2](&d)
		}
	case "summary":
		details = variant[SystemDetailsMessagingSummaryV1](&d)
	case "store_product_added_to_cart":
		details = variant[SystemDetailsCDPStoreProductAddedToCartV1](&d)
	case "store_product_removed_from_cart":
		details = variant[SystemDetailsCDPStoreProductRemovedFromCartV1](&d)
	case "custom_skill_awaiting_feedback":
		details = variant[SystemDetailsAIAgentsCustomSkillAwaitingFeedbackV1](&d)
	case "custom_skill_completed":
		details = variant[SystemDetailsAIAgentsCustomSkillCompletedV1](&d)
	case "custom_skill_rejected":
		details = variant[SystemDetailsAIAgentsCustomSkillRejectedV1](&d)
	case "custom_skill_started":
		details = variant[SystemDetailsAIAgentsCustomSkillStartedV1](&d)
	case "custom_skill_failed":
		details = variant[SystemDetailsAIAgentsCustomSkillFailedV1](&d)
	default:
		return nil, fmt.Errorf("customer: system event %q of %q, version %d: unknown details", e.Subtype, e.Source, e.Version)
	}
	if err := d.Err(); err != nil {
		return nil, fmt.Errorf("customer: details of a system event: %w", err)
	}
	return details, nil
}
